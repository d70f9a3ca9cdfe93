import { createHash } from 'node:crypto'
import { given } from '../../domain/given.ts'
import { type Client, inTransaction } from './database.ts'
import { ALONE, KEEP_IDS } from './erased-rows.ts'
import { ensureRefusedRows, eraseRefused } from './refused.ts'
import { markChanged } from './rollups.ts'

/** Number of rows deleted or changed. */
export interface Erased {
  readonly alerts: number
  readonly statesWithout: number
  readonly verdicts: number
  readonly feedback: number
  readonly enforcements: number
  readonly complaints: number
  /** Rows that were waiting to be placed. */
  readonly refused: number
  /** Access log entries whose subject was removed. */
  readonly accesses: number
  /** Comments on cases that mentioned the person, a message to them or an alert on it; absent if there were none. */
  readonly comments?: number
}

const MESSAGES = `SELECT message_id AS id FROM alert WHERE to_token = $1 AND message_id IS NOT NULL
  UNION SELECT "row" ->> 'message_id' FROM refused_row WHERE "row" ->> 'to_token' = $1 AND "row" ->> 'message_id' IS NOT NULL`

/** Ids of states about the person as a recipient, by which feedback and enforcements refer to them. */
const STATES = `SELECT state_id AS id FROM alert WHERE to_token = $1 AND target_kind = 'recipient' AND state_id IS NOT NULL
  UNION SELECT "row" ->> 'state_id' FROM refused_row WHERE "row" ->> 'to_token' = $1
    AND "row" ->> 'target_kind' = 'recipient' AND "row" ->> 'state_id' IS NOT NULL`

/**
 * Messages whose verdict names such a state were sent to the person, even without an alert. Alerts carry the event time and
 * verdicts the time of the decision, so no time range is used; a partial index covers verdicts that name states.
 */
export const REACHED = "SELECT DISTINCT id FROM verdict WHERE states && $1::text[] AND states <> '{}'"
const REACHED_ASIDE = `SELECT "row" ->> 'id' AS id FROM refused_row WHERE table_name = 'verdict' AND "row" -> 'states' ?| $1`

const hashOf = (id: string) => `encode(sha256(convert_to(${id}, 'UTF8')), 'hex')`
/** Records that arrive later under these ids are skipped. */
const KEEP_OUT = `INSERT INTO erased_complaint SELECT ${hashOf('id')} FROM (
    SELECT id FROM complaint WHERE to_token = $1
    UNION SELECT "row" ->> 'id' FROM refused_row WHERE table_name = 'complaint' AND "row" ->> 'to_token' = $1) gone
  ON CONFLICT DO NOTHING`
/** Whether the complaint with an id in this column was erased. */
export const isErased = (id: string) =>
  `EXISTS (SELECT FROM erased_complaint e WHERE e.id_hash = ${hashOf(id)})`

/** Who ordered an erasure, and why. It must not name the person. */
export interface ErasureOrder {
  readonly by: string
  readonly why?: string
  readonly ref?: string
}

/**
 * Erases the data of one person, identified by the recipient's tokens under one key or several, in one transaction. Returns the sums
 * over the tokens. With an order, the erasure is also in the access log.
 */
export async function erase(
  client: Client,
  tokens: string | readonly string[],
  order?: ErasureOrder,
): Promise<Erased> {
  await ensureRefusedRows(client)
  return inTransaction(client, async () => {
    await client.query(ALONE)
    const all: Erased[] = []
    for (const token of [tokens].flat()) all.push(await eraseToken(client, token, order))
    if (order) await client.query(NOTE, [order.by, noteOf(order)])
    return summed(all)
  })
}

const NOTE = "INSERT INTO access_log (who, what, subject) VALUES ($1, 'erase', $2)"

/** For example `R-17; request of the subscriber`. */
function noteOf({ why, ref }: ErasureOrder): string {
  return [ref, why].filter((part) => part !== undefined && part !== '').join('; ')
}

function rowsOf(erased: Erased): number {
  return Object.values(erased).reduce((all, n) => all + n, 0)
}

function summed(all: readonly Erased[]): Erased {
  const sums: Record<string, number> = {}
  for (const one of all)
    for (const [name, n] of Object.entries(one)) sums[name] = (sums[name] ?? 0) + (n as number)
  return sums as unknown as Erased
}

/**
 * Erases the alerts on messages to the recipient and on the recipient, the verdicts, enforcements and feedback that go with these,
 * and the recipient's complaints. Alerts on senders and campaigns are kept without the person's messages and samples; the access log still shows who looked. The erasure is recorded
 * with a hash of the token. Hashes of the ids of complaints, messages and states on the person keep out what arrives later.
 */
