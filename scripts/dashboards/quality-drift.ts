import {
  cardSteps,
  FEWEST_NOW,
  FEWEST_THEN,
  modelOf,
  psiByLabel,
  verdictSteps,
} from '../../src/analyst/archive/drift.ts'
import { chart, distribution, redFrom, stat, table } from './presets.ts'
import { section } from './spec.ts'
import { BEFORE } from './sql.ts'

/** Scores that the model gave its labels, of the model that labelled last. */
const MODEL = modelOf('$__timeFilter(ts)')
const MODEL_NOW = verdictSteps('$__timeFilter(ts)', MODEL)
const AGAINST_CARD = psiByLabel(MODEL_NOW, cardSteps(MODEL))
const AGAINST_BEFORE = psiByLabel(MODEL_NOW, verdictSteps(BEFORE, MODEL))
const meanOf = (drift: string) => `(SELECT sum(psi * messages) / sum(messages) FROM (${drift}) by_label)`
/** As many texts of each label as the traffic has, spread over the steps as on the card. */
const CARD_STEPS = `SELECT step, sum(k.n / k.of_label * s.of_label) AS n FROM (
    SELECT label, step, n, sum(n) OVER (PARTITION BY label) AS of_label FROM (${cardSteps(MODEL)}) held) k
  JOIN (SELECT label, sum(n) AS of_label FROM (${MODEL_NOW}) now GROUP BY label) s USING (label) WHERE k.of_label > 0 GROUP BY step`

/** Looks of a population stability index. */
export const DRIFT = { decimals: 3, thresholds: redFrom(0.25, 0.1) } as const

export const DRIFT_OF_SCORES = stat.plain(4, {
  en: [
    'Drift of the model’s scores',
    'Population stability index of the scores that the model gives its labels, against the held-out texts on its card, or against the time before where the card has none; the mean over labels with at least 200 verdicts, by their messages.',
  ],
  zh: [
    '模型分值漂移',
    '模型对其标签所给分值的群体稳定性指标：与模型卡上的留出文本相比，模型卡没有时与之前时段相比；为判定不少于 200 条的各标签按短信数加权的平均。',
  ],
  ...DRIFT,
  query: `SELECT coalesce(${meanOf(AGAINST_CARD)}, ${meanOf(AGAINST_BEFORE)}) AS psi`,
})

export const DRIFT_BY_LABEL = section(
  30,
  'Does the model still see what it was measured on',
  '流量是否仍与模型评测时一致',
  [
    distribution(12, {
      en: [
        'Scores of the model',
        'Share of the messages by the score that the model gives its label, and of the held-out texts on its card, with as many of each label as the traffic has.',
      ],
      zh: [
        '模型分值分布',
        '按模型对其标签所给分值的短信占比，以及模型卡上留出文本的占比（各标签比例与流量相同）。',
      ],
      columns: { now: ['now', '当前'], card: ['card', '模型卡'] },
      query: `SELECT to_char(step / 10.0, 'FM0.0') || '–' || to_char((step + 1) / 10.0, 'FM0.0') AS score,
    coalesce(now.n, 0) / nullif(sum(now.n) OVER (), 0) AS now, coalesce(held.n, 0) / nullif(sum(held.n) OVER (), 0) AS card
  FROM generate_series(0, 9) AS step LEFT JOIN (SELECT step, sum(n) AS n FROM (${MODEL_NOW}) s GROUP BY step) now USING (step)
    LEFT JOIN (${CARD_STEPS}) held USING (step) ORDER BY step`,
    }),
    table(12, {
      en: [
        'Drift by label',
        `Population stability index of the scores of each label against the card of the model and against the time before; empty where there is too little to measure: it takes ${FEWEST_NOW} verdicts, and ${FEWEST_THEN} to measure against.`,
      ],
      zh: [
        '各标签的分值漂移',
        `各标签分值相对于模型卡与之前时段的群体稳定性指标；样本不足（判定少于 ${FEWEST_NOW} 条或参照少于 ${FEWEST_THEN} 条）时为空。`,
      ],
      columns: [
        { label: ['Label', '标签'] },
        'messages',
        {
          against_card: { name: ['Against the card', '与模型卡相比'], decimals: 3 },
          against_before: { name: ['Against the time before', '与之前时段相比'], decimals: 3 },
        },
      ],
      query: `SELECT label, now.messages, held.psi AS against_card, before.psi AS against_before
  FROM (SELECT label, round(sum(n))::float8 AS messages FROM (${MODEL_NOW}) s GROUP BY label) now
    LEFT JOIN (${AGAINST_CARD}) held USING (label) LEFT JOIN (${AGAINST_BEFORE}) before USING (label) ORDER BY now.messages DESC`,
    }),
    chart.plain(24, {
      en: [
        'Drift day by day',
        'The index of the scores of the last day by label, as the archive computes it every hour: against the card of the model, and against the same day of the week before.',
      ],
      zh: [
        '分值漂移走势',
        '归档进程每小时计算的最近一天各标签分值的指标：与模型卡相比，以及与上周同日相比。',
      ],
      query: {
        expr: 'max by (label, against) (sigwatch_model_score_drift{job=~"$job"})',
        legend: ['{{label}}, {{against}}', '{{label}}，{{against}}'],
      },
    }),
  ],
)
