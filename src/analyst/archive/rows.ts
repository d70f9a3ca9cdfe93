import { maskRecipient } from '../../detection/alerts/show.ts'
import type { Alert, Verdict } from '../../domain/alert.ts'
import { hash32 } from '../../domain/hash32.ts'
import { isMapping, jsonOf } from '../../domain/json.ts'
import { LABELS } from '../../domain/labels.ts'
import { isTenant } from '../../domain/tenant.ts'
import { iso } from '../../domain/time.ts'
import type { Tokenise } from '../../domain/token.ts'
import { registryChange } from '../../pipeline/side-inputs/registry-rows.ts'
import type { StatsRow } from '../../stores/sender-statistics/writer.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { redactText } from '../../text/redact.ts'
import { signatureKey } from '../../text/signature.ts'
import { domainsOf } from './alert-hosts.ts'
import type { DailyTable } from './days.ts'
import { feedbackResultRow, feedbackRow } from './feedback-rows.ts'
import { Fields, nestsDeeper, UnfitRecord } from './fields.ts'
import { gramsSafely } from './grams.ts'

/** The kind of records in a topic. */
export type ArchiveInput =
  | 'alerts'
  | 'verdicts'
  | 'stats'
  | 'versions'
  | 'feedback'
  | 'feedbackResults'
  | 'enforcements'
  | 'complaints'
  | 'registry'

/**
 * A table row, columns by name. `ts` (epoch ms) determines the partition and the retention; rows without it are kept for good,
 * or while they are in force.
 */
export type ArchiveRow = { readonly row: Readonly<Record<string, unknown>> } & (
  | { readonly table: DailyTable; readonly ts: number }
  | { readonly table: LastingTable; readonly ts?: undefined }
)

export type LastingTable = 'version' | 'registry_row'

/** Position of a record, for inputs whose value does not contain it. */
export interface RecordPlace {
  readonly key: string | null
  /** Timestamp of the record, epoch ms. */
  readonly at: number
}

export interface RowOptions {
  /** Share of verdicts without an action that are kept. */
  readonly sample: number
  readonly tokenise: Tokenise
}

const TOKEN = /^[A-Za-z0-9_-]{1,32}\.[A-Za-z0-9_-]{22}$/

/** Maximum nesting of a record. */
const DEEPEST = 1_000

/** The row of a record, or undefined if it is not to be kept. Throws UnfitRecord if it is not a valid record of the input. */
export function rowOf(
  input: ArchiveInput,
  value: Buffer,
  options: RowOptions,
  place: RecordPlace,
): ArchiveRow | undefined {
  if (input === 'registry') return registryRow(value, place)
  if (value.length === 0) return undefined
  if (nestsDeeper(value, DEEPEST)) throw new UnfitRecord('is nested too deeply')
  const text = value.toString('utf8')
  const record = jsonOf(text)
  if (record === undefined) throw new UnfitRecord(`is not JSON (${value.length} bytes)`)
  if (!isMapping(record)) throw new UnfitRecord('is not a JSON object')
  return READERS[input](new Fields(record, text), options)
}

const tenantOf = (value: unknown) => (isTenant(value) ? value : null)

const READERS: {
  readonly [I in Exclude<ArchiveInput, 'registry'>]: (
    f: Fields,
    options: RowOptions,
  ) => ArchiveRow | undefined
} = {
  alerts: (f) => alertRow(f.record as unknown as Alert, f),
  verdicts: (f, { sample }) => verdictRow(f.record as unknown as Verdict, f, sample),
  stats: (f) => statsRow(f.record as unknown as StatsRow, f),
  versions: (f) => {
    const { content = null, card = null } = f.record
    return {
      table: 'version',
      row: { hash: f.text('hash'), kind: f.text('kind'), content, card, first_at: iso(f.time('at')) },
    }
  },
  feedback: feedbackRow,
  feedbackResults: feedbackResultRow,
  enforcements: (f) => {
    const ts = f.time('ts')
    return {
      table: 'enforcement',
      ts,
      row: {
        id: f.contentId,
        ts: iso(ts),
        message_id: f.text('messageId'),
        state_id: f.maybe('stateId'),
        action: f.text('action'),
        by: f.text('by'),
      },
    }
  },
  complaints: (f, { tokenise }) => complaintOf(f, tokenise),
}

/** The row of a complaint, masked and tokenised. */
export function complaintRow(complaint: object, tokenise: Tokenise): ArchiveRow {
  return complaintOf(
    new Fields(complaint as Readonly<Record<string, unknown>>, JSON.stringify(complaint)),
    tokenise,
  )
}

