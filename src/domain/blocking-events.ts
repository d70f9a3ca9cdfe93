import type { Action } from './decision.ts'

/** Topics that a blocker follows. */
export const FOLLOWED = ['blocks', 'alerts', 'verdicts'] as const
export type Followed = (typeof FOLLOWED)[number]

/** What a blocker answers where it cannot decide by its table. */
export type Failure = 'open' | 'closed'

/** What happens in `sigwatch blocker`. */
export type BlockingEvent =
  /** A request was answered; `undecided`: how many of its messages were answered by `blocker.failure`. */
  | {
      readonly name: 'decided'
      readonly status: string
      readonly counts: Readonly<Partial<Record<Action | 'pass', number>>>
      readonly undecided: number
      readonly seconds: number
    }
  /** A message could not be decided, because of a defect. */
  | { readonly name: 'decide_failed'; readonly reason: string }
  /** Everything that was in the topics at the start has been read. */
  | { readonly name: 'block_table_read'; readonly states: number }
  /** `unread`: those that are no records of their topic. */
  | {
      readonly name: 'blocking_records'
      readonly topic: Followed
      readonly records: number
      readonly unread: number
    }
  /** How the blocker stands; seconds of silence: since a broker answered, and since a record came. */
  | {
      readonly name: 'blocking_standing'
      readonly states: number
      readonly held: Readonly<Record<'states' | 'messages' | 'verdicts', number>>
      readonly forgotten: number
      readonly silence: { readonly brokers: number; readonly records: number }
      /** Throttles are counted by this instance, and should be over all. */
      readonly isApart: boolean
      readonly failure: Failure
      readonly isFailing: boolean
    }
  /** It answers by `failure` from now on. */
  | { readonly name: 'blocking_failing'; readonly failure: Failure; readonly why: string }
  | { readonly name: 'blocking_resumed' }
  /** Throttles are counted by each instance; not limited to the first time. */
  | { readonly name: 'throttles_apart'; readonly reason: string }
  | { readonly name: 'throttles_shared' }
  | { readonly name: 'enforcements_written'; readonly written: number; readonly dropped: number }
  /** No broker takes them. */
  | { readonly name: 'enforcements_wait'; readonly count: number; readonly reason: string }
