import { count } from './columns.ts'
import { stat, table } from './presets.ts'
import { type DashboardSpec, section } from './spec.ts'
import { masked, RAISED, statesWhere } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

const CHOSEN = `action LIKE \${action:sqlstring} AND EXISTS (SELECT FROM unnest(codes) AS chosen WHERE chosen LIKE \${code:sqlstring})`
const NO_WORD = `NOT EXISTS (SELECT FROM feedback f WHERE f.ts >= $__timeFrom()::timestamptz AND (f.message_id = a.message_id AND a.target_kind = 'message' OR f.state_id = a.state_id))`
const WAITING = `FROM alert a WHERE ${RAISED} AND action IN ('review', 'throttle', 'block') AND ${CHOSEN} AND ${NO_WORD}`
/** What was released, with how often it was raised again while the word held. */
const RELEASED = `SELECT f.ts, f.verdict, f.by, f.until, f.state_id, f.message_id, coalesce(f.target, a.target_kind || ':' || a.target_id) AS target, a.id,
    array_to_string(coalesce(f.codes, a.codes), ', ') AS codes,
    (SELECT count(*) FROM alert n WHERE n.ts > f.ts AND n.ts <= coalesce(f.until, f.ts + interval '24 hours') AND n.type = 'raised' AND n.mode = 'enforce'
      AND n.state_id = f.state_id) AS again
  FROM feedback f LEFT JOIN LATERAL (
    SELECT id, codes, target_kind, target_id FROM alert WHERE state_id = f.state_id OR (message_id = f.message_id AND target_kind = 'message') ORDER BY ts LIMIT 1) a ON true
  WHERE $__timeFilter(f.ts) AND f.verdict IN ('release', 'false_positive', 'exempt')`

const ALERT_COLUMNS = [
  'id',
  'ts',
  'action',
  { severity: { name: ['Severity', '严重度'], width: 90 } },
  'codes',
  { kind: { name: ['Kind', '类型'], width: 90 } },
  'signature',
  'port',
  { score: { name: ['Score', '分值'], decimals: 2, width: 70 } },
  'text',
] as const
const ALERT_ROW = `id, ts, action, severity, array_to_string(codes, ', ') AS codes, target_kind AS kind, signature, ${masked('port')} AS port, score, event->'data'->'message'->>'text' AS text`

const GLANCE = section(1, 'At a glance', '总览', [
  stat.count(5, {
    en: ['Alerts', 'Enforced alerts that were raised in the time, of the chosen codes and actions.'],
    zh: ['告警数', '所选时间内产生的正式告警（按所选代码与处置）。'],
    query: `SELECT count(*) AS alerts FROM alert WHERE ${RAISED} AND ${CHOSEN}`,
  }),
  stat.count(5, {
    en: ['Awaiting feedback', 'Alerts for review or block without feedback from an analyst.'],
    zh: ['待判断', '需审查及以上而尚无分析员判断的告警。'],
    query: `SELECT count(*) AS waiting ${WAITING}`,
  }),
  stat.count(5, {
    en: ['Blocked by a gateway', 'Messages that blocking services report as blocked.'],
    zh: ['网关已拦截', '拦截服务回报已拦截的短信。'],
    query: `SELECT count(DISTINCT message_id) AS blocked FROM enforcement WHERE $__timeFilter(ts) AND action = 'block'`,
  }),
  stat.count(4, {
    en: ['Released', 'Cases that analysts released, called a false positive, or exempted.'],
    zh: ['已解除', '分析员解除、判为误报或豁免的案件。'],
    query: `SELECT count(*) AS released FROM (${RELEASED}) r`,
  }),
  stat.count(5, {
    en: ['Open states now', 'By the metrics of the service.'],
    zh: ['当前未解除状态', '取自服务指标。'],
    query: { expr: 'sum(max by (job, code) (sigwatch_states_open{job=~"$job"}))' },
  }),
])

