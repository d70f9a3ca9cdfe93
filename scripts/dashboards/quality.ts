import { smoothedShares } from '../../src/analyst/archive/drift.ts'
import { count, share, time } from './columns.ts'
import { distribution, stat, table } from './presets.ts'
import { inTheTime } from './promql.ts'
import { DRIFT, DRIFT_BY_LABEL, DRIFT_OF_SCORES } from './quality-drift.ts'
import { type DashboardSpec, section } from './spec.ts'
import { BEFORE, wilson } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, INSTANCE, JOB } from './variables.ts'

/** The last word on each case that was judged in the time, with the codes that it is about. */
const JUDGED = `SELECT said.verdict, code FROM (
    SELECT DISTINCT ON (coalesce(message_id, state_id)) message_id, state_id, verdict, codes FROM feedback
    WHERE $__timeFilter(ts) AND verdict IN ('confirmed', 'false_positive') AND coalesce(message_id, state_id) IS NOT NULL
    ORDER BY coalesce(message_id, state_id), ts DESC
  ) said CROSS JOIN LATERAL (
    SELECT codes FROM alert WHERE (message_id = said.message_id AND target_kind = 'message') OR state_id = said.state_id LIMIT 1
  ) known CROSS JOIN LATERAL unnest(coalesce(said.codes, known.codes)) AS code`

/**
 * Population stability index of two counts by bin: 0 is the same, above 0.25 a different population; null where a side has
 * none. `bins`: `now_n, now_seen, then_n, then_seen`, counts and the observations behind them.
 */
const psi = (bins: string, names: number) => `SELECT sum((p - q) * ln(p / q)) AS psi FROM (
    SELECT ${smoothedShares(['now_n / now_all', 'then_n / then_all'], ['now_seen', 'then_seen'], names)} FROM (
      SELECT now_n, then_n, nullif(sum(now_n) OVER (), 0) AS now_all, nullif(sum(then_n) OVER (), 0) AS then_all,
        nullif(sum(now_seen) OVER (), 0) AS now_seen, nullif(sum(then_seen) OVER (), 0) AS then_seen FROM (${bins}) bins) sums
  ) shares`
const LABELS = ['notice', 'personal', 'marketing', 'finance', 'fraud', 'illicit']
const labelCounts = (condition: string, column: string) =>
  `SELECT label, n AS ${column} FROM (SELECT ${LABELS.map((l) => `coalesce(sum(${l}), 0) AS ${l}`).join(', ')} FROM sender_minute WHERE ${condition}) sums
    CROSS JOIN LATERAL (VALUES ${LABELS.map((l) => `('${l}', ${l})`).join(', ')}) AS by_label (label, n)`
const LABEL_BINS = `SELECT label, now_n, now_n AS now_seen, then_n, then_n AS then_seen FROM (${labelCounts('$__timeFilter(ts)', 'now_n')}) a JOIN (${labelCounts(BEFORE, 'then_n')}) b USING (label)`

/** Scores of verdicts in ten steps; a sampled verdict stands for as many as it was drawn from. */
const scores = (condition: string, side: 'now' | 'then') =>
  `SELECT least(floor(score * 10), 9)::int AS bin, sum(1 / share) AS ${side}_n, count(*) AS ${side}_seen FROM verdict WHERE ${condition} GROUP BY 1`
const SCORE_BINS = `SELECT bin, coalesce(now_n, 0) AS now_n, now_seen, coalesce(then_n, 0) AS then_n, then_seen FROM generate_series(0, 9) AS bin
    LEFT JOIN (${scores('$__timeFilter(ts)', 'now')}) a USING (bin) LEFT JOIN (${scores(BEFORE, 'then')}) b USING (bin)`
const GLANCE = section(1, 'At a glance', '总览', [
  stat.count(4, {
    en: ['Judged cases', 'Cases that an analyst confirmed or called a false positive in the time.'],
    zh: ['已判断案件', '所选时间内分析员确认或判为误报的案件。'],
    query: `SELECT count(DISTINCT coalesce(message_id, state_id)) AS cases FROM feedback WHERE $__timeFilter(ts) AND verdict IN ('confirmed', 'false_positive')`,
  }),
  DRIFT_OF_SCORES,
  stat.plain(4, {
    en: [
      'Drift of the labels',
      'Population stability index of the labels of all messages against the time of the same length before: below 0.1 is the same, above 0.25 is a different population.',
    ],
    zh: [
      '标签漂移',
      '全部短信标签相对于之前同样长时段的群体稳定性指标：低于 0.1 为一致，高于 0.25 为不同总体。',
    ],
    ...DRIFT,
    query: psi(LABEL_BINS, LABELS.length),
  }),
  stat.plain(4, {
    en: [
      'Drift of the decisions',
      'The same of the scores of verdicts, which policy computes from the reasons, in ten steps.',
    ],
    zh: ['判定分值漂移', '同上，按判定分值（由策略根据原因计算）的十个区间。'],
    ...DRIFT,
    query: psi(SCORE_BINS, 10),
  }),
  stat.share(4, {
    en: ['Degraded alerts', 'Share of the alerts that were decided without rates.'],
    zh: ['降级告警', '在没有速率的情况下作出的告警比例。'],
    decimals: 1,
    query: `SELECT avg(degraded::int) AS share FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce'`,
  }),
  stat.seconds(4, {
    en: [
      'Time degraded',
      'Seconds in which Redis left a part of the work undone, all instances, by the metrics.',
    ],
    zh: ['降级时间', 'Redis 有部分工作未完成的秒数，所有实例，取自指标。'],
    query: inTheTime('sigwatch_features_degraded_seconds_total'),
  }),
])

