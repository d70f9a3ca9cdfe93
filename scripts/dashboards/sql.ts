/** Parts of the queries to the archive. Every query bounds `ts` by the time of the dashboard: tables have a partition a day. */

import { FORGERY_CODES } from '../../src/detection/detectors/all.ts'
import type { Code } from '../../src/domain/codes.ts'

/** What may stand between the digits of a number. */
const GAP = '[ +-]*'
const PERSON = `(^|[:@])(${GAP}(?:(?:0${GAP}0${GAP})?8${GAP}6${GAP})?1${GAP}[3-9]${GAP}[0-9])(?:${GAP}[0-9]){4}${GAP}([0-9](?:${GAP}[0-9]){3})${GAP}$`

/** A sender's number, also within the id of a target, as it may be shown: that of a person is masked, however it is written. */
export const masked = (column: string) => `regexp_replace(${column}, '${PERSON}', '\\1\\2****\\3')`

/** Numbers to call back: first three and last four digits. */
export const maskedCallback = (column: string) =>
  `CASE WHEN length(${column}) < 8 THEN '****' ELSE left(${column}, 3) || '****' || right(${column}, 4) END`

/** Codes as an array of SQL. */
export const arrayOf = (codes: readonly Code[]) => `ARRAY[${codes.map((code) => `'${code}'`).join(', ')}]`

export const FORGERY_LIST = arrayOf(FORGERY_CODES)

export const RAISED = `$__timeFilter(ts) AND mode = 'enforce' AND type = 'raised'`
export const RAISED_ON_MESSAGES = `${RAISED} AND target_kind = 'message'`

/** Messages that forge a brand, a row a message and brand: `id, ts, action, brand, written, domains, signature, port, event`. */
export const FORGED = `SELECT DISTINCT ON (a.id, brand) a.id, a.ts, a.action, r->'evidence'->>'brand' AS brand,
    coalesce(r->'evidence'->>'claimed', r->'evidence'->>'imitation') AS written, a.domains, a.signature, a.port, a.event
  FROM alert a CROSS JOIN LATERAL jsonb_array_elements(a.event->'data'->'reasons') r
  WHERE ${RAISED_ON_MESSAGES.replace('(ts)', '(a.ts)')} AND a.codes && ${FORGERY_LIST} AND r->>'code' = ANY (${FORGERY_LIST})
    AND r->'evidence'->>'brand' IS NOT NULL
  ORDER BY a.id, brand, r->>'code'`

/** States that had an event in the time: a row a state and episode, by its last event. */
export const statesWhere = (
  condition: string,
) => `SELECT DISTINCT ON (state_id, episode) id, state_id, codes[1] AS code, target_kind,
    target_id, action, severity, ts, type, signature, campaign, event,
    episode, min(ts) OVER (PARTITION BY state_id, episode) AS raised,
    CASE WHEN type = 'cleared' THEN ts END AS cleared
  FROM alert WHERE $__timeFilter(ts) AND state_id IS NOT NULL AND mode = 'enforce' AND ${condition}
  ORDER BY state_id, episode, revision DESC`

/** Periods of states as annotations. */
export const periodsWhere = (
  condition: string,
) => `SELECT raised AS time, coalesce(cleared, $__timeTo()::timestamptz) AS timeend,
    code || ' ' || ${masked('target_id')} AS text, code || ',' || action AS tags
  FROM (${statesWhere(condition)}) s`

/** Enterprises by what they sent in the time: `signature, port, sp, sent`; without one `–`. */
export const SENT_BY_ENTERPRISE = `SELECT signature, port, coalesce(sp, '–') AS sp, sum(total) AS sent
  FROM sender_minute WHERE $__timeFilter(ts) GROUP BY 1, 2, 3`

/** Messages per minute of each label, in each step of time. */
export const SENT_BY_LABEL = ['notice', 'personal', 'marketing', 'finance', 'fraud', 'illicit']
  .map((label) => `sum(${label}) / ($__interval_ms / 60000.0) AS ${label}`)
  .join(', ')

/** The enterprise that sent most from each signature and port: `signature, port, sp`. */
export const ENTERPRISES = `SELECT DISTINCT ON (signature, port) signature, port, sp FROM (${SENT_BY_ENTERPRISE}) e
  ORDER BY signature, port, sent DESC`

/** The form under which the service looks the signature up; null where it has none, or sent nothing in the time. */
const keyOf = (name: string) =>
  `SELECT max(nullif(signature_key, '')) FROM sender_minute WHERE $__timeFilter(ts) AND signature = ${name}`

/** What the registry topic says of a signature, a line a filing, the newest first. */
export const registryRowsOf = (name: string) => `SELECT at AS "from",
    (SELECT min(at) FROM registry_row next WHERE next.kind = 'signature' AND next.key = row.key AND next.at > row.at) AS until,
    content->>'brand' AS brand, filing->>'sp' AS enterprise, filing->>'carrier' AS carrier,
    (SELECT string_agg(port, ' ') FROM jsonb_array_elements_text(filing->'ports') AS port) AS ports,
    (SELECT string_agg(label, ' ') FROM jsonb_array_elements_text(filing->'scope') AS label) AS scope,
    coalesce(filing->>'status', CASE WHEN content IS NULL THEN 'deleted' END) AS status, content->>'consent' AS consent
  FROM registry_row row LEFT JOIN LATERAL jsonb_array_elements(content->'filings') AS filing ON true
  WHERE kind = 'signature' AND (key = ${name} OR signature_key = (${keyOf(name)})) AND at < $__timeTo()::timestamptz ORDER BY at DESC LIMIT 50`

/** The time as long as that of the dashboard, before it. */
export const BEFORE = `ts >= $__timeFrom()::timestamptz - ($__timeTo()::timestamptz - $__timeFrom()::timestamptz) AND ts < $__timeFrom()::timestamptz`

/** Of the normal distribution, for 95% on both sides, squared. */
const Z2 = 3.841458820694124

/** Bounds of the 95% interval of a share (Wilson). */
export const wilson = (hits: string, all: string, side: '-' | '+') => {
  const half = `sqrt(${Z2} * (${hits}::float8 * (${all} - ${hits}) / ${all} + ${Z2 / 4})) / ${all}`
  return `(${hits}::float8 / ${all} + ${Z2 / 2} / ${all} ${side} ${half}) / (1 + ${Z2} / ${all})`
}
