// Queries on a period ($1 to $2, exclusive).

/** Sums are by hour: the hour in which the period starts counts as a whole. */
export const IN_HOURS = "ts >= date_trunc('hour', $1::timestamptz, 'UTC') AND ts < $2"

/**
 * Whether a feedback row `f`, not earlier than `from`, was not undone. Refused feedback is a judgement as well. The undos are read
 * once for all rows, and `from` leaves fewer days to plan for; results come from another clock.
 */
export const stands = (from: string) =>
  [
    ...['feedback_id', 'batch'].map(
      (id) => `feedback u WHERE u.undo IS NOT NULL AND u.undo = f.${id} AND u.ts >= f.ts AND u.ts >= ${from}`,
    ),
    `feedback_result r WHERE r.feedback_id = f.feedback_id AND r.outcome = 'undone' AND r.ts >= ${from}::timestamptz - interval '1 day'`,
  ]
    .map((undo) => `NOT EXISTS (SELECT FROM ${undo})`)
    .join(' AND ')

/**
 * Number of judged and of confirmed cases by code; the last judgement on each case counts. Alerts of the queue are found by one
 * index, others in each day. OFFSET keeps PostgreSQL from looking each up twice.
 */
export const JUDGED = `WITH said AS (
    SELECT DISTINCT ON (coalesce(message_id, state_id)) message_id, state_id, verdict, codes,
      coalesce(state_id, message_id) AS subject FROM feedback f
    WHERE ts >= $1 AND ts < $2 AND verdict IN ('confirmed', 'false_positive') AND coalesce(message_id, state_id) IS NOT NULL AND ${stands('$1')}
    ORDER BY coalesce(message_id, state_id), ts DESC
  ), about AS (
    SELECT said.verdict, coalesce(said.codes, known.codes) AS codes FROM said CROSS JOIN LATERAL (SELECT coalesce(
      (SELECT codes FROM case_alert WHERE coalesce(state_id, message_id) = said.subject AND codes IS NOT NULL LIMIT 1),
      (SELECT codes FROM alert WHERE (message_id = said.message_id AND target_kind = 'message') OR state_id = said.state_id
        LIMIT 1)) AS codes OFFSET 0) known
    WHERE known.codes IS NOT NULL
  )
  SELECT code, (count(*) FILTER (WHERE verdict = 'confirmed'))::int AS confirmed, count(*)::int AS judged
  FROM about, unnest(codes) AS code GROUP BY code ORDER BY code`

/** The last judgement on each case with its alert. */
export const JUDGED_ALERTS = `WITH said AS (
    SELECT DISTINCT ON (coalesce(message_id, state_id, target)) * FROM feedback f
    WHERE ts >= $1 AND ts < $2 AND verdict IN ('confirmed', 'false_positive') AND ${stands('$1')}
    ORDER BY coalesce(message_id, state_id, target), ts DESC, id
  )
  SELECT said.verdict, said.by, said.ts, said.codes, said.note, known.event FROM said LEFT JOIN LATERAL (
    SELECT event FROM alert WHERE message_id IS NOT NULL AND (message_id = said.message_id OR state_id = said.state_id OR (
      alert.ts <= said.ts AND target_kind = split_part(said.target, ':', 1)
      AND target_id = substr(said.target, strpos(said.target, ':') + 1)))
    ORDER BY target_kind = 'message' DESC, mode = 'enforce' DESC, alert.ts DESC, id LIMIT 1) known ON true
  ORDER BY said.ts, said.id`

/** Senders with the most complaints, with the number of messages under the signature, or from the port if no signature is named. */
export const COMPLAINED = `WITH told AS (
    SELECT signature, port, count(*)::int AS complaints FROM complaint WHERE ts >= $1 AND ts < $2
    GROUP BY signature, port ORDER BY complaints DESC, signature, port LIMIT 15
  )
  SELECT coalesce(signature, port, '–') AS sender, complaints,
    CASE WHEN signature IS NULL THEN (SELECT sum(total)::int FROM sender_hour h WHERE ${IN_HOURS} AND h.port = told.port)
      ELSE (SELECT sum(total)::int FROM sender_minute s WHERE s.ts >= $1 AND s.ts < $2 AND s.signature = told.signature) END AS sent
  FROM told ORDER BY complaints DESC, sender`
