import { restsOnComplaints } from '../../detection/detectors/all.ts'
import type { Alert, AlertData, Verdict } from '../../domain/alert.ts'
import type { Change } from '../../domain/change.ts'
import type { Action } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { DAY } from '../../domain/time.ts'
import { domainsOf } from './alert-hosts.ts'
import type { Ask } from './ask.ts'
import { judgementsOf, type StoredFeedback } from './given-feedback.ts'
import { withoutSender, withoutSenders } from './mobiles.ts'
import { type RegistryRowThen, registryThen } from './registry-rows.ts'

/** A column of the alert table with the type of its values. */
interface Column<T> {
  readonly holds?: T
}
const text: Column<string> = {}
const textOrNone: Column<string | null> = {}
const number: Column<number> = {}
const time: Column<Date> = {}
const texts: Column<readonly string[]> = {}

/** Columns of alert lists, from which both the query and the type of a line are derived. */
const LISTED = {
  id: text,
  ts: time,
  mode: text,
  type: text,
  action: {} as Column<Action>,
  severity: text,
  score: number,
  codes: texts,
  target_kind: text,
  target_id: text,
  signature: textOrNone,
  port: textOrNone,
}
export const COLUMNS = Object.keys(LISTED).join(', ')

/** A line of an alert list. */
export type FoundAlert = {
  readonly [K in keyof typeof LISTED]: (typeof LISTED)[K] extends Column<infer T> ? T : never
}

export interface StoredVerdict {
  readonly ts: Date
  readonly action: Verdict['action']
  readonly label: string
  readonly score: number
  readonly codes: readonly string[]
}

/** Everything about one alert. */
export interface Case {
  /** As published, but with senders' mobiles masked. If it clears a state, the message is taken from an earlier event of the state. */
  readonly alert: Alert
  /** For alerts on complaints: the newest 20 complaints about the target in the 30 days before. */
  readonly complaints: readonly CaseComplaint[]
  /** Changes of the same state, oldest first. */
  readonly timeline: readonly FoundAlert[]
  /** Alerts on the same domain, campaign or sender within a day before or after. */
  readonly siblings: readonly FoundAlert[]
  readonly verdict: StoredVerdict | undefined
  readonly feedback: readonly StoredFeedback[]
  readonly enforcements: readonly { readonly ts: Date; readonly action: string; readonly by: string }[]
  /** The versions named by the alert whose content is stored, with the time they first came into force. */
  readonly versions: readonly StoredVersion[]
  /** The sender's rows in the registry topic at that time. */
  readonly registry: readonly RegistryRowThen[]
  /** Whether the port is masked in the alert, so that its registry row cannot be identified. */
  readonly portIsMasked: boolean
  /** Targets for manual blocks in the form used by feedback, without masked ones. */
  readonly orderTargets: readonly string[]
}

export interface StoredVersion {
  readonly hash: string
  readonly kind: string
  readonly first_at: Date
  /** From the file; null if it names no change. */
  readonly change: Change | null
}

/** A complaint as stored: masked and redacted. */
export interface CaseComplaint {
  readonly id: string
  readonly ts: Date
  readonly source: string
  readonly category: string | null
  readonly text: string | null
}

/** Maximum number of alerts in a list. */
export const MOST = 200

/** An alert by its id or that of its message. */
const BY_ALERT_OR_MESSAGE = `SELECT event FROM alert WHERE id = $1 OR message_id = $1
  ORDER BY id = $1 DESC, target_kind = 'message' DESC, mode = 'enforce' DESC, ts LIMIT 1`
/** The newest alert of a state that does not end it. */
const BY_STATE = `SELECT event FROM alert WHERE state_id = $1
  ORDER BY mode = 'enforce' DESC, episode DESC, event->>'type' = 'sigwatch.alert.cleared', revision DESC LIMIT 1`

/**
 * The case of an alert, of the alert on a message, or of the newest alert of a state, by its id; undefined if there is none.
 * `answers`: topic of feedback results.
 */