async function eraseToken(client: Client, token: string, order: ErasureOrder | undefined): Promise<Erased> {
  const idsOf = async (sql: string, value: unknown = token) =>
    (await client.query<{ id: string }>(sql, [value])).rows.map(({ id }) => id)
  const states = await idsOf(STATES)
  const reached =
    states.length === 0 ? [] : [...(await idsOf(REACHED, states)), ...(await idsOf(REACHED_ASIDE, states))]
  const ids = [...new Set([...(await idsOf(MESSAGES)), ...reached])]
  const alerts = await deleteAlerts(client, token)
  const changed = async (sql: string, ...values: unknown[]) => (await client.query(sql, values)).rowCount ?? 0
  await client.query(KEEP_OUT, [token])
  await client.query(KEEP_IDS, [[...ids, ...states]])
  for (const table of ['complaint_case', 'complaint_deadline'])
    await client.query(`DELETE FROM ${table} WHERE id IN (SELECT id FROM complaint WHERE to_token = $1)`, [
      token,
    ])
  await client.query(SEARCHES, [[token, ...ids, ...alerts]])
  await client.query(CASE_ALERTS, [token, ids, states])
  await client.query(LETTERS, [alerts, token])
  const comments = await changed(WITHOUT_COMMENTS, [token, ...ids, ...alerts])
  const erased: Erased = {
    alerts: alerts.length,
    statesWithout:
      (await changed(
        `UPDATE alert SET message_id = NULL, message_ts = NULL, to_token = NULL, grams = NULL,
            event = event #- '{data,message}' #- '{data,match,toToken}' WHERE to_token = $1`,
        token,
      )) + (await changed(WITHOUT_SAMPLES, ids)),
    verdicts: await changed('DELETE FROM verdict WHERE id = ANY ($1)', ids),
    feedback:
      (await changed(ofPerson('feedback'), ids, `recipient:${token}`, states)) +
      (await changed(ofPerson('given_feedback'), ids, `recipient:${token}`, states)),
    enforcements: await changed(
      'DELETE FROM enforcement WHERE message_id = ANY ($1) OR state_id = ANY ($2)',
      ids,
      states,
    ),
    complaints: await changed('DELETE FROM complaint WHERE to_token = $1', token),
    refused: await eraseRefused(client, token, ids, states),
    accesses: await changed(
      WITHOUT_SUBJECT,
      token,
      [...alerts, ...[...ids, ...alerts].map((id) => `message: ${id}`)],
      alerts,
    ),
    ...given({ comments: comments > 0 ? comments : undefined }),
  }
  const hash = createHash('sha256').update(token).digest('hex')
  await client.query(
    'INSERT INTO erasure (token_hash, rows, ordered_by, why, ref) VALUES ($1, $2, $3, $4, $5)',
    [hash, rowsOf(erased), order?.by, order?.why, order?.ref],
  )
  return erased
}

/** Deletes the alerts on a person and marks their sums to be recomputed. Resolves with the ids. Complaints must be deleted after this. */
async function deleteAlerts(client: Client, token: string): Promise<string[]> {
  const { rows: gone } = await client.query<{ id: string; ts: Date }>(
    "DELETE FROM alert WHERE to_token = $1 AND target_kind IN ('message', 'recipient') RETURNING id, ts",
    [token],
  )
  const { rows: told } = await client.query<{ ts: Date }>('SELECT ts FROM complaint WHERE to_token = $1', [
    token,
  ])
  const timesOf = (rows: readonly { readonly ts: Date }[]) => rows.map(({ ts }) => ts.getTime())
  await markChanged(client, 'alert_gone', timesOf(gone))
  await markChanged(client, 'complaint_gone', timesOf(told))
  return gone.map(({ id }) => id)
}

const ofPerson = (table: string) =>
  `DELETE FROM ${table} WHERE message_id = ANY ($1) OR target = $2 OR state_id = ANY ($3)`

/** The access log keeps who looked, but not that it concerned this person, their message or an alert on it. */
const WITHOUT_SUBJECT = `UPDATE access_log SET subject = 'erased' WHERE strpos(subject, $1) > 0 OR subject = ANY ($2)
  OR (what IN ('feedback', 'denied', 'letter') AND regexp_replace(subject, ': [a-z_]+$', '') = ANY ($3))`

const CASE_ALERTS =
  'DELETE FROM case_alert WHERE to_token = $1 OR message_id = ANY ($2) OR state_id = ANY ($3)'

const SEARCHES =
  'DELETE FROM stored_search WHERE EXISTS (SELECT FROM unnest($1::text[]) AS id WHERE strpos(query, id) > 0)'

/** That a letter was sent, and by whom, is kept. A letter on a sender's state that shows the person's message is removed as a whole. */
const LETTERS = `UPDATE letter SET content = NULL, alert_id = NULL, addressee = 'erased'
  WHERE alert_id = ANY ($1) OR alert_id IN (SELECT id FROM alert WHERE to_token = $2)`

const WITHOUT_COMMENTS = `UPDATE case_event SET text = 'erased'
  WHERE text <> '' AND EXISTS (SELECT FROM unnest($1::text[]) AS id WHERE strpos(text, id) > 0)`

/** Removes samples of these messages from alerts on states. */
const WITHOUT_SAMPLES = `UPDATE alert SET grams = NULL, event = jsonb_set(event, '{data,samples}', (
    SELECT coalesce(jsonb_agg(sample), '[]') FROM jsonb_array_elements(event #> '{data,samples}') sample
    WHERE NOT sample ->> 'id' = ANY ($1)))
  WHERE target_kind <> 'message' AND EXISTS (
    SELECT FROM jsonb_array_elements(CASE jsonb_typeof(event #> '{data,samples}') WHEN 'array' THEN event #> '{data,samples}' ELSE '[]' END) sample
    WHERE sample ->> 'id' = ANY ($1))`