function complaintOf(f: Fields, tokenise: Tokenise): ArchiveRow {
  const ts = f.time('ts')
  const to = f.maybe('to')
  const number = to === null || TOKEN.test(to) ? undefined : canonicalNumber(to)
  const from = f.maybe('from')
  const text = f.maybe('text')
  return {
    table: 'complaint',
    ts,
    row: {
      id: f.maybe('id') ?? f.contentId,
      ts: iso(ts),
      port: from === null ? null : canonicalNumber(from),
      signature: f.maybe('signature'),
      to_token: number === undefined ? to : tokenise(number),
      recipient: number === undefined ? null : (maskRecipient(number) ?? null),
      text: text === null ? null : redactText(text, true),
      source: f.text('source'),
      category: f.maybe('category'),
    },
  }
}

function registryRow(value: Buffer, { key, at }: RecordPlace): ArchiveRow {
  const change = registryChange({ key, value: value.length === 0 ? null : value })
  if (typeof change === 'string') throw new UnfitRecord(change)
  const { kind, key: name } = change
  const content = change.op === 'put' ? change.row : null
  const signature_key = kind === 'signature' ? signatureKey(name) : null
  return { table: 'registry_row', row: { kind, key: name, at: iso(at), content, signature_key } }
}

function alertRow(alert: Alert, f: Fields): ArchiveRow {
  const { data } = alert
  const ts = f.time('time')
  if (!data?.target || !Array.isArray(data.reasons) || !data.provenance)
    throw new UnfitRecord('is not an alert')
  const { target, match, message, state, provenance } = data
  return {
    table: 'alert',
    ts,
    row: {
      id: f.text('id'),
      ts: iso(ts),
      mode: data.mode,
      type: f.text('type').replace('sigwatch.alert.', ''),
      target_kind: target.kind,
      target_id: target.id,
      action: data.action,
      severity: data.severity,
      score: data.score,
      label: data.label ?? null,
      codes: data.reasons.map(({ code }) => code),
      state_id: state?.id ?? null,
      episode: state?.episode ?? null,
      revision: state?.revision ?? null,
      message_id: message?.id ?? null,
      message_ts: message ? iso(message.ts) : null,
      signature: message?.signature ?? match?.signature ?? (target.kind === 'signature' ? target.id : null),
      port: message?.from ?? (target.kind === 'port' ? target.id : null),
      to_token: message?.toToken ?? (target.kind === 'recipient' ? target.id : null),
      domains: domainsOf(alert),
      campaign: match?.campaign ?? (target.kind === 'campaign' ? target.id : null),
      model: provenance.model,
      policy: provenance.policy,
      registry: provenance.registry,
      degraded: data.degraded === true,
      late: data.late === true,
      tenant: tenantOf(data.tenant),
      event: alert,
      grams: gramsSafely(alert),
    },
  }
}

function verdictRow(verdict: Verdict, f: Fields, sample: number): ArchiveRow | undefined {
  const id = f.text('id')
  const hasAction = verdict.action !== 'pass' && verdict.action !== 'none'
  // Sampled by a hash of the id, so that a repeated verdict gets the same decision.
  if (!hasAction && hash32(id) >= sample * 2 ** 32) return undefined
  if (!Array.isArray(verdict.reasons) || !Array.isArray(verdict.states))
    throw new UnfitRecord('is not a verdict')
  const ts = f.time('decidedAt')
  return {
    table: 'verdict',
    ts,
    row: {
      id,
      ts: iso(ts),
      action: f.text('action'),
      label: f.text('label'),
      score: verdict.score,
      model: f.maybe('model'),
      model_score: verdict.modelScore ?? null,
      codes: verdict.reasons,
      states: verdict.states,
      campaign: f.maybe('campaign'),
      degraded: verdict.degraded === true,
      late: verdict.late === true,
      partial: verdict.partial === true,
      sampled: !hasAction,
      share: hasAction ? 1 : sample,
      findings: verdict.findings ?? null,
      ext: verdict.ext ?? null,
      tenant: tenantOf(verdict.tenant),
    },
  }
}

function statsRow(stats: StatsRow, f: Fields): ArchiveRow {
  const ts = f.time('ts')
  const { sent = {}, baseline, declared } = stats
  const signature = f.text('signature')
  const byLabel = LABELS.map((label) => [label, sent[label] ?? 0] as const)
  return {
    table: 'sender_minute',
    ts,
    row: {
      ts: iso(ts),
      signature,
      port: f.text('port'),
      sp: f.maybe('sp'),
      tenant: tenantOf(stats.tenant),
      total: byLabel.reduce((sum, [, n]) => sum + n, 0),
      ...Object.fromEntries(byLabel),
      baseline_mean: baseline?.mean ?? null,
      baseline_sd: baseline?.sd ?? null,
      declared: declared ?? null,
      signature_key: signatureKey(signature),
    },
  }
}
