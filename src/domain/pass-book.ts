/** Why a part of an SMS was kept back. */
export interface StoppedBy {
  readonly state?: string
  /** The alert on the message. */
  readonly alert?: string
  readonly why: readonly string[]
}

/** What of a message is counted, or remembered, when it is let through. */
export interface PassRequest {
  /** All of them must have room; the message counts for each. */
  readonly throttles: readonly { readonly state: string; readonly perMinute: number }[]
  /** Of a part: a name of its SMS that tells no number, and its id. */
  readonly part?: { readonly sms: string; readonly id: string }
}

export type PassAnswer =
  | { readonly outcome: 'passes' }
  /** `full`: index of a throttle that has no room. */
  | { readonly outcome: 'full'; readonly full: number }
  /** Another part of the same SMS was kept back. */
  | { readonly outcome: 'stopped'; readonly by: StoppedBy }

/**
 * What was let through in the last 60 seconds, under throttles, and which parts of concatenated SMS were kept back or let
 * through in the last 15 minutes. Seconds are counted whole: in no 60 seconds more pass than a throttle allows, and what
 * passed makes room after 60 to 61 s.
 */
export interface PassBook {
  /** One answer a request; each request sees what those before it took. Rejects when the book cannot be reached. */
  settle(requests: readonly PassRequest[]): Promise<PassAnswer[]>
  /** A part was kept back: the others of its SMS are too. */
  stop(sms: string, by: StoppedBy): Promise<void>
  /** Of these ids, those of parts that were let through; each is told of once. */
  takeGone(ids: readonly string[]): Promise<string[]>
}

export const PASS_SECONDS = 61
export const PARTS_SECONDS = 900
