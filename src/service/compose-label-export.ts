import type { JudgedCase, Judgement } from '../analyst/learning/judged.ts'
import type { Alert } from '../domain/alert.ts'
import { InvalidInput } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { feedbackIdOf } from '../pipeline/side-inputs/feedback-id.ts'
import { type Feedback, readSideFile } from '../pipeline/side-inputs/rows.ts'
import type { Config } from '../settings/config.ts'
import { canonicalNumber } from '../text/canonical-number.ts'
import { alertsIn } from './alert-lines.ts'
import { openArchiveReader } from './compose-archive.ts'

export interface JudgedRange {
  /** Range of judgement times, epoch ms; `to` is exclusive. */
  readonly from: number
  readonly to: number
}

export interface JudgedFiles {
  readonly alerts: readonly string[]
  readonly feedback: readonly string[]
}

export interface JudgedCases {
  readonly cases: readonly JudgedCase[]
  /** Judgements whose alert was not found. */
  readonly unknown: number
}

export async function casesOfArchive(config: Config, { from, to }: JudgedRange): Promise<JudgedCases> {
  const archive = await openArchiveReader(config, 'sigwatch label-export')
  const judged = await archive.judgedAlerts(from, to).finally(() => archive.close())
  const cases = judged.flatMap(({ event, verdict, by, ts, codes, note }): JudgedCase[] => {
    if (!event) return []
    const judgement = {
      verdict,
      by,
      at: ts.getTime(),
      ...given({ codes: codes || undefined, note: note || undefined }),
    }
    return [{ alert: event, judgement }]
  })
  return { cases, unknown: judged.length - cases.length }
}

/** The judged cases in files of alerts and feedback. Rejects with USAGE for a line that is neither. */
export async function casesOfFiles(
  { alerts, feedback }: JudgedFiles,
  { from, to }: JudgedRange,
): Promise<JudgedCases> {
  const rows = feedback.flatMap((file) => [...feedbackOf(file)])
  const undone = undoneIn(rows)
  const said = new Map<string, Judgement>()
  for (const row of rows) {
    const { messageId, stateId, target, verdict, by, codes, note, label, ts: at } = row
    if ((verdict !== 'confirmed' && verdict !== 'false_positive') || at < from || at >= to) continue
    if (undone(row)) continue
    const subject = messageId ?? stateId ?? `${target!.kind}:${target!.id}`
    const before = said.get(subject)
    if (before === undefined || before.at <= at)
      said.set(subject, { verdict, by, at, ...given({ codes, note, label }) })
  }
  const about = new Map<string, Alert>()
  for (const file of alerts)
    for await (const alert of alertsIn(file)) {
      const { message, state, target } = alert.data
      if (!message) continue
      for (const key of [message.id, state?.id, `${target.kind}:${target.id}`])
        if (key !== undefined && said.has(key) && isBetter(alert, about.get(key))) about.set(key, alert)
    }
  const judged = [...said].sort(([, a], [, b]) => a.at - b.at)
  const cases = judged.flatMap(([subject, judgement]) => {
    const alert = about.get(subject)
    return alert ? [{ alert, judgement }] : []
  })
  return { cases, unknown: said.size - cases.length }
}

/** Returns a check for whether a row was undone later, on its own or with its batch. */
function undoneIn(rows: readonly Feedback[]): (row: Feedback) => boolean {
  const at = new Map<string, number>()
  for (const { undo, ts } of rows) if (undo !== undefined) at.set(undo, Math.max(at.get(undo) ?? ts, ts))
  return (row) =>
    [feedbackIdOf(row), row.batch].some((id) => id !== undefined && (at.get(id) ?? row.ts - 1) >= row.ts)
}

/** Feedback rows as the service reads them. Throws InvalidInput (USAGE) for the first row that the service would refuse. */
function* feedbackOf(file: string): Generator<Feedback> {
  for (const line of readSideFile('feedback', file, canonicalNumber)) {
    if ('problem' in line) throw new InvalidInput('USAGE', [line.problem])
    if ('row' in line) yield line.row
  }
}

/** Picks the alert for a subject: message alerts first, then enforced ones, then the latest. */
function isBetter(alert: Alert, held: Alert | undefined): boolean {
  if (held === undefined) return true
  const rank = ({ data }: Alert) =>
    (data.target.kind === 'message' ? 2 : 0) + (data.mode === 'enforce' ? 1 : 0)
  return rank(alert) > rank(held) || (rank(alert) === rank(held) && alert.time > held.time)
}
