import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Code } from '../../src/domain/codes.ts'
import { canonicalNumber } from '../../src/text/canonical-number.ts'
import { parseJsonl, readJsonl, writeJsonl } from './jsonl.ts'
import { checkedAlert, checkedVerdict } from './schema.ts'
import { warmSigwatch } from './warm-commands.ts'

/** 2026-11-11 12:00 in China. */
export const NOON = Date.UTC(2026, 10, 11, 4)
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

/** An input record by its fields; bytes and strings are written as raw lines. */
export interface Sms {
  readonly id: string
  readonly ts: number | string
  readonly from: string
  readonly to: string
  readonly text: string
  readonly [more: string]: unknown
}

export interface EmbeddedInput {
  readonly messages: readonly (Sms | Buffer | string)[]
  readonly registry?: object
  readonly policy?: object
  readonly rules?: object
  readonly consents?: readonly object[]
  readonly complaints?: readonly object[]
  readonly replies?: readonly object[]
  readonly feedback?: readonly object[]
  readonly env?: Readonly<Record<string, string>>
  readonly now?: number
}

export interface DeadLetter {
  readonly error: string
  readonly detail: string
  readonly stage: string
  readonly source: string
  readonly partition: number
  readonly offset: number
  readonly value: string
  readonly truncated?: number
}

export interface EmbeddedOutput {
  readonly alerts: readonly Alert[]
  readonly shadowAlerts: readonly Alert[]
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly deadLetters: readonly DeadLetter[]
  readonly stderr: string
  /** The alert about a message. */
  alertOf(id: string): Alert | undefined
  /** State alerts of a code, in order. */
  states(code: Code): readonly Alert[]
}

/**
 * Runs `sigwatch run --source` on files in a folder and reads its output. Checks what holds for every run: exit code 0, alerts
 * and verdicts match their schemas, every record has exactly one outcome, and no output shows a recipient.
 */
export async function embedded(folder: string, input: EmbeddedInput): Promise<EmbeddedOutput> {
  const file = (name: string) => join(folder, name)
  writeJsonl(file('messages.jsonl'), input.messages)
  const outputs = ['alerts', 'shadow-alerts', 'verdicts', 'dead-letters']
  const args = ['run', '--source', file('messages.jsonl'), '--now', String(input.now ?? NOON + 24 * HOUR)]
  for (const name of outputs) args.push(`--${name}`, file(`${name}.jsonl`))
  for (const name of ['registry', 'policy', 'rules'] as const) {
    const content = input[name]
    if (!content) continue
    writeJsonl(file(`${name}.yaml`), [stringify(content)])
    args.push(`--${name}`, file(`${name}.yaml`))
  }
  for (const name of ['consents', 'complaints', 'replies', 'feedback'] as const) {
    const rows = input[name]
    if (!rows) continue
    writeJsonl(file(`${name}.jsonl`), rows)
    args.push(`--${name}`, file(`${name}.jsonl`))
  }
  const { code, stdout, stderr } = await warmSigwatch(args, { cwd: folder, env: input.env ?? {} })
  if (code !== 0) throw new Error(`it ended with ${code}:\n${stderr}`)
  if (stdout !== '') throw new Error(`it wrote on stdout although files were named:\n${stdout.slice(0, 500)}`)

  const read = (name: string) => readFileSync(file(`${name}.jsonl`), 'utf8')
  const shown = [...outputs.slice(0, 3).map(read), stderr].join('\n')
  for (const message of input.messages) if (isSms(message) && message.to) assertHidden(message.to, shown)
  const alerts = parseJsonl(read('alerts')).map(checkedAlert)
  const shadowAlerts = parseJsonl(read('shadow-alerts')).map(checkedAlert)
  const verdicts = parseJsonl(read('verdicts')).map(checkedVerdict)
  const deadLetters = readJsonl<DeadLetter>(file('dead-letters.jsonl'))
  const lines = input.messages.filter((message) => message.length !== 0).length
  if (verdicts.length + deadLetters.length !== lines) {
    throw new Error(`${lines} records, ${verdicts.length} verdicts, ${deadLetters.length} dead letters`)
  }
  for (const alert of alerts)
    if (alert.data.mode !== 'enforce') throw new Error(`${alert.id} is no enforce alert`)
  for (const alert of shadowAlerts)
    if (alert.data.mode !== 'shadow') throw new Error(`${alert.id} is no shadow`)
  return {
    alerts,
    shadowAlerts,
    verdicts: new Map(verdicts.map((verdict) => [verdict.id, verdict])),
    deadLetters,
    stderr,
    alertOf: (id) => alerts.find((alert) => alert.subject === `message:${id}`),
    states: (code) => alerts.filter((alert) => alert.data.state && alert.data.reasons[0]!.code === code),
  }
}

function isSms(message: Sms | Buffer | string): message is Sms {
  return typeof message === 'object' && !Buffer.isBuffer(message)
}

/** Throws if the output shows a recipient in any form. Forms of less than 8 characters could occur by chance. */
export function assertHidden(to: string, shown: string): void {
  for (const form of new Set([to, canonicalNumber(to)])) {
    if (form.length >= 8 && shown.includes(form)) {
      const at = shown.indexOf(form)
      throw new Error(`a recipient is visible: ${shown.slice(Math.max(0, at - 300), at + 100)}`)
    }
  }
}
