import type { Registry } from 'prom-client'
import type { Emit, Event } from '../../domain/events.ts'
import { given } from '../../domain/given.ts'
import { createLog, type LogFields, type LogLevel, type LogStream, type LogValue } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { Report } from './report.ts'
import { REPORTS } from './reports.ts'

export interface TelemetryOptions {
  /** Name of the installation: part of every line, and a label of `sigwatch_build_info`. */
  readonly deployment: string
  readonly logLevel: LogLevel
  /** Output of the log; defaults to stderr. */
  readonly stream?: LogStream
  /** Whether to collect `process_*` and `nodejs_*` too; defaults to true. */
  readonly processMetrics?: boolean
  /** Monotonic clock, ms, used to limit repeated lines. */
  readonly now?: () => number
}

export interface Telemetry {
  /** Turns an event into its log line and metrics. Never throws and never waits, so that telemetry cannot stop traffic. */
  readonly emit: Emit
  readonly registry: Registry
}

/** Creates the only interface to log and metrics: events by name (src/domain/events.ts). */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { deployment, stream, processMetrics = true, now = () => performance.now() } = options
  const log = createLog({ deployment, level: options.logLevel, ...given({ stream }) })
  const { metrics, registry } = createMetrics({ process: processMetrics })
  const spacing = createSpacing(now)

  function say(event: Event, line: NonNullable<Report<Event>['line']>): void {
    const skipped =
      line.every === undefined ? 0 : spacing(`${event.name} ${line.key?.(event) ?? ''}`, line.every)
    if (skipped === undefined) return
    const message = typeof line.message === 'string' ? line.message : line.message(event)
    const level = line.warns?.(event) ? 'warn' : line.level
    log.write(level, event.name, message, {
      ...fieldsOf(event),
      ...line.extra?.(event),
      ...given({ skipped: skipped > 0 ? skipped : undefined }),
    })
  }

  function emit(event: Event): void {
    const report = REPORTS[event.name] as Report<Event>
    try {
      report.measure?.(metrics, event, deployment)
      if (report.line) say(event, report.line)
    } catch (error) {
      log.write('error', 'telemetry_failed', `${event.name} could not be reported: ${String(error)}`)
    }
  }

  return { emit, registry }
}

/** The members of an event that are written to its log line. */
function fieldsOf(event: Event): LogFields {
  const fields: Record<string, LogValue> = {}
  for (const [key, value] of Object.entries(event) as [string, unknown][]) {
    if (key === 'name' || key === 'message') continue
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      fields[key] = value
  }
  return fields
}

/** Maximum number of keys, so that a storm of different warnings does not leak memory. */
const MAX_KEYS = 500

/** Returns the number of lines of a key suppressed since its last one, or undefined if this one is suppressed too. */
function createSpacing(now: () => number): (key: string, every: number) => number | undefined {
  const last = new Map<string, { at: number; skipped: number }>()
  return (key, every) => {
    const known = last.get(key)
    const at = now()
    if (known && at - known.at < every) {
      known.skipped++
      return undefined
    }
    if (!known && last.size >= MAX_KEYS) last.delete(last.keys().next().value!)
    last.set(key, { at, skipped: 0 })
    return known?.skipped ?? 0
  }
}
