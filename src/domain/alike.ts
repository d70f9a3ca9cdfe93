import type { AnalysedMessage } from './message.ts'

/** Whether a signature has advertised like this before; `unknown`: too few advertisements so far. */
export type SaidBefore = 'familiar' | 'new' | 'unknown'

/** How a message compares with texts of the same meaning but different wording. */
export interface AlikePlace {
  /** Its group; absent if there are too few similar texts yet, or `shared` is set. */
  readonly group?: { readonly key: string; readonly said: SaidBefore } | undefined
  /** Why it has no group: the wording is generic, or advertisements of many kinds link to the same place. */
  readonly shared?: 'wording' | 'place'
  /** Group to share with other instances: its centre, stored under each of the cells. */
  readonly news?: { readonly cells: readonly string[]; readonly centre: string } | undefined
}

/** Similarity of advertisements, as seen by the detectors of states. Learned from traffic; holds sketches, no text. */
export interface Alike {
  /** Adds a message to its group. `place`: where its links or contacts lead, if known. */
  placeOf(message: AnalysedMessage, place?: string): AlikePlace
  learn(message: AnalysedMessage): void
  /** Adopts group centres published by other instances, so that groups of the same texts get the same key. */
  adopt(centres: readonly string[]): void
  tradeOf(signature: string): string | undefined
}
