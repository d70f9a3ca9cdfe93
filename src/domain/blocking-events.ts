import type { Action } from './decision.ts'

export const FOLLOWED = ['blocks', 'alerts', 'verdicts'] as const
export type Followed = (typeof FOLLOWED)[number]

/** How a blocker answers when its table cannot decide: fail open or fail closed. */
export type Failure = 'open' | 'closed'

/** Events of `sigwatch blocker`. */
export type BlockingEvent =
  /** A request was answered; `undecided`: messages answered according to `blocker.failure`. */
  | {
      readonly name: 'decided'
      readonly status: string
      readonly counts: Readonly<Partial<Record<Action | 'pass', number>>>
      readonly undecided: number
      readonly seconds: number
    }
  | { readonly name: 'decide_failed'; readonly reason: string }
  /** Everything present in the topics at the start has been read. */
  | { readonly name: 'block_table_read'; readonly states: number }
  /** `unread`: records that are not valid for their topic. */
  | {
      readonly name: 'blocking_records'
      readonly topic: Followed
      readonly records: number
      readonly unread: number
    }
  /** State of the blocker. `silence`: seconds since a broker answered and since a record arrived. */
  | {
      readonly name: 'blocking_standing'
      readonly states: number
      /** Of these, states on recipients whose tokens are of a key that is not configured. */
      readonly underUnknownKeys: number
      readonly held: Readonly<Record<'states' | 'messages' | 'verdicts', number>>
      readonly forgotten: number
      readonly silence: { readonly brokers: number; readonly records: number }
      /** Throttles should be counted across all instances but are counted by this one alone. */
      readonly isApart: boolean
      readonly failure: Failure
      readonly isFailing: boolean
    }
  /** From now on requests are answered according to `failure`. */
  | { readonly name: 'blocking_failing'; readonly failure: Failure; readonly why: string }
  | { readonly name: 'blocking_resumed' }
  /** Throttles are counted per instance from now on; emitted each time it happens. */
  | { readonly name: 'throttles_apart'; readonly reason: string }
  | { readonly name: 'throttles_shared' }
  /** States on recipients have tokens of these keys, which are not configured; emitted when the keys change. */
  | { readonly name: 'token_keys_unknown'; readonly keys: string; readonly states: number }
  /** Verdicts name states on recipients that do not match these messages under the configured keys. */
  | { readonly name: 'token_keys_differ'; readonly messages: number }
  | { readonly name: 'enforcements_written'; readonly written: number; readonly dropped: number }
  /** No broker accepts them. */
  | { readonly name: 'enforcements_wait'; readonly count: number; readonly reason: string }
