import { FORGERY_CODES, UNUSUAL_RATE_CODES } from '../../detection/detectors/all.ts'
import type { Code } from '../../domain/codes.ts'
import type { Ask } from './ask.ts'
import { STANDS } from './questions.ts'

/** Times of a question, the end not included. */
type Range = readonly [from: Date, to: Date]

export interface ForgedBrand {
  readonly brand: string
  readonly messages: number
  readonly ports: number
  /** The five that most of the messages lead to. */
  readonly hosts: readonly { readonly host: string; readonly messages: number }[]
  /** Hosts that there are. */
  readonly host_count?: number
}

/** A signature that burst, or whose advertising is declared. Rates are commercial messages a minute. */
export interface Burst {
  readonly signature: string
  /** The last event of its last burst; null: it did not burst. */
  readonly alert_id: string | null
  readonly raised: Date | null
  readonly cleared: Date | null
  readonly peak: number | null
  readonly usual: number | null
  readonly declared: number | null
}

export interface EnterpriseComplaints {
  /** Null: what was sent under what the complaints name has no code of an enterprise, or nothing was sent. */
  readonly sp: string | null
  readonly complaints: number
  /** Null: nothing is known to have been sent under what the complaints name. */
  readonly sent: number | null
}

export interface ReleasedCase {
  readonly ts: Date
  readonly verdict: string
  readonly by: string
  readonly until: Date | null
  readonly target: string | null
  readonly codes: readonly string[] | null
  /** Null: the archive has no alert on it. */
  readonly alert_id: string | null
  /** How often the same state, or a state of the same target, was raised again while the word held. */
  readonly again: number
  /** What the service did with it; null: it has not answered. */
  readonly outcome?: string | null
}

export interface Overview {
  readonly forged: readonly ForgedBrand[]
  readonly bursts: readonly Burst[]
  readonly enterprises: readonly EnterpriseComplaints[]
  readonly released: readonly ReleasedCase[]
  /** Lines that there are of each list, which shows the first ones. */
  readonly totals?: Readonly<Record<'forged' | 'bursts' | 'enterprises' | 'released', number>>
}

/** Lines as they are queried, each with how many there are. */
type Counted<T> = T & { readonly total: number }

const totalOf = (lines: readonly { readonly total: number }[]) => lines[0]?.total ?? 0

function linesOf<T>(lines: readonly Counted<T>[]): Omit<Counted<T>, 'total'>[] {
  return lines.map(({ total: _, ...line }) => line)
}

const IN_TIME = 'ts >= $1 AND ts < $2'
const arrayOf = (codes: readonly Code[]) => `ARRAY[${codes.map((code) => `'${code}'`).join(', ')}]`
const FORGERIES = arrayOf(FORGERY_CODES)

const FORGED = `WITH forged AS (
    SELECT DISTINCT ON (a.id, brand) a.id, r->'evidence'->>'brand' AS brand, a.domains, a.port
    FROM alert a CROSS JOIN LATERAL jsonb_array_elements(a.event->'data'->'reasons') r
    WHERE ${IN_TIME} AND mode = 'enforce' AND type = 'raised' AND target_kind = 'message' AND codes && ${FORGERIES}
      AND r->>'code' = ANY (${FORGERIES}) AND r->'evidence'->>'brand' IS NOT NULL
    ORDER BY a.id, brand
  ), host AS (
    SELECT brand, host, count(*)::int AS messages, row_number() OVER (PARTITION BY brand ORDER BY count(*) DESC, host) AS place
    FROM forged CROSS JOIN LATERAL unnest(domains) AS host GROUP BY brand, host
  )
  SELECT brand, count(*)::int AS messages, count(DISTINCT port)::int AS ports,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('host', host, 'messages', messages) ORDER BY place), '[]')
      FROM host WHERE host.brand = forged.brand AND place <= 5) AS hosts,
    (SELECT count(*)::int FROM host WHERE host.brand = forged.brand) AS host_count, count(*) OVER ()::int AS total
  FROM forged GROUP BY brand ORDER BY messages DESC, brand LIMIT 10`