const LISTS = section(10, 'Cases', '案件', [
  table(24, {
    en: [
      'States, the gravest first',
      'States of the time by their last event; without an end: still open then.',
    ],
    zh: ['状态，最严重在前', '所选时间内的状态（按最后事件）；没有结束时间表示仍未解除。'],
    columns: ['id', 'code', 'kind', 'target', 'action', 'from', 'until', 'detail'],
    query: `SELECT id, code, target_kind AS kind, ${masked('target_id')} AS target, action, raised AS "from", cleared AS until,
    event->'data'->'reasons'->0->>'detail' AS detail
  FROM (${statesWhere(CHOSEN)}) s
  ORDER BY cleared IS NOT NULL, array_position(ARRAY['block', 'throttle', 'review', 'observe'], action), raised DESC LIMIT 200`,
  }),
  table([24, 11], {
    en: ['Newest alerts', 'A click on the case opens it at the desk: reasons, evidence, versions, feedback.'],
    zh: ['最新告警', '点击案件在工作台查看：原因、证据、版本与反馈。'],
    columns: ALERT_COLUMNS,
    query: `SELECT ${ALERT_ROW} FROM alert WHERE ${RAISED} AND ${CHOSEN} ORDER BY ts DESC LIMIT 200`,
  }),
  table(24, {
    en: ['Awaiting feedback, oldest first', 'Alerts for review or block without feedback.'],
    zh: ['待判断，最早在前', '需审查及以上而没有反馈的告警。'],
    columns: ALERT_COLUMNS,
    query: `SELECT ${ALERT_ROW} ${WAITING} ORDER BY ts LIMIT 200`,
  }),
])

const AFTER = section(20, 'What came of them', '处理结果', [
  table(14, {
    en: [
      'Released, and whether it stayed so',
      'Raised again: times that the same state rose while the word held; 0 is right.',
    ],
    zh: ['已解除的案件及其后情况', '再次产生：解除有效期内同一状态再次产生的次数；应为 0。'],
    columns: [
      'id',
      'ts',
      'verdict',
      { target: ['Of', '对象'] },
      'codes',
      'by',
      'until',
      { again: count(['Raised again', '再次产生']) },
    ],
    query: `SELECT id, ts, verdict, ${masked('target')} AS target, codes, by, until, again FROM (${RELEASED}) r ORDER BY ts DESC LIMIT 100`,
  }),
  table(10, {
    en: ['Actions of blocking services', 'By service and action.'],
    zh: ['拦截服务的处置', '按服务与处置。'],
    columns: [
      { by: ['Service', '服务'] },
      'action',
      'messages',
      { delay: { name: ['Median delay', '中位延迟'], unit: 's' } },
    ],
    query: `SELECT e.by, e.action, count(DISTINCT e.message_id) AS messages,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM e.ts - a.ts)) AS delay
  FROM enforcement e LEFT JOIN alert a ON a.message_id = e.message_id AND a.target_kind = 'message' AND a.mode = 'enforce'
  WHERE $__timeFilter(e.ts) GROUP BY 1, 2 ORDER BY messages DESC`,
  }),
])

export const CASES: DashboardSpec = {
  name: 'cases',
  title: ['Cases', '案件'],
  says: [
    'Alerts and states one by one, what waits for an analyst, and what came of them.',
    '逐条的告警与状态、待分析员判断的案件，以及处理结果。',
  ],
  from: 'now-6h',
  variables: [
    ARCHIVE,
    {
      kind: 'sql',
      name: 'code',
      label: ['Reason code', '原因代码'],
      all: "'%'",
      sql: 'SELECT DISTINCT code FROM alert CROSS JOIN LATERAL unnest(codes) AS code WHERE $__timeFilter(ts) ORDER BY 1',
    },
    {
      kind: 'sql',
      name: 'action',
      label: ['Action', '处置'],
      all: "'%'",
      sql: 'SELECT DISTINCT action FROM alert WHERE $__timeFilter(ts) ORDER BY 1',
    },
    DATASOURCE,
    JOB,
    DESK,
  ],
  annotations: [],
  sections: [GLANCE, LISTS, AFTER],
}
