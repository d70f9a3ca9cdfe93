export interface StoppedBy {
  readonly state?: string
  readonly alert?: string
  readonly why: readonly string[]
}

export interface PassRequest {
  /** Each of them must have capacity left; the message is counted by each. */
  readonly throttles: readonly { readonly state: string; readonly perMinute: number }[]
  /** For a part: a key of its SMS that reveals no number, and its id. */
  readonly part?: { readonly sms: string; readonly id: string }
}

export type PassAnswer =
  | { readonly outcome: 'passes' }
  /** `full`: index of a throttle that is exhausted. */
  | { readonly outcome: 'full'; readonly full: number }
  /** Another part of the same SMS was blocked. */
  | { readonly outcome: 'stopped'; readonly by: StoppedBy }

/**
 * Messages passed under throttles in the last 60 seconds, and parts of concatenated SMS blocked or passed in the last 15 minutes.
 * Counting is by whole seconds: no 60 seconds ever exceed a throttle, and a passed message frees its slot after 60 to 61 s.
 */
export interface PassBook {
  /** One answer per request, in order; each request sees the effect of those before it. Rejects if the book cannot be reached. */
  settle(requests: readonly PassRequest[]): Promise<PassAnswer[]>
  /** Records that a part was blocked: the other parts of its SMS will be too. */
  stop(sms: string, by: StoppedBy): Promise<void>
  /** Which of these ids are parts that already passed; each is returned only once. */
  takeGone(ids: readonly string[]): Promise<string[]>
}

export const PASS_SECONDS = 61
export const PARTS_SECONDS = 900