const BURSTS = `WITH states AS (
    SELECT DISTINCT ON (state_id, episode) id, target_id AS signature, min(ts) OVER (PARTITION BY state_id, episode) AS raised,
      CASE WHEN type = 'cleared' THEN ts END AS cleared
    FROM alert WHERE ${IN_TIME} AND mode = 'enforce' AND target_kind = 'signature' AND codes && ${arrayOf(UNUSUAL_RATE_CODES)}
    ORDER BY state_id, episode, revision DESC
  ), burst AS (
    SELECT DISTINCT ON (signature) * FROM states ORDER BY signature, raised DESC
  ), named AS (
    SELECT signature FROM burst UNION SELECT signature FROM sender_minute WHERE ${IN_TIME} AND declared IS NOT NULL
  ), minute AS (
    SELECT signature, ts, sum(marketing + finance)::int AS commercial, max(baseline_mean) AS usual, max(declared) AS declared
    FROM sender_minute JOIN named USING (signature) WHERE ${IN_TIME} GROUP BY signature, ts
  ), sums AS (
    SELECT signature, max(commercial) AS peak, percentile_cont(0.5) WITHIN GROUP (ORDER BY usual) AS usual, max(declared) AS declared
    FROM minute GROUP BY signature
  )
  SELECT signature, burst.id AS alert_id, raised, cleared, peak, usual, declared, count(*) OVER ()::int AS total
  FROM named LEFT JOIN burst USING (signature) LEFT JOIN sums USING (signature)
  ORDER BY raised IS NULL, cleared IS NOT NULL, peak DESC NULLS LAST, signature LIMIT 20`

/**
 * A complaint counts for the enterprise that sent most under the signature and port that it names. What was sent and what is
 * complained of meet in one aggregate, so that the time grows with their sum whatever the planner believes. Enterprises
 * first by complaints a million, then what no enterprise has.
 */
const ENTERPRISES = `WITH sent AS (
    SELECT signature, port, coalesce(sp, '') AS sp, sum(total) AS sent FROM sender_minute WHERE ${IN_TIME} GROUP BY 1, 2, 3
  ), told AS (
    SELECT sum(n) AS n, (array_agg(sp ORDER BY sent DESC, sp) FILTER (WHERE sp IS NOT NULL))[1] AS sp FROM (
      SELECT signature, port, NULL AS sp, NULL::numeric AS sent, count(*) AS n FROM complaint WHERE ${IN_TIME} GROUP BY 1, 2
      UNION ALL SELECT signature, port, sp, sent, 0 FROM sent
      UNION ALL SELECT signature, NULL, sp, sum(sent), 0 FROM sent GROUP BY signature, sp
      UNION ALL SELECT NULL, port, sp, sum(sent), 0 FROM sent GROUP BY port, sp) named
    GROUP BY signature, port HAVING sum(n) > 0
  ), by_sp AS (SELECT sp, sum(sent)::bigint AS sent FROM sent GROUP BY sp
  ), rated AS (
    SELECT nullif(sp, '') AS sp, sum(n)::int AS complaints, max(by_sp.sent) AS sent,
      row_number() OVER (ORDER BY nullif(sp, '') IS NULL, sum(n)::float8 / nullif(max(by_sp.sent), 0) DESC NULLS LAST, sum(n) DESC, sp)
        AS place
    FROM told LEFT JOIN by_sp USING (sp) GROUP BY sp
  )
  SELECT sp, complaints, sent, (SELECT count(*)::int FROM rated) AS total FROM rated WHERE place <= 10 OR sp IS NULL ORDER BY sp IS NULL, place`

const RELEASED = `SELECT f.ts, f.verdict, f.by, f.until, coalesce(f.target, a.target_kind || ':' || a.target_id) AS target,
    coalesce(f.codes, a.codes) AS codes, a.id AS alert_id,
    (SELECT count(*)::int FROM alert n WHERE n.ts > f.ts AND n.ts <= coalesce(f.until, f.ts + interval '24 hours')
      AND n.type = 'raised' AND n.mode = 'enforce'
      AND (n.state_id = f.state_id OR n.target_kind || ':' || n.target_id = f.target AND (f.codes IS NULL OR n.codes && f.codes))) AS again,
    (SELECT outcome FROM feedback_result r WHERE r.feedback_id = f.feedback_id ORDER BY r.ts DESC LIMIT 1) AS outcome,
    count(*) OVER ()::int AS total
  FROM feedback f LEFT JOIN LATERAL (
    SELECT id, codes, target_kind, target_id FROM alert WHERE state_id = f.state_id OR (message_id = f.message_id AND target_kind = 'message')
    ORDER BY alert.ts LIMIT 1) a ON true
  WHERE f.ts >= $1 AND f.ts < $2 AND f.verdict IN ('release', 'false_positive', 'exempt') AND ${STANDS} ORDER BY f.ts DESC LIMIT 20`

/** What went on in a time: forged brands, bursts and declared campaigns, complaints, releases. */
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
