import { DAY } from '../../domain/time.ts'
import type { Steps } from '../archive/curves.ts'
import { startsOf } from '../archive/curves.ts'
import { type Html, html } from '../words/html.ts'
import type { ChartData, GraphData, Mark, Series } from './chart-data.ts'
import { beijing, table } from './tables.ts'

/** Colours of series without a colour of their own, in order. */
export const PALETTE = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6', '--c7', '--c8'] as const

/** Labels of the steps: the day, or day and time, in China. */
function stepNames(steps: Steps): string[] {
  return startsOf(steps).map((ms) =>
    beijing(ms).slice(...(steps.step < DAY ? ([5, 16] as const) : ([5, 10] as const))),
  )
}

/** Marks for time ranges (epoch ms) that overlap the steps. */
export function marksIn(
  { from, to, step }: Steps,
  times: readonly { readonly name: string; readonly from: number; readonly to?: number }[],
): Mark[] {
  const place = (ms: number) => Math.floor((Math.min(Math.max(ms, from), to - 1) - from) / step)
  return times
    .filter((one) => one.from < to && (one.to ?? one.from) >= from)
    .map((one) => ({ name: one.name, from: place(one.from), to: place(one.to ?? one.from) }))
}

/** Marks of consecutive steps. */
function runsOf(places: readonly number[], name: string): Mark[] {
  const runs: Mark[] = []
  for (const place of places) {
    const from = runs.at(-1)?.to === place - 1 ? runs.pop()!.from : place
    runs.push({ name, from, to: place })
  }
  return runs
}

/** A chart and a table with the same numbers, for readers without scripts. */
export function chart(
  title: string,
  steps: Steps,
  {
    series,
    marks: own = [],
    uncounted = [],
    notCounted,
    time,
    numbers,
  }: {
    readonly series: readonly Series[]
    readonly marks?: readonly Mark[]
    /** Steps in which messages were not counted, and their name. */
    readonly uncounted?: readonly number[]
    readonly notCounted: string
    /** Heading of the time column, and name of the table. */
    readonly time: string
    readonly numbers: string
  },
): Html {
  const x = stepNames(steps)
  const marks = [...own, ...runsOf(uncounted, notCounted)]
  const data: ChartData = { x, series, marks }
  const rows = x.flatMap((at, i) =>
    series.every(({ data: of }) => !of[i]) && !uncounted.includes(i)
      ? []
      : [
          [
            at,
            ...series.map(({ data: of, isDashed }) =>
              typeof of[i] === 'number'
                ? Math.round(of[i])
                : uncounted.includes(i) && !isDashed
                  ? notCounted
                  : '–',
            ),
          ],
        ],
  )
  return html`<figure class="chart"><figcaption>${title}</figcaption><div class="drawing" role="img" aria-label="${title}" data-chart="${JSON.stringify(data)}"></div>
${marks.length > 0 && html`<p class="dim">${marks.map(({ name, from, to }) => html`<span class="mark">${name}: ${x[from]}${to > from && ` – ${x[to]}`}</span> `)}</p>`}
<details><summary>${numbers}</summary>${table(`${title}: ${numbers}`, [time, ...series.map(({ name }) => name)], rows)}</details></figure>`
}

/** A graph of links; the lists next to it contain the same information. */
export function graph(title: string, data: GraphData): Html {
  return html`<figure class="chart"><div class="drawing graph" role="img" aria-label="${title}" data-graph="${JSON.stringify(data)}"></div></figure>`
}
