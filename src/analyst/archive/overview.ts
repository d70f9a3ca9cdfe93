import { UNUSUAL_RATE_CODES } from '../../detection/detectors/all.ts'
import type { Code } from '../../domain/codes.ts'
import type { Ask } from './ask.ts'
import { IN_HOURS, stands } from './questions.ts'

/** Period of a query; the end is exclusive. */
type Range = readonly [from: Date, to: Date]

export interface ForgedBrand {
  readonly brand: string
  readonly messages: number
  readonly ports: number
  /** The five hosts with the most messages. */
  readonly hosts: readonly { readonly host: string; readonly messages: number }[]
  /** Total number of hosts. */
  readonly host_count?: number
}

/** A signature with a burst or a declared campaign. Rates are commercial messages per minute. */
export interface Burst {
  readonly signature: string
  /** The last event of the latest burst; null if there was none. */
  readonly alert_id: string | null
  readonly raised: Date | null
  readonly cleared: Date | null
  readonly peak: number | null
  readonly usual: number | null
  readonly declared: number | null
}

export interface EnterpriseComplaints {
  /** null if nothing was sent under the names in the complaints, or the senders have no enterprise code. */
  readonly sp: string | null
  readonly complaints: number
  /** null if no messages under the names in the complaints are known. */
  readonly sent: number | null
}

export interface ReleasedCase {
  readonly ts: Date
  readonly verdict: string
  readonly by: string
  readonly until: Date | null
  readonly target: string | null
  readonly codes: readonly string[] | null
  /** null if the archive has no alert on it. */
  readonly alert_id: string | null
  /** How often the same state, or a state on the same target, was raised again while the feedback was in effect. */
  readonly again: number
  /** The service's result; null if there is none yet. */
  readonly outcome?: string | null
}

export interface Overview {
  readonly forged: readonly ForgedBrand[]
  readonly bursts: readonly Burst[]
  readonly enterprises: readonly EnterpriseComplaints[]
  readonly released: readonly ReleasedCase[]
  /** Total number of lines per list; the lists contain only the first ones. */
  readonly totals?: Readonly<Record<'forged' | 'bursts' | 'enterprises' | 'released', number>>
}

/** Query results, each with the total number of lines. */
type Counted<T> = T & { readonly total: number }

const totalOf = (lines: readonly { readonly total: number }[]) => lines[0]?.total ?? 0

function linesOf<T>(lines: readonly Counted<T>[]): Omit<Counted<T>, 'total'>[] {
  return lines.map(({ total: _, ...line }) => line)
}

const arrayOf = (codes: readonly Code[]) => `ARRAY[${codes.map((code) => `'${code}'`).join(', ')}]`

/** Hosts and ports are looked up for the brands shown only. */
const FORGED = `WITH brand AS (
    SELECT name AS brand, sum(n)::int AS messages, count(*) OVER ()::int AS total FROM thing_hour
    WHERE kind = 'forged' AND part = '' AND ${IN_HOURS} GROUP BY name ORDER BY messages DESC, brand LIMIT 10
  ), part AS (
    SELECT brand, part, sum(n)::int AS n FROM brand JOIN thing_hour ON kind = 'forged' AND name = brand AND part <> ''
    WHERE ${IN_HOURS} GROUP BY 1, 2
  ), host AS (
    SELECT brand, substr(part, 6) AS host, n AS messages, row_number() OVER (PARTITION BY brand ORDER BY n DESC, part) AS place
    FROM part WHERE part LIKE 'host:%'
  )
  SELECT brand, messages, (SELECT count(*)::int FROM part WHERE part.brand = brand.brand AND part LIKE 'port:%') AS ports,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('host', host, 'messages', messages) ORDER BY place), '[]')
      FROM host WHERE host.brand = brand.brand AND place <= 5) AS hosts,
    (SELECT count(*)::int FROM host WHERE host.brand = brand.brand) AS host_count, total
  FROM brand ORDER BY messages DESC, brand`

const BURSTS = `WITH burst AS (
    SELECT DISTINCT ON (target_id) target_id AS signature, alert_id, raised_at AS raised, cleared_at AS cleared FROM state_episode
    WHERE last_at >= $1 AND raised_at < $2 AND mode = 'enforce' AND target_kind = 'signature' AND codes && ${arrayOf(UNUSUAL_RATE_CODES)}
    ORDER BY target_id, raised_at DESC
  ), named AS (
    SELECT signature FROM burst UNION SELECT name FROM sent_hour WHERE ${IN_HOURS} AND declared IS NOT NULL AND kind = 'signature'
  ), sums AS (
    SELECT signature, max(s.peak) AS peak, percentile_cont(0.5) WITHIN GROUP (ORDER BY s.usual) AS usual, max(s.declared) AS declared
    FROM named JOIN sent_hour s ON s.kind = 'signature' AND s.name = signature WHERE ${IN_HOURS} GROUP BY signature
  )
  SELECT signature, alert_id, raised, cleared, peak, usual, declared, count(*) OVER ()::int AS total
  FROM named LEFT JOIN burst USING (signature) LEFT JOIN sums USING (signature)
  ORDER BY raised IS NULL, cleared IS NOT NULL, peak DESC NULLS LAST, signature LIMIT 20`

