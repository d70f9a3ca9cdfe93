import { setTimeout as sleep } from 'node:timers/promises'
import type { Emit } from '../../domain/events.ts'
import { LABELS, type Label } from '../../domain/labels.ts'
import { HOUR } from '../../domain/time.ts'
import { ANSWER_WITHIN, type Client, databaseError, limited, withClient } from './database.ts'

/** How far the scores of a label have moved away from the reference. */
export interface ScoreDrift {
  readonly label: Label
  /** `card`: held-out texts from the model card; `week`: the same day one week earlier. */
  readonly against: DriftReference
  /** Population stability index over ten score steps: 0 for equal distributions, above 0.25 for a significant shift. */
  readonly psi: number
}

export const DRIFT_REFERENCES = ['card', 'week'] as const
export type DriftReference = (typeof DRIFT_REFERENCES)[number]

/**
 * Minimum numbers of verdicts and reference texts for a meaningful index. For `n` and `m` draws from one distribution over ten
 * steps it averages about 9 (1/n + 1/m), less where steps are rare: 0.135 for 200 and 100.
 */
export const FEWEST_NOW = 200
export const FEWEST_THEN = 100

/** The model of the latest verdict. */
export const modelOf = (condition: string) =>
  `(SELECT model FROM verdict WHERE ${condition} AND model IS NOT NULL ORDER BY ts DESC LIMIT 1)`

/** Verdicts of a model by label and score step: `label, step, n, seen`. `n` weights sampled verdicts by the inverse of their share. */
export const verdictSteps = (condition: string, model: string) =>
  `SELECT label, least(floor(model_score * 10), 9)::int AS step, sum(1 / share)::float8 AS n, count(*)::int AS seen
    FROM verdict WHERE ${condition} AND model = ${model} AND model_score IS NOT NULL GROUP BY 1, 2`

/** The histogram of a model card in the same form; no rows if the card has none. */
export const cardSteps = (
  model: string,
) => `SELECT label, (place - 1)::int AS step, texts::text::float8 AS n, texts::text::float8::int AS seen
    FROM version CROSS JOIN LATERAL jsonb_each(
      CASE WHEN jsonb_typeof(card->'scores'->'histogram') = 'object' THEN card->'scores'->'histogram' ELSE '{}' END) AS by_label (label, steps)
    CROSS JOIN LATERAL jsonb_array_elements(jsonb_path_query_array(steps, '$[*] ? (@.type() == "number")'))
      WITH ORDINALITY AS listed (texts, place)
    WHERE kind = 'model' AND hash = ${model} AND jsonb_array_length(jsonb_path_query_array(steps, '$[*]')) = 10`

/**
 * Shares of two distributions as `p` and `q`. Both are smoothed by half an observation of the smaller sample per step, so that
 * none is 0 and equal shares stay equal whatever the sample sizes. `seen`: SQL for the numbers of observations.
 */
export const smoothedShares = (
  [now, then]: readonly [now: string, then: string],
  [nowSeen, thenSeen]: readonly [now: string, then: string],
  steps: number,
) => {
  const more = `0.5 / least(${nowSeen}, ${thenSeen})`
  return `(${now} + ${more}) / (1 + ${steps} * ${more}) AS p, (${then} + ${more}) / (1 + ${steps} * ${more}) AS q`
}

/** Population stability index by label, for labels with enough observations on both sides: `label, messages, psi`. */
export const psiByLabel = (
  now: string,
  then: string,
) => `SELECT label, round(max(now_all))::float8 AS messages,
    sum((p - q) * ln(p / q)) AS psi FROM (
      SELECT label, now_all, now_seen, then_seen,
        ${smoothedShares(['now_n / now_all', 'then_n / then_all'], ['now_seen', 'then_seen'], 10)}
      FROM (SELECT label, coalesce(a.n, 0) AS now_n, coalesce(b.n, 0) AS then_n,
          sum(a.n) OVER w AS now_all, sum(a.seen) OVER w AS now_seen, sum(b.n) OVER w AS then_all, sum(b.seen) OVER w AS then_seen
        FROM unnest(ARRAY[${LABELS.map((label) => `'${label}'`).join(', ')}]) AS label CROSS JOIN generate_series(0, 9) AS step
        LEFT JOIN (${now}) a USING (label, step) LEFT JOIN (${then}) b USING (label, step)
        WINDOW w AS (PARTITION BY label)) steps
      WHERE now_seen >= ${FEWEST_NOW} AND then_seen >= ${FEWEST_THEN}) shares
    GROUP BY label`

const day = (daysAgo: number) =>
  `ts >= $1::timestamptz - interval '${daysAgo + 1} days' AND ts < $1::timestamptz - interval '${daysAgo} days'`

/** Score drift of the last day, for the model of the latest verdict; `now`: epoch ms. Labels with too few messages are left out. */
export async function scoreDrift(client: Pick<Client, 'query'>, now: number): Promise<ScoreDrift[]> {
  const at = new Date(now)
  const { rows: models } = await client.query<{ model: string | null }>(
    `SELECT ${modelOf(day(0))} AS model`,
    [at],
  )
  const model = models[0]?.model
  if (!model) return []
  const today = verdictSteps(day(0), '$2')
  const references = { card: cardSteps('$2'), week: verdictSteps(day(7), '$2') }
  const drifts: ScoreDrift[] = []
  for (const against of DRIFT_REFERENCES) {
    const { rows } = await client.query<{ label: Label; psi: number }>(
      psiByLabel(today, references[against]),
      [at, model],
    )
    drifts.push(...rows.map(({ label, psi }) => ({ label, against, psi })))
  }
  return drifts
}

const EVERY = HOUR

/**
 * Reports score drift, or why it is unknown if the database does not answer, immediately and then every hour until stopped.
 * `within`: statement timeout, ms.
 */
export async function watchDrift(
  url: string,
  emit: Emit,
  signal: AbortSignal,
  within = ANSWER_WITHIN,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const measure = (client: Client) =>
        limited(client, within, 'READ ONLY', () => scoreDrift(client, Date.now()))
      const drifts = await withClient(url, 'sigwatch archive', measure, within)
      emit({ name: 'score_drift', drifts })
    } catch (error) {
      emit({ name: 'score_drift_unknown', reason: databaseError(error).message })
    }
    await sleep(EVERY, undefined, { signal }).catch(() => undefined)
  }
}
