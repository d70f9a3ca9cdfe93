import type { Alert } from '../domain/alert.ts'
import { alertRecord } from '../domain/alert-record.ts'
import type { Code } from '../domain/codes.ts'
import type { Action, Mode } from '../domain/decision.ts'
import type { Judged } from '../domain/detector.ts'
import type { ErrorCode } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Label } from '../domain/labels.ts'
import type { Message, Position } from '../domain/message.ts'
import type { OutputRecord } from '../domain/ports.ts'
import type { Decision } from '../stages/decide.ts'

/** What the door lets in: a message, or a record that cannot be read. */
export type Intaken =
  | {
      readonly kind: 'message'
      readonly message: Message
      readonly bytes: number
      /** Event time of the partition when the message was complete, epoch ms. */
      readonly eventTime: number
    }
  | {
      readonly kind: 'rejected'
      readonly output: OutputRecord
      readonly position: Position
      readonly bytes: number
      readonly eventTime: number
    }

/** Runs `work`; what it throws goes to `failed`. */
export function attempt(work: () => void, failed: (error: unknown) => void): void {
  try {
    work()
  } catch (error) {
    failed(error)
  }
}

/** A dead letter: the raw bytes with the headers of the contract (section 1). */
export function deadLetterOf(
  value: Buffer,
  position: Position,
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
      'sigwatch-offset': String(position.offset),
    },
  }
}

/** The dead letter of a record on which a stage threw: a defect of sigwatch, told without the text. */
export function deadLetter(
  origin: Message['origins'][number],
  stage: string,
  error: unknown,
  emit: Emit,
): OutputRecord {
  emit({ name: 'dead_lettered', error: 'INTERNAL', count: 1 })
  const kind = error instanceof Error ? error.name : typeof error
  return deadLetterOf(origin.value, origin.position, stage, 'INTERNAL', `${stage} failed with ${kind}`)
}

function count<K extends string>(counts: Partial<Record<K, number>>, key: K): void {
  counts[key] = (counts[key] ?? 0) + 1
}

/** The records of a batch's decisions, and their counts as events. */
export function outputsOf(
  decisions: readonly Decision[],
  judged: readonly Judged[],
  emit: Emit,
): OutputRecord[] {
  const outputs: OutputRecord[] = []
  const labels: Partial<Record<Label, number>> = {}
  const codes: Record<Mode, Partial<Record<Code, number>>> = { enforce: {}, shadow: {} }
  const verdicts: Partial<Record<Action | 'pass', number>> = {}
  const alerts = new Map<string, { alert: Alert; code: Code; count: number }>()

  decisions.forEach((decision, i) => {
    count(labels, judged[i]!.message.label)
    for (const reason of decision.reasons) count(codes[reason.mode], reason.code)
    for (const verdict of decision.verdicts) {
      count(verdicts, verdict.action)
      outputs.push({ channel: 'verdicts', key: verdict.id, value: JSON.stringify(verdict) })
    }
    for (const alert of [decision.alert, decision.shadowAlert]) {
      if (!alert) continue
      outputs.push(alertRecord(alert))
      for (const { code } of alert.data.reasons) {
        const key = `${code}/${alert.data.action}/${alert.data.mode}`
        const known = alerts.get(key)
        if (known) known.count++
        else alerts.set(key, { alert, code, count: 1 })
      }
    }
  })

  emit({ name: 'labels_counted', counts: labels })
  for (const mode of ['enforce', 'shadow'] as const)
    emit({ name: 'codes_counted', mode, counts: codes[mode] })
  emit({ name: 'verdicts_counted', counts: verdicts })
  for (const { alert, code, count } of alerts.values()) {
    const { action, mode } = alert.data
    emit({ name: 'alerts_emitted', type: alert.type, code, action, mode, count })
  }
  return outputs
}
