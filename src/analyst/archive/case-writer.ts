import { CODE_BY_HAND } from '../../detection/detectors/all.ts'
import type { Alert } from '../../domain/alert.ts'
import { hashOf } from '../../domain/hash.ts'
import { DAY } from '../../domain/time.ts'
import { type CaseDraft, caseDraftOf } from './case-features.ts'
import { type Client, inTransaction } from './database.ts'
import { storableJson, storableText } from './storable.ts'

/** Number of earlier alerts grouped per transaction. */
const STEP = 1000
const LONGEST = 300
/** Maximum age of alerts that are grouped into cases, ms. */
const OPEN_FOR = 7 * DAY

const CASES = `INSERT INTO review_case (id, grouped_by, name, standing)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) ORDER BY 1 ON CONFLICT DO NOTHING`
const FEATURES = `INSERT INTO case_feature (feature, case_id)
  SELECT * FROM unnest($1::text[], $2::text[]) ORDER BY 1 ON CONFLICT DO NOTHING`
const ALERTS = `INSERT INTO case_alert
  SELECT a.alert_id, coalesce(route.to_case, a.case_id), a.ts, a.sender, a.to_token, a.message_id, a.state_id, a.certainty, a.harm, a.codes, a.in_force
  FROM jsonb_populate_recordset(NULL::case_alert, $1) a
    LEFT JOIN case_route route ON route.from_case = a.case_id AND route.sender = a.sender
  ORDER BY a.alert_id ON CONFLICT DO NOTHING`

/** A message alert with `observe`: the service keeps nothing of it that a finding could refer to. */
const ASKS_FOR_NOTHING = "(action = 'observe' AND target_kind = 'message')"

function asksForNothing({ data }: Alert): boolean {
  return data?.action === 'observe' && data.target?.kind === 'message'
}

/** A done case needs a new finding from the alert on that added a domain or campaign to it. */
const WIDENED = `UPDATE review_case SET settled_until = least(settled_until, greatest(w.ts, done_at) - interval '1 ms')
  FROM unnest($1::text[], $2::timestamptz[]) AS w (id, ts) WHERE review_case.id = w.id AND status = 'done'`

/**
 * Closes cases whose alerts that need a finding are all manual blocks that were undone, with the cases merged into them. A block
 * that is set again raises a later alert, which reopens the case. Cases without such alerts keep their finding, and so do those that
 * receive one meanwhile: it has another batch.
 */
const UNBLOCKED = `WITH ended AS (
    SELECT DISTINCT ON (a.shown_id) a.shown_id, e.ts, e.by FROM unnest($1::text[], $2::timestamptz[], $3::text[]) e (state_id, ts, by)
    JOIN queued_alert a ON a.subject = e.state_id AND a.state_id = e.state_id ORDER BY a.shown_id, e.ts DESC
  ), unblocked AS MATERIALIZED (
    SELECT ended.* FROM ended WHERE (SELECT bool_and(EXISTS (
        SELECT FROM alert k WHERE k.state_id = a.state_id AND k.type = 'cleared' AND k.ts >= a.ts AND k.codes @> ARRAY['${CODE_BY_HAND}']))
      FROM queued_alert a WHERE a.shown_id = ended.shown_id AND a.is_open)
  ), done AS (
    UPDATE review_case c SET status = 'done', finding = 'unblocked', done_by = u.by, done_at = now(), settled_until = u.ts, batch = NULL
    FROM unblocked u JOIN review_case before ON coalesce(before.merged_into, before.id) = u.shown_id
    WHERE c.id = before.id AND c.batch IS NOT DISTINCT FROM before.batch RETURNING c.id, c.done_by
  )
  INSERT INTO case_event (case_id, who, what) SELECT id, done_by, 'unblocked' FROM done WHERE id IN (SELECT shown_id FROM unblocked)`

/** Closes the cases of manual blocks that were undone; the alerts are archived already. */
async function closeUnblocked(client: Client, alerts: readonly Alert[]): Promise<void> {
  const undone = alerts.filter(
    ({ type, data }) =>
      type === 'sigwatch.alert.cleared' && data.feedback && data.reasons?.[0]?.code === CODE_BY_HAND,
  )
  if (undone.length === 0) return
  await client.query(UNBLOCKED, [
    undone.map(({ data }) => data.state?.id),
    undone.map(({ time }) => time),
    undone.map(({ data }) => data.feedback!.by),
  ])
}

/**
 * Groups raised alerts into cases within the caller's transaction, except those that ask for nothing. Alerts already in a case
 * stay there. Closes the cases of manual blocks that were undone.
 */
export async function groupAlerts(client: Client, alerts: readonly Alert[]): Promise<void> {
  await fileRaised(client, alerts)
  await closeUnblocked(client, alerts)
}

