import type { SaidBefore } from '../../domain/alike.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { likeness, type Sketch } from '../../domain/sketch.ts'
import { HOUR } from '../../domain/time.ts'
import { type Centre, likenessTo } from './centres.ts'

/** Signatures that are remembered: those that advertised last. */
const MOST = 20_000
/** Different advertisements of a signature that are remembered: those that it sent last. */
const ADVERTISEMENTS = 4
/** Advertisements after which it is known what a signature advertises. */
const KNOWN_FROM = 3
/** From here on it has said the like before: chosen on corpus/campaigns/tuning.tsv (docs/detection.md). */
const FAMILIAR = 0.4
/** From here on it is the same again. */
const SAME = 0.6
/** Once a signature is known, of its advertisements that lead nowhere one in so many is looked at. */
const LOOKED_AT = 8
/** What a signature has said for so long is its own, whatever others say, ms. */
const OWN_AFTER = 3 * HOUR

interface Advertisement {
  readonly sketch: Sketch
  /** Event time of the first, ms. */
  readonly since: number
  times: number
}

/** What a signature has advertised. */
export interface History {
  readonly advertisements: Advertisement[]
  messages: number
  /** Where its last one was. */
  centre?: Centre
}

/** What signatures have advertised, by their names. */
export class Histories {
  readonly #histories = new Map<string, History>()

  of(signature: string): History {
    const history = getOrInsert(this.#histories, signature, () => ({ advertisements: [], messages: 0 }))
    // The one that was asked of last stands last.
    this.#histories.delete(signature)
    this.#histories.set(signature, history)
    if (this.#histories.size > MOST) this.#histories.delete(this.#histories.keys().next().value as string)
    return history
  }
}

/** What a signature advertised before a group of alike texts began decides whether it takes up something new with them. */
export function saidBefore({ advertisements }: History, { vector, since }: Centre, ts: number): SaidBefore {
  let times = 0
  for (const one of advertisements) {
    if (one.since >= since && one.since > ts - OWN_AFTER) continue
    if (likenessTo(vector, one.sketch) >= FAMILIAR) return 'familiar'
    times += one.times
  }
  return times >= KNOWN_FROM ? 'new' : 'unknown'
}

/** Whether the next advertisement of a signature is worth a look for its history alone. */
export function isDue(history: History): boolean {
  return history.messages < KNOWN_FROM || ++history.messages % LOOKED_AT === 0
}

export function remember(history: History, sketch: Sketch, ts: number): void {
  history.messages++
  const { advertisements } = history
  const at = advertisements.findIndex((one) => likeness(one.sketch, sketch) >= SAME)
  const known = at < 0 ? { sketch, since: ts, times: 0 } : (advertisements.splice(at, 1)[0] as Advertisement)
  known.times++
  advertisements.push(known)
  if (advertisements.length > ADVERTISEMENTS) advertisements.shift()
}
