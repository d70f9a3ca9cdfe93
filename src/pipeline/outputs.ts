import type { AlertOptions } from '../detection/alerts/alert-options.ts'
import { messageAlert } from '../detection/alerts/message-alert.ts'
import { type VerdictContext, type VerdictOptions, verdictRecords } from '../detection/alerts/verdict.ts'
import type { Decision } from '../detection/judge.ts'
import type { Alert } from '../domain/alert.ts'
import { alertRecord } from '../domain/alert-record.ts'
import { type AlertedMessage, likeOf, type Teaching } from '../domain/allowance.ts'
import type { Code } from '../domain/codes.ts'
import { type Action, type Mode, type Reason, reaches } from '../domain/decision.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import type { Label } from '../domain/labels.ts'
import { getOrInsert } from '../domain/maps.ts'
import type { Message, Position, RawRecord, RecordItem } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'
import type { OutputRecord } from '../domain/ports.ts'
import { TRUNCATED } from '../domain/smaller-dead-letter.ts'
import { provenanceOf, type Versions } from '../domain/versions.ts'

/** An item of work: a message, or a record that cannot be read. */
export type Intaken =
  | {
      readonly kind: 'message'
      readonly message: Message
      /** The assignment in which its records were read. */
      readonly epoch: number
      readonly bytes: number
      /** Event time of the partition when the message was complete, epoch ms. */
      readonly eventTime: number
    }
  | {
      readonly kind: 'rejected'
      readonly output: OutputRecord
      readonly position: Position
      readonly epoch: number
      readonly bytes: number
      readonly eventTime: number
      /** For an item of a split record: whether it is the first. */
      readonly isFirst: boolean
    }

export function totalsOf(items: readonly Intaken[]) {
  const totals = { records: 0, messages: 0, bytes: 0, blocked: 0, partial: 0, joinedParts: 0 }
  for (const item of items) {
    totals.bytes += item.bytes
    if (item.kind === 'rejected') {
      if (item.isFirst) totals.records++
      continue
    }
    const { message } = item
    totals.messages++
    for (const { item } of message.origins) if (item === undefined || item.index === 0) totals.records++
    if (message.record.blocked) totals.blocked++
    if (message.partial) totals.partial++
    if (message.origins.length > 1) totals.joinedParts += message.origins.length
  }
  return totals
}

/**
 * A dead letter: the raw bytes, with headers for the error and the position. With `firstOffset` it covers all offsets
 * from there to that of the position; with `item` only that item.
 */
export function deadLetterRecord(
  {
    value,
    position,
    truncated,
    firstOffset,
    item,
  }: Pick<RawRecord, 'value' | 'position' | 'truncated' | 'firstOffset'> & { readonly item?: RecordItem },
  stage: string,
  error: ErrorCode,
  detail: string,
): OutputRecord {
  return {
    channel: 'deadLetters',
    key: null,
    value,
    headers: {
      'sigwatch-error': error,
      'sigwatch-detail': detail,
      'sigwatch-stage': stage,
      'sigwatch-topic': position.topic,
      'sigwatch-partition': String(position.partition),
      'sigwatch-offset': String(firstOffset ?? position.offset),
      ...(firstOffset === undefined ? {} : { 'sigwatch-last-offset': String(position.offset) }),
      ...(item === undefined ? {} : { 'sigwatch-item': String(item.index) }),
      ...(truncated === undefined ? {} : { [TRUNCATED]: String(truncated) }),
    },
    origin: position,
  }
}

/** The position of the record that completed an item. */
export function positionOf(item: Intaken): Position {
  return item.kind === 'message' ? item.message.position : item.position
}

/** The dead letter of a record on which a stage threw: a defect of sigwatch, described without the text. */
export function internalDeadLetter(
  origin: Message['origins'][number],
  stage: string,
  error: unknown,
  emit: Emit,
): OutputRecord {
  emit({ name: 'dead_lettered', error: 'INTERNAL', count: 1 })
  return deadLetterRecord(origin, stage, 'INTERNAL', `${stage} failed with ${kindOf(error)}`)
}

/** What was thrown, without its message, which may contain a text. */
export function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}

function count<K extends string>(counts: Partial<Record<K, number>>, key: K, by = 1): void {
  counts[key] = (counts[key] ?? 0) + by
}

const NONE: readonly never[] = []

export interface MessageOutputs {
  readonly decision: Decision
  /** Records of the verdicts, all with the action of the decision. */
  readonly verdicts: readonly OutputRecord[]
  readonly alerts: readonly Alert[]
}

/** The form of the outputs, and which channels are configured: nothing is built for the others. */
export interface OutputOptions {
  readonly alerts: AlertOptions
  readonly wants: { readonly shadowAlerts: boolean; readonly verdicts: boolean }
  readonly verdicts: VerdictOptions
}

