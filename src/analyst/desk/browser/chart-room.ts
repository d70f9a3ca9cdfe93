import type { Mark } from '../chart-data.ts'

// Room for the texts of a chart, so that none covers another or is cut at an edge. Lengths are px.

/** Width of a text as drawn. */
export type Measure = (text: string) => number

/** Icon of a legend entry with the gaps around it. */
const LEGEND_ICON = 30
export const LEGEND_LINE = 22
export const MARK_LINE = 14
/** Marks have names in at most this many lines. */
const MOST_MARK_LINES = 3
/** Longest name in a graph, and as a share of the width. */
const LONGEST_NAME = 110
const WIDEST_NAME = 0.3
/** Largest radius of a node, with the gap to its name. */
const NODE = 22

/** Height of a legend, whose entries wrap. */
export function legendHeight(names: readonly string[], width: number, measure: Measure): number {
  let [lines, used] = [1, 0]
  for (const name of names) {
    const own = LEGEND_ICON + measure(name)
    if (used > 0 && used + own > width) [lines, used] = [lines + 1, 0]
    used += own
  }
  return lines * LEGEND_LINE
}

/** Cuts a name to a width. */
export function cutTo(width: number, name: string, measure: Measure): string {
  if (measure(name) <= width) return name
  const signs = [...name]
  while (signs.length > 0 && measure(`${signs.join('')}…`) > width) signs.pop()
  return `${signs.join('')}…`
}

export function markLines(marks: readonly Mark[]): number {
  return Math.min(MOST_MARK_LINES, marks.length)
}

/** The name of the n-th mark: above the plot, from the mark to the side that has more room. */
export function markName(
  { name, from, to }: Mark,
  n: number,
  { lines, steps, width, measure }: { lines: number; steps: number; width: number; measure: Measure },
) {
  const isLeft = from + to < steps
  const room = (width * (isLeft ? steps - from : to + 1)) / steps
  return {
    name: cutTo(room, name, measure),
    position: isLeft ? 'insideTopLeft' : 'insideTopRight',
    offset: [0, -MARK_LINE * (lines - (n % lines))],
  }
}

/** The cut names of a graph, and the room that they need around it. */
export function graphRoom(names: readonly string[], width: number, measure: Measure) {
  const cut = names.map((name) => cutTo(Math.min(LONGEST_NAME, WIDEST_NAME * width), name, measure))
  return { names: cut, room: NODE + Math.max(0, ...cut.map(measure)) }
}
