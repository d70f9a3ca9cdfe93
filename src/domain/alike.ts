import type { AnalysedMessage } from './message.ts'

/** Whether a signature has advertised like this before; unknown: it has advertised too little so far. */
export type SaidBefore = 'familiar' | 'new' | 'unknown'

/** Where a message lies among texts that say the same in words of their own. */
export interface AlikePlace {
  /** Its group; absent: there are few such texts yet, or any enterprise may say so. */
  readonly group?: { readonly key: string; readonly said: SaidBefore } | undefined
  /** Why it has none: any enterprise may say so, or advertisements of many sorts lead where it does. */
  readonly shared?: 'wording' | 'place'
  /** What other instances are to know of the group: under each of the cells. */
  readonly news?: { readonly cells: readonly string[]; readonly centre: string } | undefined
}

/** Likeness of advertisements, as detectors of states see it. Holds sketches and no text; what it knows follows the traffic. */
export interface Alike {
  /** Adds a message to the texts that it is like. `place`: where it leads, if that is known. */
  placeOf(message: AnalysedMessage, place?: string): AlikePlace
  /** Takes note of what a signature advertises. */
  learn(message: AnalysedMessage): void
  /** Takes over centres that instances have shown: groups of the same texts get the same key. */
  adopt(centres: readonly string[]): void
  /** The trade that the name of an enterprise tells. */
  tradeOf(signature: string): string | undefined
}
