import type { Alert } from '../domain/alert.ts'
import { CODE_NAMES, type Code } from '../domain/codes.ts'
import type { Action } from '../domain/decision.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { PlantedEvent } from '../simulator/events.ts'

/** What the demo counted; all maps may lack keys. */
export interface DemoCounts {
  readonly records: number
  readonly alerts: number
  readonly messagesByCode: Readonly<Partial<Record<Code, number>>>
  readonly deadLetters: Readonly<Partial<Record<ErrorCode, number>>>
  readonly verdicts: Readonly<Partial<Record<Action | 'pass', number>>>
  /** Raised states, in the order raised. */
  readonly states: readonly Alert[]
  readonly planted: readonly PlantedEvent[]
  readonly seconds: number
  readonly model: string
  readonly backend: string
  readonly files: Readonly<Record<string, string>>
}

/** The colours of a terminal, or functions that leave text alone. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

/** What each code says, for somebody who sees it for the first time. */
const MEANINGS: Readonly<Partial<Record<Code, string>>> = {
  FORGED_BRAND: 'claims a brand; the link, number or port is not the brand’s',
  LOOKALIKE_SIGNATURE: 'a signature made to look like a registered one',
  LOOKALIKE_DOMAIN: 'a domain made to look like an official one',
  TEXT_FRAUD: 'the wording is that of fraud',
  TEXT_ILLICIT: 'the wording offers what the law forbids',
  SIGNATURE_MISSING: 'advertising without a signature',
  SIGNATURE_UNFILED: 'a signature that nobody filed',
  SIGNATURE_WRONG_PORT: 'a filed signature on a port it was not filed for',
  SCOPE_EXPANDED: 'advertising under a signature filed for notices only',
  OPT_OUT_MISSING: 'advertising without a way to refuse it',
  OBFUSCATED_TEXT: 'disguised characters',
  QUIET_HOURS: 'advertising outside the permitted hours',
  MARKETING_BURST: 'marketing far above the sender’s usual rate',
  CAMPAIGN_BURST: 'one text spread over many ports and signatures',
  PORT_SUBLET: 'one port carries more signatures than it may',
  RECIPIENT_FLOOD: 'one recipient is bombed with messages',
}

const MINUTE = 60_000
const LISTED_STATES = 14

/** How late a planted event may be found and still count as found, ms of event time. */
const GRACE = 5 * MINUTE

/** Whether a raised state answers a planted event. */
export function answers(state: Alert, event: PlantedEvent): boolean {
  const { target, reasons } = state.data
  const raisedAt = Date.parse(state.time)
  if (raisedAt < event.from || raisedAt > event.to + GRACE) return false
  if (event.event === 'lookalike-signature' || event.event === 'forged-brand') {
    return target.kind === 'domain' && target.id === event.target.id
  }
  if (reasons[0]!.code !== event.code) return false
  return event.target.id === '*' || event.target.kind === 'recipient' || target.id === event.target.id
}

function clock(iso: string): string {
  return new Date(Date.parse(iso) + 8 * 60 * MINUTE).toISOString().slice(11, 16)
}

function number(n: number): string {
  return Math.round(n).toLocaleString('en-US')
}

/** The summary of the demo in plain English, at most 100 columns wide. */
export function demoSummary(counts: DemoCounts, paint: Paint): string {
  const lines: string[] = ['']
  const title = (text: string) => lines.push(paint.bold(text))
  const { verdicts, seconds, records } = counts
  const passed = verdicts.pass ?? 0
  const judged = Object.values(verdicts).reduce((a, b) => a + b, 0)

  title('What was in the hour')
  lines.push(
    `  ${number(records)} records: ${number(judged)} judged, ${number(records - judged)} could not be read.`,
    `  ${number(passed)} passed; ${number(verdicts.block ?? 0)} to block, ${number(verdicts.throttle ?? 0)} to throttle, ` +
      `${number(verdicts.review ?? 0)} for review, ${number(verdicts.observe ?? 0)} only noted.`,
    '',
  )

  title('Senders and campaigns caught (states: one alert when it begins, one when it ends)')
  for (const state of counts.states.slice(0, LISTED_STATES)) {
    const { action, reasons, target } = state.data
    const { code } = reasons[0]!
    const colour = action === 'block' ? paint.red : action === 'throttle' ? paint.yellow : paint.cyan
    lines.push(
      `  ${clock(state.time)}  ${colour(action.padEnd(8))} ${code.padEnd(20)} ${target.kind} ${target.id.slice(0, 44)}`,
    )
  }
  const more = counts.states.length - LISTED_STATES
  if (more > 0) lines.push(paint.dim(`  … and ${more} more in ${counts.files.alerts}`))
  lines.push('')

  title('Single messages caught')
  const codes = CODE_NAMES.filter((code) => counts.messagesByCode[code] && MEANINGS[code])
  for (const code of codes) {
    lines.push(
      `  ${number(counts.messagesByCode[code]!).padStart(7)}  ${code.padEnd(21)} ${paint.dim(MEANINGS[code]!)}`,
    )
  }
  lines.push('')

  if (counts.planted.length > 0) {
    const found = counts.planted.filter((event) => counts.states.some((state) => answers(state, event)))
    const missed = counts.planted.filter((event) => !found.includes(event))
    title('Against what the simulator planted')
    lines.push(`  ${found.length} of ${counts.planted.length} planted events were found.`)
    for (const event of missed)
      lines.push(paint.red(`  missed: ${event.event} (${event.target.kind} ${event.target.id})`))
    lines.push('')
  }

  const broken = Object.entries(counts.deadLetters)
  if (broken.length > 0) {
    title('Records that could not be read (kept as dead letters, nothing lost)')
    for (const [code, count] of broken) lines.push(`  ${number(count).padStart(7)}  ${code}`)
    lines.push('')
  }

  title('How fast')
  lines.push(
    `  ${number(records / seconds)} records a second in ${seconds.toFixed(1)} s, on one thread.`,
    `  Text model ${counts.model} on the ${counts.backend} backend.`,
    '',
  )

  title('Where to look')
  for (const [name, file] of Object.entries(counts.files)) lines.push(`  ${name.padEnd(13)} ${file}`)
  lines.push('')
  title('What to do next')
  lines.push(
    '  Score a text:    echo "【京东】您的订单异常，请登录 jd-tk.top 退款" | node dist/main.js score',
    '  Your own file:   node dist/main.js run --source messages.jsonl --alerts alerts.jsonl',
    '  On Kafka:        KAFKA_BROKERS=host:9092 REDIS_URL=redis://host:6379 node dist/main.js run',
    '',
  )
  return lines.join('\n')
}