const PRECISION = section(10, 'How right it is', '准确程度', [
  table([12, 10], {
    en: [
      'Precision by reason code',
      'Of the cases that analysts judged in the time, how many they confirmed, with the 95% interval (Wilson); the last word on a case counts.',
    ],
    zh: [
      '各原因代码的查准率',
      '所选时间内分析员判断的案件中被确认的比例及 95% 区间（Wilson）；以案件的最后判断为准。',
    ],
    columns: [
      'code',
      {
        confirmed: count(['Confirmed', '已确认']),
        judged: count(['Judged', '已判断']),
        precision: share(['Precision', '查准率']),
        low: share(['At least', '下限']),
        high: share(['At most', '上限']),
      },
    ],
    query: `SELECT code, confirmed, judged, confirmed::float8 / judged AS precision, ${wilson('confirmed', 'judged', '-')} AS low, ${wilson('confirmed', 'judged', '+')} AS high
  FROM (SELECT code, count(*) FILTER (WHERE verdict = 'confirmed') AS confirmed, count(*) AS judged FROM (${JUDGED}) j GROUP BY code) by_code ORDER BY judged DESC, code`,
  }),
  table([12, 10], {
    en: ['Latest feedback', 'Newest first; notes are at the desk.'],
    zh: ['最近的判断', '最新在前；备注见工作台。'],
    columns: [
      'id',
      'ts',
      'verdict',
      'by',
      'codes',
      { policy: ['Policy', '策略版本'], model: ['Model', '模型'] },
    ],
    query: `SELECT a.id, f.ts, f.verdict, f.by, array_to_string(coalesce(f.codes, a.codes), ', ') AS codes, a.policy, a.model
  FROM feedback f LEFT JOIN LATERAL (
    SELECT id, codes, policy, model FROM alert WHERE (message_id = f.message_id AND target_kind = 'message') OR state_id = f.state_id ORDER BY ts LIMIT 1) a ON true
  WHERE $__timeFilter(f.ts) ORDER BY f.ts DESC LIMIT 100`,
  }),
])

const MODEL = section(20, 'Model and rules', '模型与规则', [
  distribution(12, {
    en: ['Scores of verdicts', 'Share of the verdicts by score, now and in the time before.'],
    zh: ['判定分值分布', '按分值的判定占比，当前与之前时段。'],
    columns: { now: ['now', '当前'], before: ['before', '之前'] },
    query: `SELECT to_char(bin / 10.0, 'FM0.0') || '–' || to_char((bin + 1) / 10.0, 'FM0.0') AS score,
    now_n / nullif(sum(now_n) OVER (), 0) AS now, then_n / nullif(sum(then_n) OVER (), 0) AS before FROM (${SCORE_BINS}) bins ORDER BY bin`,
  }),
  distribution(12, {
    en: ['Labels of messages', 'Share of all messages by label, now and in the time before.'],
    zh: ['短信标签分布', '全部短信按标签的占比，当前与之前时段。'],
    columns: { now: ['now', '当前'], before: ['before', '之前'] },
    query: `SELECT label, now_n / nullif(sum(now_n) OVER (), 0) AS now, then_n / nullif(sum(then_n) OVER (), 0) AS before FROM (${LABEL_BINS}) bins ORDER BY now_n DESC`,
  }),
  table(12, {
    en: [
      'Shadow against live',
      'Alerts by code, as they were enforced and as rules in shadow mode would have raised them.',
    ],
    zh: ['影子与正式对比', '按代码的告警：正式告警，以及影子模式规则本会产生的告警。'],
    columns: [
      'code',
      {
        enforced: count(['Enforced', '正式']),
        shadow: count(['Shadow', '影子']),
        both: count(['Messages with both', '两者皆有的短信']),
      },
    ],
    query: `SELECT code, count(*) FILTER (WHERE mode = 'enforce') AS enforced, count(*) FILTER (WHERE mode = 'shadow') AS shadow,
    count(*) FILTER (WHERE mode = 'shadow' AND EXISTS (SELECT FROM alert live WHERE live.message_id = a.message_id AND live.mode = 'enforce' AND live.target_kind = 'message')) AS both
  FROM alert a CROSS JOIN LATERAL unnest(codes) AS code WHERE $__timeFilter(a.ts) AND type = 'raised' GROUP BY code ORDER BY shadow DESC, enforced DESC`,
  }),
  table(12, {
    en: ['Versions that decided', 'Alerts by model, policy and registry, and since when each is known.'],
    zh: ['作出判定的版本', '按模型、策略与备案库的告警，以及各版本的首次出现时间。'],
    columns: [
      'kind',
      { hash: ['Version', '版本'], since: time(['Known since', '首次出现']) },
      'alerts',
      'first',
      'last',
    ],
    query: `SELECT kind, hash, first_at AS since, alerts, first, last FROM (
    SELECT kind, hash, count(*) AS alerts, min(ts) AS first, max(ts) AS last FROM alert
    CROSS JOIN LATERAL (VALUES ('model', model), ('policy', policy), ('registry', registry)) AS v (kind, hash)
    WHERE $__timeFilter(ts) GROUP BY 1, 2) used LEFT JOIN version USING (kind, hash) ORDER BY kind, last DESC LIMIT 100`,
  }),
])

export const QUALITY: DashboardSpec = {
  name: 'quality',
  title: ['Quality', '质量'],
  says: [
    'How often analysts agree with each code, whether traffic drifts away, shadow against live, time without rates.',
    '分析员对各代码的认同程度、流量是否漂移、影子与正式的对比、无速率时间。',
  ],
  from: 'now-7d',
  variables: [ARCHIVE, DATASOURCE, JOB, INSTANCE, DESK],
  annotations: [],
  sections: [GLANCE, PRECISION, MODEL, DRIFT_BY_LABEL],
}
