import { CODES } from '../detection/detectors/all.ts'
import type { Alert } from '../domain/alert.ts'
import { CODE_NAMES, type Code } from '../domain/codes.ts'
import type { Action } from '../domain/decision.ts'
import type { ErrorCode } from '../domain/errors.ts'
import { clockTime, MINUTE } from '../domain/time.ts'
import type { PlantedEvent } from '../offline/simulator/plants.ts'

/** Counts of the demo; keys of the maps may be missing. */
export interface DemoCounts {
  readonly records: number
  readonly messagesByCode: Readonly<Partial<Record<Code, number>>>
  readonly deadLetters: Readonly<Partial<Record<ErrorCode, number>>>
  readonly verdicts: Readonly<Partial<Record<Action | 'pass', number>>>
  /** Raised states in the order they were raised. */
  readonly states: readonly Alert[]
  readonly planted: readonly PlantedEvent[]
  readonly seconds: number
  readonly model: string
  readonly backend: string
  readonly files: Readonly<Record<string, string>>
}

/** Terminal colours, or functions that return text unchanged. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

const LISTED_STATES = 14

/** How long after a planted event its state still counts as found, ms of event time. */
const GRACE = 5 * MINUTE

/** Whether a raised state matches a planted event. */
export function answers(state: Alert, event: PlantedEvent): boolean {
  const { target, reasons } = state.data
  const raisedAt = Date.parse(state.time)
  if (raisedAt < event.from || raisedAt > event.to + GRACE) return false
  // Several codes can escalate to the same forged domain; the first of them counts as the finding.
  if (event.target.kind === 'domain') return target.kind === 'domain' && target.id === event.target.id
  if (reasons[0]!.code !== event.code) return false
  return event.target.id === '*' || event.target.kind === 'recipient' || target.id === event.target.id
}

function clock(iso: string): string {
  return clockTime(Date.parse(iso)).slice(11, 16)
}

function number(n: number): string {
  return Math.round(n).toLocaleString('en-US')
}

/** The summary of the demo in plain English, at most 100 columns wide. */
export function demoSummary(counts: DemoCounts, paint: Paint): string {
  const sections = [
    traffic(counts),
    raisedStates(counts, paint),
    singleMessages(counts, paint),
    plantedEvents(counts, paint),
    unreadable(counts),
    speed(counts),
    whereToLook(counts),
    NEXT_STEPS,
  ]
  const lines = sections.flatMap(([title, ...body]) =>
    title === undefined ? [] : [paint.bold(title), ...body, ''],
  )
  return ['', ...lines].join('\n')
}

/** A title and its lines; empty if there is nothing to report. */
type Section = readonly string[]

function traffic({ records, verdicts }: DemoCounts): Section {
  const judged = Object.values(verdicts).reduce((a, b) => a + b, 0)
  return [
    'What was in the hour',
    `  ${number(records)} records: ${number(judged)} judged, ${number(records - judged)} could not be read.`,
    `  ${number(verdicts.pass ?? 0)} passed; ${number(verdicts.block ?? 0)} to block, ${number(verdicts.throttle ?? 0)} to throttle, ` +
      `${number(verdicts.review ?? 0)} for review, ${number(verdicts.observe ?? 0)} only noted.`,
  ]
}

function raisedStates({ states, files }: DemoCounts, paint: Paint): Section {
  const lines = states.slice(0, LISTED_STATES).map((state) => {
    const { action, reasons, target } = state.data
    const { code } = reasons[0]!
    const colour = action === 'block' ? paint.red : action === 'throttle' ? paint.yellow : paint.cyan
    return `  ${clock(state.time)}  ${colour(action.padEnd(8))} ${code.padEnd(20)} ${target.kind} ${target.id.slice(0, 44)}`
  })
  const more = states.length - LISTED_STATES
  return [
    'Senders and campaigns caught (states: one alert when it begins, one when it ends)',
    ...lines,
    ...(more > 0 ? [paint.dim(`  … and ${more} more in ${files.alerts}`)] : []),
  ]
}

function singleMessages({ messagesByCode }: DemoCounts, paint: Paint): Section {
  const codes = CODE_NAMES.filter((code) => messagesByCode[code] && CODES[code].action !== 'none')
  return [
    'Single messages caught',
    ...codes.map(
      (code) =>
        `  ${number(messagesByCode[code]!).padStart(7)}  ${code.padEnd(21)} ${paint.dim(CODES[code].summary)}`,
    ),
  ]
}

function plantedEvents({ planted, states }: DemoCounts, paint: Paint): Section {
  if (planted.length === 0) return []
  const missed = planted.filter((event) => !states.some((state) => answers(state, event)))
  return [
    'Against what the simulator planted',
    `  ${planted.length - missed.length} of ${planted.length} planted events were found.`,
    ...missed.map((event) => paint.red(`  missed: ${event.event} (${event.target.kind} ${event.target.id})`)),
  ]
}

function unreadable({ deadLetters }: DemoCounts): Section {
  const codes = Object.entries(deadLetters)
  if (codes.length === 0) return []
  return [
    'Records that could not be read (kept as dead letters, nothing lost)',
    ...codes.map(([code, count]) => `  ${number(count).padStart(7)}  ${code}`),
  ]
}

function speed({ records, seconds, model, backend }: DemoCounts): Section {
  return [
    'How fast',
    `  ${number(records / seconds)} records a second in ${seconds.toFixed(1)} s, on one thread.`,
    `  Text model ${model} on the ${backend} backend.`,
  ]
}

function whereToLook({ files }: DemoCounts): Section {
  return ['Where to look', ...Object.entries(files).map(([name, file]) => `  ${name.padEnd(13)} ${file}`)]
}

const NEXT_STEPS: Section = [
  'What to do next',
  '  Score a text:    echo "【京东】您的订单异常，请登录 jd-tk.top 退款" | node dist/main.js score',
  '  Your own file:   node dist/main.js run --source messages.jsonl --alerts alerts.jsonl',
  '  On Kafka:        KAFKA_BROKERS=host:9092 REDIS_URL=redis://host:6379 node dist/main.js run',
]