/**
 * Assigns each complaint to the enterprise that sent the most under its signature and port, or the one of them it names; each
 * case can use an index. If no enterprise is known to have sent anything, it is the one that the registry names.
 */
export const TOLD = `named AS (
    SELECT signature, port, sum(n) AS n, max(ts) AS at FROM complaint_hour WHERE ${IN_HOURS} GROUP BY 1, 2
  ), told AS (
    SELECT signature, port, n, coalesce(nullif(sp, ''), filed_sp(signature, port, at), sp) AS sp FROM named LEFT JOIN LATERAL (
      SELECT sp FROM (${[['signature', 'port'], ['signature'], ['port']]
        .map((by) => {
          const isNamed = ['signature', 'port'].map(
            (name) => `named.${name} ${by.includes(name) ? '<>' : '='} ''`,
          )
          const isOf = by.map((name) => `h.${name} = named.${name}`)
          return `SELECT coalesce(sp, '') AS sp, total FROM sender_hour h WHERE ${[...isNamed, ...isOf, IN_HOURS].join(' AND ')}`
        })
        .join(' UNION ALL ')}) sent GROUP BY sp ORDER BY sum(total) DESC, sp LIMIT 1) most ON true
  )`

/** Sorted by complaints per million messages; complaints without an enterprise come last. */
const ENTERPRISES = `WITH ${TOLD}, by_sp AS (
    SELECT name AS sp, sum(total)::bigint AS sent FROM sent_hour WHERE kind = 'enterprise' AND ${IN_HOURS} GROUP BY name
  ), rated AS (
    SELECT nullif(sp, '') AS sp, sum(n)::int AS complaints, max(by_sp.sent) AS sent,
      row_number() OVER (ORDER BY nullif(sp, '') IS NULL, sum(n)::float8 / nullif(max(by_sp.sent), 0) DESC NULLS LAST, sum(n) DESC, sp)
        AS place
    FROM told LEFT JOIN by_sp USING (sp) GROUP BY sp
  )
  SELECT sp, complaints, sent, (SELECT count(*)::int FROM rated) AS total FROM rated WHERE place <= 10 OR sp IS NULL ORDER BY sp IS NULL, place`

/** OFFSET 0 keeps PostgreSQL from reading all alerts in the order of their time. */
const OF_ALERT = 'SELECT id, codes, target_kind, target_id, ts FROM alert'
const RELEASED = `WITH newest AS (
    SELECT f.*, count(*) OVER ()::int AS total FROM feedback f
    WHERE f.ts >= $1 AND f.ts < $2 AND f.verdict IN ('release', 'false_positive', 'exempt') AND ${stands('$1')} ORDER BY f.ts DESC LIMIT 20)
  SELECT f.ts, f.verdict, f.by, f.until, coalesce(f.target, a.target_kind || ':' || a.target_id) AS target,
    coalesce(f.codes, a.codes) AS codes, a.id AS alert_id,
    CASE WHEN f.state_id IS NULL AND f.target IS NULL THEN 0 ELSE (
      SELECT count(*)::int FROM alert n WHERE n.ts > f.ts AND n.ts > $1 AND n.ts <= coalesce(f.until, f.ts + interval '24 hours')
        AND n.type = 'raised' AND n.mode = 'enforce' AND (n.state_id = f.state_id OR n.target_kind = split_part(f.target, ':', 1)
          AND n.target_id = substr(f.target, strpos(f.target, ':') + 1) AND (f.codes IS NULL OR n.codes && f.codes))) END AS again,
    (SELECT outcome FROM feedback_result r WHERE r.feedback_id = f.feedback_id ORDER BY r.ts DESC LIMIT 1) AS outcome, total
  FROM newest f LEFT JOIN LATERAL (
    SELECT * FROM (${OF_ALERT} WHERE state_id = f.state_id OFFSET 0) by_state
    UNION ALL SELECT * FROM (${OF_ALERT} WHERE message_id = f.message_id AND target_kind = 'message' OFFSET 0) by_message
    ORDER BY ts LIMIT 1) a ON true
  ORDER BY f.ts DESC`

/** Forged brands, bursts and declared campaigns, complaints, and releases in a period. */
export async function overviewOf(ask: Ask, ...range: Range): Promise<Overview> {
  const [forged, bursts, enterprises, released] = await Promise.all([
    ask<Counted<ForgedBrand>>(FORGED, range),
    ask<Counted<Burst>>(BURSTS, range),
    ask<Counted<EnterpriseComplaints>>(ENTERPRISES, range),
    ask<Counted<ReleasedCase>>(RELEASED, range),
  ])
  return {
    ...{ forged: linesOf(forged), bursts: linesOf(bursts), enterprises: linesOf(enterprises) },
    released: linesOf(released),
    totals: {
      ...{ forged: totalOf(forged), bursts: totalOf(bursts), enterprises: totalOf(enterprises) },
      released: totalOf(released),
    },
  }
}
