import {
  type FanoutDelta,
  FILTER_PARTS,
  filterKey,
  hourOf,
  placeOfPair,
  seriesKey,
  textsKey,
} from './fanouts.ts'
import { tallyName } from './layout.ts'
import type { StoredNames } from './stored-names.ts'

type Numbers = readonly (string | number)[]
/** The numbers of a week for `count.lua`: key of the filter, of the previous one, then each number. */
export type FanoutFamily = readonly [filter: string, before: string, ...numbers: Numbers[]]

export function encodeFanouts(family: readonly FanoutDelta[], names: StoredNames): FanoutFamily {
  const { week } = family[0]!
  const { id } = names
  return [filterKey(id, week), filterKey(id, week - 1), ...family.map((delta) => numberOf(delta, names))]
}

/** Only keyed hashes are stored, never a number. */
function numberOf(delta: FanoutDelta, { id, keyed }: StoredNames): Numbers {
  const hour = hourOf(delta)
  const number = keyed(delta.number)
  const { name, hash } = tallyName(`fanout/${number}`)
  const entry: (string | number)[] = [
    textsKey(id, hour, hash),
    textsKey(id, hour - 1, hash),
    name,
    seriesKey(id, hour),
    seriesKey(id, hour - 1),
    tallyName(`series/${keyed(delta.series)}`).name,
  ]
  for (const { toToken, signs, bucket, weight, reportFrom, reportSeriesFrom } of delta.items) {
    const { hash: place, mask } = placeOfPair(number, toToken)
    const fromSeries = reportSeriesFrom === Number.POSITIVE_INFINITY ? -1 : reportSeriesFrom
    entry.push(place, mask, ...signs, bucket, weight, reportFrom, fromSeries)
  }
  return entry
}

/** All keys that `count-fanouts.lua` may touch for these numbers. */
export function* keysOfFanouts([now, before, ...numbers]: FanoutFamily): Generator<string> {
  for (const part of FILTER_PARTS) {
    yield `${now}${part}`
    yield `${before}${part}`
  }
  for (const [texts, textsBefore, , series, seriesBefore] of numbers)
    for (const key of [texts, textsBefore, series, seriesBefore]) yield String(key)
}
