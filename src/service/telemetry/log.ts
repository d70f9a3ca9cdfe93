import colours from 'picocolors'
import pino from 'pino'

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type LogValue = string | number | boolean | undefined
export type LogFields = Readonly<Record<string, LogValue>>

/** Output for log lines: `process.stderr`, or a collector in tests. */
export interface LogStream {
  write(line: string): unknown
  /** If true, lines are formatted for people instead of as JSON. */
  readonly isTTY?: boolean
}

export interface Log {
  /** Writes one line. Strings are redacted and truncated; `event` is a name from src/domain/events.ts. */
  write(level: LogLevel, event: string, message: string, fields?: LogFields): void
}

export interface LogOptions {
  readonly deployment: string
  readonly level: LogLevel
  readonly stream?: LogStream
}

/** Length limit for strings such as broker errors and stack traces, in code units. */
const MAX_STRING = 2_000

/** Runs of seven or more digits in any script, and numbers written in groups (138 1234 5678, 138-1234-5678). */
const NUMBERS = /\p{Nd}{7,}|\+?\d{2,6}[ -]\d{3,6}[ -]\d{3,6}/gu

const HASH = /^(?=[0-9]*[a-f])[0-9a-f]{12}$/

/** Makes a string safe to log: digits that could be a phone number are replaced, control characters removed, length limited. */
export function redactLogText(text: string): string {
  const cut = text.length > MAX_STRING ? `${text.slice(0, MAX_STRING)}…` : text
  return cut.replace(NUMBERS, '<number>').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ' ')
}

/** Creates the log: JSON lines, or human-readable lines if the stream is a terminal. Synchronous, so a crash loses no line. */
export function createLog({ deployment, level, stream = process.stderr }: LogOptions): Log {
  const sink = stream.isTTY ? { write: (line: string) => stream.write(humanLine(line)) } : stream
  const logger = pino(
    {
      level,
      base: { deployment },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void sink.write(line) },
  )
  return {
    write(lineLevel, event, message, fields = {}) {
      if (!logger.isLevelEnabled(lineLevel)) return
      const shown: Record<string, LogValue> = { event }
      for (const [key, value] of Object.entries(fields)) {
        // Hashes of policy and registry are not redacted, because they are compared with those in alerts.
        const own = key === 'hash' && typeof value === 'string' && HASH.test(value)
        shown[key] = typeof value === 'string' && !own ? redactLogText(value) : value
      }
      logger[lineLevel](shown, redactLogText(message))
    },
  }
}

const PAINT: Readonly<Record<LogLevel, (text: string) => string>> = {
  fatal: colours.red,
  error: colours.red,
  warn: colours.yellow,
  info: colours.green,
  debug: colours.dim,
  trace: colours.dim,
}

function humanLine(line: string): string {
  const {
    level,
    time,
    deployment: _,
    event: __,
    msg,
    ...fields
  } = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`)
  const paint = PAINT[level as LogLevel]
  return `${colours.dim(String(time).slice(11, 19))} ${paint(String(level).padEnd(5))} ${msg}${
    rest.length > 0 ? ` ${colours.dim(rest.join(' '))}` : ''
  }\n`
}
