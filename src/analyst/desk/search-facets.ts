import { codeText } from '../../detection/detectors/evidence-words.ts'
import { mostFrequent } from '../../domain/maps.ts'
import type { SampledAlert } from '../archive/alert-search.ts'
import { startsOf, stepsOf } from '../archive/curves.ts'
import { toggled } from '../archive/search-terms.ts'
import { type Html, html } from '../words/html.ts'
import { chart } from './charts.ts'
import { storedValueIn } from './search-names.ts'
import { count } from './tables.ts'
import type { Speech, Word } from './words.ts'

/** A field of the search whose values are counted. */
interface Facet {
  readonly name: string
  readonly heading: Word
  readonly valuesOf: (alert: SampledAlert) => readonly (string | null)[]
  readonly textOf: (value: string, speech: Speech) => string
}

const asItIs = (value: string) => value
const FACETS: readonly Facet[] = [
  {
    ...{ name: 'code', heading: 'codes', valuesOf: ({ codes }) => codes },
    textOf: (value, { locale }) => codeText(value, locale),
  },
  {
    ...{ name: 'action', heading: 'action', valuesOf: ({ action }) => [action] },
    textOf: (value, { term }) => term('action', value),
  },
  {
    ...{ name: 'label', heading: 'facetLabel', valuesOf: ({ label }) => [label] },
    textOf: (value, { term }) => term('label', value),
  },
  {
    ...{ name: 'mode', heading: 'mode', valuesOf: ({ mode }) => [mode] },
    textOf: (value, speech) => speech.value(value),
  },
  {
    ...{ name: 'brand', heading: 'brand', valuesOf: ({ brand }) => [brand] },
    textOf: (value, { brand }) => brand(value),
  },
  { name: 'signature', heading: 'signature', valuesOf: ({ signature }) => [signature], textOf: asItIs },
  { name: 'domain', heading: 'ofDomain', valuesOf: ({ domains }) => domains, textOf: asItIs },
]

/** Values of a facet that are shown. */
const MOST_VALUES = 6

/** The most frequent values with their numbers of alerts. */
function countsOf({ valuesOf }: Facet, alerts: readonly SampledAlert[]): (readonly [string, number])[] {
  const values = alerts.flatMap((alert) => [...new Set(valuesOf(alert))].flatMap((value) => value || []))
  return mostFrequent(values, MOST_VALUES)
}

/**
 * The results of a search over time, and by the values of their fields: a button adds the value to the search, or takes it out.
 * `alerts`: all results, or a sample of them.
 */
export function facets(
  speech: Speech,
  {
    alerts,
    isWhole,
    query,
    formKey,
  }: {
    readonly alerts: readonly SampledAlert[]
    readonly isWhole: boolean
    readonly query: string
    readonly formKey: string
  },
): Html {
  const { say } = speech
  const storedValue = storedValueIn(speech)
  const rows = FACETS.map((facet) => {
    const buttons = countsOf(facet, alerts).map(([value, n]) => {
      const { query: next, had } = toggled(query, facet.name, value, storedValue)
      return html`<button name="q" value="${next}" aria-pressed="${String(had)}">${facet.textOf(value, speech)} <span class="dim">${count(n)}</span></button>`
    })
    return (
      buttons.length > 0 &&
      html`<div class="facet" role="group" aria-label="${say(facet.heading)}"><b>${say(facet.heading)}</b>${buttons}</div>`
    )
  })
  const counted = say(isWhole ? 'countedAll' : 'countedSome', { n: count(alerts.length) })
  return html`<section><h2>${say('narrowDown')}</h2><p class="dim">${counted}</p>${overTime(alerts, speech)}
<form method="post" action="/find"><input type="hidden" name="key" value="${formKey}">${rows}</form></section>`
}

function overTime(alerts: readonly SampledAlert[], { say }: Speech): Html {
  const times = alerts.map(({ ts }) => ts.getTime())
  const steps = stepsOf(Math.min(...times), Math.max(...times) + 1)
  const data = startsOf(steps).map(() => 0)
  for (const ts of times) data[Math.floor((ts - steps.from) / steps.step)]! += 1
  return chart(say('foundOverTime'), steps, {
    series: [{ name: say('alerts'), kind: 'bar', colour: '--c1', data }],
    ...{ notCounted: say('notCounted'), time: say('time'), numbers: say('numbersOf') },
  })
}