export async function caseOf(ask: Ask, id: string, answers = ''): Promise<Case | undefined> {
  const byAlert = await ask<{ event: Alert }>(BY_ALERT_OR_MESSAGE, [id])
  const [found] = byAlert.length > 0 ? byAlert : await ask<{ event: Alert }>(BY_STATE, [id])
  if (!found) return undefined
  const alert = await withMessage(ask, found.event)
  const { message, state, provenance, target } = alert.data
  const messageId = message?.id ?? ''
  const orders = orderTargets(alert)
  const [
    timeline,
    siblings,
    [verdict],
    feedback,
    enforcements,
    versions,
    { rows: registry, portIsMasked },
    complaints,
  ] = await Promise.all([
    state
      ? ask<FoundAlert>(
          `SELECT ${COLUMNS} FROM alert WHERE state_id = $1 ORDER BY episode, revision LIMIT ${MOST}`,
          [state.id],
        )
      : [],
    siblingsOf(ask, alert),
    ask<StoredVerdict>('SELECT ts, action, label, score, codes FROM verdict WHERE id = $1 ORDER BY ts', [
      messageId,
    ]),
    judgementsOf(
      ask,
      {
        message: messageId,
        state: state?.id ?? '',
        targets: [`${target.kind}:${target.id}`, ...orders],
      },
      answers,
    ),
    ask<Case['enforcements'][number]>(
      'SELECT ts, action, by FROM enforcement WHERE message_id = $1 ORDER BY ts',
      [messageId],
    ),
    ask<StoredVersion>(
      "SELECT hash, kind, first_at, content -> 'change' AS change FROM version WHERE hash = ANY ($1) ORDER BY kind",
      [[provenance.model, provenance.policy, provenance.registry, provenance.rules ?? null]],
    ),
    registryThen(ask, alert),
    complaintsOn(ask, alert),
  ])
  return {
    ...{ alert: withoutSenders(alert), verdict, feedback, orderTargets: orders },
    ...{
      timeline: timeline.map((one) => withoutSender(one)),
      siblings: siblings.map((one) => withoutSender(one)),
    },
    ...{ enforcements, versions, registry, portIsMasked, complaints },
  }
}

/** Targets that can be blocked manually, in the form used by feedback. Masked numbers are left out. */
function orderTargets(alert: Alert): string[] {
  const { target, match, message } = alert.data
  const signature = message?.signature ?? match?.signature
  const port = message?.from
  const named = [
    ...domainsOf(alert).map((host) => `domain:${host}`),
    ...(signature && port ? [`sender:${signature}@${port}`] : []),
    ...(port ? [`port:${port}`] : []),
    ...(['port', 'sender'].includes(target.kind) ? [`${target.kind}:${target.id}`] : []),
  ]
  return [
    ...new Set(named.filter((name) => !name.includes('*'))),
    ...(message ? [`template:${message.id}`] : []),
  ]
}

/** Adds the message to an event that clears a state, from the last event of the episode that has one. */
async function withMessage(ask: Ask, alert: Alert): Promise<Alert> {
  const { state, message } = alert.data
  if (!state || message) return alert
  const [shown] = await ask<{ data: Pick<AlertData, 'label' | 'message' | 'samples' | 'contacts'> }>(
    `SELECT event->'data' AS data FROM alert WHERE state_id = $1 AND episode = $2 AND event->'data' ? 'message'
      ORDER BY revision DESC LIMIT 1`,
    [state.id, state.episode],
  )
  if (!shown) return alert
  const { label, message: before, samples, contacts } = shown.data
  return {
    ...alert,
    data: {
      ...alert.data,
      ...given({ label, message: before, samples, contacts }),
    },
  }
}

/** How many days of complaints are shown for an alert on complaints. */
const COMPLAINED_DAYS = 30

/** Complaints about the target of an alert on complaints, up to its time. */
function complaintsOn(ask: Ask, { time, data: { target, reasons } }: Alert): Promise<CaseComplaint[]> {
  const column = target.kind === 'signature' || target.kind === 'port' ? target.kind : undefined
  if (column === undefined || !reasons.some(({ code }) => restsOnComplaints(code))) return Promise.resolve([])
  const at = Date.parse(time)
  return ask(
    `SELECT id, ts, source, category, text FROM complaint WHERE ts > $1 AND ts <= $2 AND ${column} = $3 ORDER BY ts DESC LIMIT 20`,
    [new Date(at - COMPLAINED_DAYS * DAY), new Date(at), target.id],
  )
}

/** Alerts on the same domain, campaign or sender within a day before or after. */
function siblingsOf(ask: Ask, { id, time, data }: Alert): Promise<FoundAlert[]> {
  const at = Date.parse(time)
  const domains = data.target.kind === 'domain' ? [data.target.id] : (data.match?.domains ?? [])
  const { message, match } = data
  return ask(
    `SELECT ${COLUMNS} FROM alert WHERE ts >= $1 AND ts < $2 AND id <> $3 AND (
        domains && (SELECT domains FROM alert WHERE id = $3 LIMIT 1) OR domains && $4::text[]
        OR campaign = $5 OR (signature = $6 AND port = $7)
          OR ($9 AND (signature = $6 OR port = $7)))
        AND (state_id IS NULL OR state_id <> $8)
      ORDER BY ts DESC LIMIT 50`,
    [
      new Date(at - DAY),
      new Date(at + DAY),
      id,
      domains,
      match?.campaign ?? null,
      message?.signature ?? (data.target.kind === 'signature' ? data.target.id : null),
      message?.from ?? (data.target.kind === 'port' ? data.target.id : null),
      data.state?.id ?? '',
      // A state without a message is matched by its target alone.
      message === undefined && ['signature', 'port'].includes(data.target.kind),
    ],
  )
}