async function fileRaised(client: Client, alerts: readonly Alert[]): Promise<void> {
  const drafts = alerts
    .filter((alert) => alert.type === 'sigwatch.alert.raised' && !asksForNothing(alert))
    .map((alert) => ({ alert, draft: draftOf(alert) }))
  if (drafts.length === 0) return
  const keys = [...new Set(drafts.flatMap(({ draft }) => keysOf(draft)))]
  const { rows: known } = await client.query<{ feature: string; case_id: string }>(
    'SELECT feature, case_id FROM case_feature WHERE feature = ANY ($1)',
    [keys],
  )
  const cases = new Map(known.map(({ feature, case_id }) => [feature, case_id]))
  const added = new Map<string, string>()
  const widened = new Map<string, string>()
  const opened = new Map<string, readonly [by: string, name: string, standing: string]>()
  const rows = drafts.map(({ alert, draft }) => {
    const own = keysOf(draft)
    const found = own.find((key) => cases.has(key)) ?? own[0]!
    const standing = found.slice(0, found.indexOf(' '))
    const id = cases.get(found) ?? hashOf(found)
    if (!cases.has(found)) opened.set(id, [...nameOf(draft.features[0]!), standing])
    for (const key of draft.features.map((one) => `${standing} ${one}`)) {
      if (cases.has(key)) continue
      cases.set(key, id)
      added.set(key, id)
      if (/^\S+ (?:domain|campaign):/.test(key) && !opened.has(id) && !widened.has(id))
        widened.set(id, alert.time)
    }
    return rowOf(alert, draft, id)
  })
  const open = [...opened]
  await client.query(CASES, [
    open.map(([id]) => id),
    ...[0, 1, 2].map((i) => open.map(([, member]) => member[i as 0 | 1 | 2])),
  ])
  await client.query(FEATURES, [[...added.keys()], [...added.values()]])
  await client.query(ALERTS, [storableJson(rows)])
  if (widened.size > 0) await client.query(WIDENED, [[...widened.keys()], [...widened.values()]])
}

/** Features cannot be computed for a malformed record, such as one written by another program. */
function draftOf(alert: Alert): CaseDraft {
  try {
    const draft = caseDraftOf(alert)
    return { ...draft, features: draft.features.map((one) => storableText(one).slice(0, LONGEST)) }
  } catch {
    return { standing: 'filed', features: ['code:'], sender: '', certainty: 0, harm: 0 }
  }
}

/** Keys under which a case is looked up, in order of preference. */
function keysOf({ standing, features }: CaseDraft): string[] {
  const standings = standing === 'either' ? ['stranger', 'filed'] : [standing]
  return features.flatMap((one) => standings.map((each) => `${each} ${one}`))
}

function nameOf(feature: string): [string, string] {
  const at = feature.indexOf(':')
  return [feature.slice(0, at), feature.slice(at + 1)]
}

function rowOf({ id, time, data }: Alert, { sender, certainty, harm }: CaseDraft, case_id: string) {
  const { message, state, target, reasons, mode } = data
  return {
    ...{ alert_id: id, case_id, ts: time, sender, certainty, harm },
    to_token: message?.toToken ?? (target.kind === 'recipient' ? target.id : null),
    message_id: message?.id ?? null,
    state_id: state?.id ?? null,
    codes: reasons.map(({ code }) => code),
    in_force: mode === 'enforce',
  }
}

/** Groups recent alerts that predate the queue, a limited number per transaction. Resolves with their number. */
export async function groupEarlier(client: Client): Promise<number> {
  let filed = 0
  for (;;) {
    const found = await inTransaction(client, async () => {
      const { rows } = await client.query<{ event: Alert }>(
        `SELECT event FROM alert a WHERE ts > now() - $1 * interval '1 ms' AND type = 'raised' AND NOT ${ASKS_FOR_NOTHING}
          AND NOT EXISTS (SELECT FROM case_alert c WHERE c.alert_id = a.id) ORDER BY ts LIMIT ${STEP}`,
        [OPEN_FOR],
      )
      const alerts = rows.map(({ event }) => event)
      await groupAlerts(client, alerts)
      return alerts.length
    })
    filed += found
    if (found < STEP) return filed
  }
}

/** Cases with alerts that are older than seven days now; the more alerts a case has, the longer it waits, at most an hour. */
const OUTDATED = `SELECT sum_cases(ids) FROM (SELECT array_agg(case_id) AS ids FROM (
    SELECT case_id FROM case_sum WHERE first_at <= now() - interval '7 days'
      AND counted_from < now() - interval '7 days' - least(alerts * interval '100 ms', interval '1 hour') LIMIT 20) due) step
  WHERE ids IS NOT NULL`

/** Counts cases without the alerts that are older than seven days, some per transaction. */
export async function countOutdated(client: Client): Promise<void> {
  while ((await client.query(OUTDATED)).rowCount !== 0);
}
