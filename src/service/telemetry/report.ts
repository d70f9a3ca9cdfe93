import type { Event } from '../../domain/events.ts'
import { SECOND } from '../../domain/time.ts'
import type { LogFields, LogLevel } from './log.ts'
import type { Metrics } from './metrics.ts'

type EventName = Event['name']

/** Shortest interval between lines that a fault would repeat, ms. */
export const TEN_SECONDS = 10 * SECOND

/** The log line and metrics of an event. */
export interface Report<E> {
  readonly line?: {
    readonly level: LogLevel
    /** True for events whose line is a warning, whatever `level` says. */
    readonly warns?: (event: E) => boolean
    /** The message of the line; the fields of the event follow it. */
    readonly message: string | ((event: E) => string)
    /** Fields in addition to those of the event. */
    readonly extra?: (event: E) => LogFields
    /** Minimum interval between lines with the same key, ms; the next line gives the number of suppressed ones. */
    readonly every?: number
    readonly key?: (event: E) => string
  }
  readonly measure?: (metrics: Metrics, event: E, deployment: string) => void
}

export type Reports = { readonly [N in EventName]: Report<Extract<Event, { readonly name: N }>> }
