import type { SaidBefore } from '../../domain/alike.ts'
import { getOrInsert } from '../../domain/maps.ts'
import { likeness, type Sketch } from '../../domain/sketch.ts'
import { HOUR } from '../../domain/time.ts'
import { type Centre, likenessTo } from './centres.ts'

/** Limit of tracked signatures, by latest advertisement. */
const MOST = 20_000
/** Distinct advertisements kept per signature, the latest ones. */
const ADVERTISEMENTS = 4
/** Number of advertisements after which a signature's history is known. */
const KNOWN_FROM = 3
/** Similarity from which an advertisement is familiar; tuned on corpus/campaigns/tuning.tsv (docs/detection.md). */
const FAMILIAR = 0.4
/** Similarity from which it is the same advertisement. */
const SAME = 0.6
/** For a known signature, one in this many of its advertisements without a destination is examined. */
const LOOKED_AT = 8
/** An advertisement used for this long is the signature's own, whatever others send, ms. */
const OWN_AFTER = 3 * HOUR

interface Advertisement {
  readonly sketch: Sketch
  /** Event time of the first one, ms. */
  readonly since: number
  times: number
}

export interface History {
  readonly advertisements: Advertisement[]
  messages: number
  /** The centre of its last one. */
  centre?: Centre
}

/** Advertisement histories by signature name. */
export class Histories {
  readonly #histories = new Map<string, History>()

  of(signature: string): History {
    const history = getOrInsert(this.#histories, signature, () => ({ advertisements: [], messages: 0 }))
    // Reinsert, so that the map is in order of use.
    this.#histories.delete(signature)
    this.#histories.set(signature, history)
    if (this.#histories.size > MOST) this.#histories.delete(this.#histories.keys().next().value as string)
    return history
  }
}

/** Compares a group with what the signature advertised before the group of similar texts began. */
export function saidBefore({ advertisements }: History, { vector, since }: Centre, ts: number): SaidBefore {
  let times = 0
  for (const one of advertisements) {
    if (one.since >= since && one.since > ts - OWN_AFTER) continue
    if (likenessTo(vector, one.sketch) >= FAMILIAR) return 'familiar'
    times += one.times
  }
  return times >= KNOWN_FROM ? 'new' : 'unknown'
}

/** Whether the next advertisement of a signature should be examined only for its history. */
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
