import type { Event } from '../../domain/events.ts'
import type { LogFields, LogLevel } from './log.ts'
import type { Metrics } from './metrics.ts'

export type EventName = Event['name']
type EventOf<N extends EventName> = Extract<Event, { readonly name: N }>

/** The log line and metrics of an event. */
export interface Report<E> {
  readonly line?: {
    readonly level: LogLevel
    /** True for events whose line is a warning, whatever `level` says. */
    readonly warns?: (event: E) => boolean
    /** The message of the line; the fields of the event follow it. */
    readonly message: string | ((event: E) => string)
    /** The message in docs/metrics.md if it depends on the event. */
    readonly shown?: string
    /** Fields in addition to those of the event. */
    readonly extra?: (event: E) => LogFields
    /** Minimum interval between lines with the same key, ms; the next line gives the number of suppressed ones. */
    readonly every?: number
    readonly key?: (event: E) => string
  }
  readonly measure?: (metrics: Metrics, event: E, deployment: string) => void
}

/** Reports for these events. */
export type ReportsOf<N extends EventName> = { readonly [K in N]: Report<EventOf<K>> }