export function messageOutputs(
  decision: Decision,
  versions: Versions,
  context: VerdictContext,
  options: OutputOptions,
): MessageOutputs {
  const { enforced, shadow } = decision
  const verdicts = options.wants.verdicts ? verdictRecords(decision, context, options.verdicts) : NONE
  // Most messages have no reasons.
  const isQuiet = enforced.length + shadow.length === 0
  const alerts = isQuiet ? NONE : alertsOf(decision, versions, context.degraded, options)
  return { decision, alerts, verdicts }
}

function alertsOf(
  { message, enforced, shadow, late }: Decision,
  versions: Versions,
  degraded: boolean,
  { alerts: options, wants }: OutputOptions,
): Alert[] {
  const alert = (of: readonly Reason[], mode: Mode) => {
    const isLate = mode === 'shadow' && late
    const context = { provenance: provenanceOf(versions), mode, degraded, late: isLate }
    return messageAlert(message, of, context, options)
  }
  const alerts: Alert[] = []
  if (enforced.length > 0) alerts.push(alert(enforced, 'enforce'))
  if (shadow.length > 0 && wants.shadowAlerts) alerts.push(alert(shadow, 'shadow'))
  return alerts
}

export function recordsOf(outputs: readonly MessageOutputs[]): OutputRecord[] {
  const records: OutputRecord[] = []
  for (const { decision, verdicts, alerts } of outputs) {
    const origin = decision.message.position
    for (const verdict of verdicts) records.push(verdict)
    for (const alert of alerts) records.push({ ...alertRecord(alert), origin })
  }
  return records
}

/** The data behind enforced alerts that request a review. `teachingOf` returns what a message teaches if it is confirmed. */
export function alertedOf(
  outputs: readonly MessageOutputs[],
  teachingOf: (decision: Decision) => Teaching | undefined = () => undefined,
): AlertedMessage[] {
  const alerted: AlertedMessage[] = []
  for (const { decision } of outputs) {
    const { message, enforced } = decision
    if (enforced.length === 0) continue
    const asking = enforced.filter(({ action }) => reaches(action, 'review'))
    if (asking.length === 0) continue
    const about = given({ match: likeOf(message), teaches: teachingOf(decision) })
    alerted.push({ id: message.id, codes: asking.map(({ code }) => code), ...about })
  }
  return alerted
}

/** Tenant names come from records, so those without rules of their own are reported as one. */
function reportTenants(outputs: readonly MessageOutputs[], tenants: ReadonlySet<string>, emit: Emit): void {
  const counts = new Map<string, { messages: number; alerts: number }>()
  for (const { decision, alerts } of outputs) {
    const { tenant } = decision.message.record
    if (tenant === undefined) continue
    const name = tenants.has(tenant) ? tenant : 'other'
    const counted = getOrInsert(counts, name, () => ({ messages: 0, alerts: 0 }))
    counted.messages++
    counted.alerts += alerts.length
  }
  for (const [tenant, counted] of counts) emit({ name: 'tenant_counted', tenant, ...counted })
}

export function reportOutputs(outputs: readonly MessageOutputs[], { tenants }: Policy, emit: Emit): void {
  if (tenants) reportTenants(outputs, tenants, emit)
  const labels: Partial<Record<Label, number>> = {}
  const codes: Record<Mode, Partial<Record<Code, number>>> = { enforce: {}, shadow: {} }
  const verdicts: Partial<Record<Action | 'pass', number>> = {}
  const decided: Partial<Record<Action | 'pass', number>> = {}
  const alerts = new Map<string, { alert: Alert; count: number }>()
  const causes = new Map<string, { alert: Alert; code: Code; count: number }>()
  for (const { decision, verdicts: own, alerts: raised } of outputs) {
    const action = decision.action === 'none' ? 'pass' : decision.action
    if (!decision.message.record.blocked) count(decided, action)
    count(labels, decision.message.label)
    for (const reason of decision.reasons) count(codes[reason.mode], reason.code)
    if (own.length > 0) count(verdicts, action, own.length)
    for (const alert of raised) {
      const asks = `${alert.data.action}/${alert.data.mode}`
      tally(alerts, asks, { alert })
      for (const { code } of alert.data.reasons) tally(causes, `${code}/${asks}`, { alert, code })
    }
  }
  emit({ name: 'labels_counted', counts: labels })
  for (const mode of ['enforce', 'shadow'] as const)
    emit({ name: 'codes_counted', mode, counts: codes[mode] })
  emit({ name: 'messages_decided', counts: decided })
  emit({ name: 'verdicts_counted', counts: verdicts })
  for (const { alert, count } of alerts.values()) {
    const { action, mode } = alert.data
    emit({ name: 'alerts_counted', type: alert.type, action, mode, count })
  }
  for (const { alert, code, count } of causes.values()) {
    const { action, mode } = alert.data
    emit({ name: 'alerts_emitted', type: alert.type, code, action, mode, count })
  }
}

function tally<T>(counts: Map<string, T & { count: number }>, key: string, of: T): void {
  const known = counts.get(key)
  if (known) known.count++
  else counts.set(key, { ...of, count: 1 })
}
