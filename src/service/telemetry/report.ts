import type { Event } from '../../domain/events.ts'
import type { LogFields, LogLevel } from './log.ts'
import type { Metrics } from './metrics.ts'

export type EventName = Event['name']
type EventOf<N extends EventName> = Extract<Event, { readonly name: N }>

/** What an event becomes. */
export interface Report<E> {
  readonly line?: {
    readonly level: LogLevel
    /** Events of which the line is a warning, whatever the level of the others. */
    readonly warns?: (event: E) => boolean
    /** What the line says; the fields of the event follow it. */
    readonly message: string | ((event: E) => string)
    /** Fields in addition to those of the event. */
    readonly extra?: (event: E) => LogFields
    /** At most one line in this many ms for the same key; the next says how many were left out. */
    readonly every?: number
    readonly key?: (event: E) => string
  }
  readonly measure?: (metrics: Metrics, event: E, deployment: string) => void
}

/** The reports of these events. */
export type ReportsOf<N extends EventName> = { readonly [K in N]: Report<EventOf<K>> }
