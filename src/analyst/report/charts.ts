import { clockTime } from '../../domain/time.ts'
import { type Html, html } from '../words/html.ts'
import { SHOWN_ACTIONS, type Tally } from './tally.ts'
import type { Speech } from './words.ts'

/** Sizes of the chart, of which the stylesheet shows one: texts keep their size on a phone. */
const SIZES = [
  { shownOn: 'wide', width: 960, height: 260, most: 6 },
  { shownOn: 'phone', width: 340, height: 220, most: 3 },
] as const
const LEFT = 48
/** Width of a time below the chart. */
const TIME = 80
const BOTTOM = 28
const TOP = 12

/** Beijing time to the minute. */
export function beijing(ms: number): string {
  return clockTime(ms).slice(0, 16)
}

/** Chart of alerts over time, stacked by action. */
export function timeChart(tally: Tally, { say, term }: Speech): Html {
  const { bars, slot, range } = tally
  const totals = bars.map((bar) => SHOWN_ACTIONS.reduce((sum, action) => sum + (bar[action] ?? 0), 0))
  const peak = totals.indexOf(Math.max(...totals))
  const said = say('chartSays', { n: totals[peak]!, at: beijing(range.from + peak * slot) })
  const titles = totals.map((n, i) => say('barSays', { at: beijing(range.from + i * slot), n }))
  return html`${SIZES.map(
    (size) =>
      html`<svg class="${size.shownOn}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${said}">${drawing(tally, totals, titles, size)}</svg>`,
  )}
<p class="legend">${SHOWN_ACTIONS.map((action) => html`<span><i class="key-${action}"></i>${term('action', action)}</span>`)}</p>`
}

/** Grid, columns and at most `most` times below them. */
function drawing(
  { bars, slot, range }: Tally,
  totals: readonly number[],
  titles: readonly string[],
  { width, height, most: mostTimes }: (typeof SIZES)[number],
): Html {
  const most = niceMaximum(Math.max(...totals))
  const step = (width - LEFT) / bars.length
  const y = (n: number) => TOP + (height - TOP - BOTTOM) * (1 - n / most)
  const grid = [0, most / 2, most].map(
    (n) =>
      html`<line x1="${LEFT}" x2="${width}" y1="${y(n).toFixed(1)}" y2="${y(n).toFixed(1)}" class="grid"/><text x="${LEFT - 8}" y="${(y(n) + 4).toFixed(1)}" class="tick end">${n}</text>`,
  )
  const columns = bars.map((bar, i) => {
    let below = 0
    const parts = [...SHOWN_ACTIONS].reverse().map((action) => {
      const n = bar[action] ?? 0
      if (n === 0) return html``
      below += n
      const tall = y(below - n) - y(below)
      return html`<rect x="${(LEFT + i * step + step * 0.12).toFixed(1)}" y="${y(below).toFixed(1)}" width="${(step * 0.76).toFixed(1)}" height="${tall.toFixed(1)}" class="fill-${action}"/>`
    })
    return html`<g>${parts}<title>${titles[i]}</title></g>`
  })
  const every = Math.ceil(bars.length / mostTimes)
  const labels = bars.flatMap((_, i) =>
    i % every === 0 && LEFT + i * step + TIME <= width
      ? [
          html`<text x="${(LEFT + i * step).toFixed(1)}" y="${height - 8}" class="tick">${beijing(range.from + i * slot).slice(5)}</text>`,
        ]
      : [],
  )
  return html`${grid}${columns}${labels}`
}

/** A horizontal bar for a number in a table. */
export function share(n: number, most: number): Html {
  const width = most === 0 ? 0 : Math.max(1, Math.round((100 * n) / most))
  return html`<svg class="share" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="8"/></svg>`
}

/** Rounds up to 1, 2 or 5 times a power of ten, at least 2. */
function niceMaximum(n: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(n, 2)))
  return [1, 2, 5, 10].map((times) => times * power).find((limit) => limit >= n && limit >= 2) ?? 10 * power
}
