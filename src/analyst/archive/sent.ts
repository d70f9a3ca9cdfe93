import { IN_HOURS } from './questions.ts'

/** What a signature sent in a period, from the sender statistics. */
export interface Sent {
  readonly messages: number
  /** Commercial messages in the busiest minute. */
  readonly peak: number
  /** Usual number of commercial messages per minute, as the median over the period; null if the signature was too new for a baseline. */
  readonly usual: number | null
  /** Declared rate of a campaign, messages per minute, and when it was in force; null if there was none. */
  readonly declared: number | null
  readonly declared_from: Date | null
  readonly declared_to: Date | null
  readonly enterprises: string | null
  readonly complaints: number
}

/** One row of Sent for a period ($1, $2) and a signature ($3); `messages` is null if nothing was sent. */
export const SENT = `WITH minute AS (
    SELECT ts, sum(total) AS total, sum(marketing + finance) AS commercial, max(baseline_mean) AS usual, max(declared) AS declared
    FROM sender_minute WHERE ts >= $1 AND ts < $2 AND signature = $3 GROUP BY ts
  )
  SELECT sum(total)::int AS messages, max(commercial)::int AS peak, percentile_cont(0.5) WITHIN GROUP (ORDER BY usual) AS usual,
    max(declared) AS declared, min(ts) FILTER (WHERE declared IS NOT NULL) AS declared_from,
    max(ts) FILTER (WHERE declared IS NOT NULL) + interval '1 minute' AS declared_to,
    (SELECT string_agg(sp, ', ' ORDER BY sp) FROM (
      SELECT sp FROM sender_hour WHERE ${IN_HOURS} AND signature = $3
      UNION SELECT sp FROM sender_minute WHERE ts >= $1 AND ts < $2 AND signature = $3) AS named) AS enterprises,
    (SELECT count(*)::int FROM complaint WHERE ts >= $1 AND ts < $2 AND signature = $3) AS complaints
  FROM minute`
