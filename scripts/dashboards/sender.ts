import { bars, chart, stacked, stat, table, wordStat } from './presets.ts'
import { type DashboardSpec, section } from './spec.ts'
import { masked, periodsWhere, RAISED, registryRowsOf, SENT_BY_LABEL, statesWhere } from './sql.ts'
import { ARCHIVE, DESK } from './variables.ts'

const NAME = `\${signature:sqlstring}`
/** Alerts on the signature itself, on its senders and on its messages. */
const ABOUT = `(signature = ${NAME} OR (target_kind = 'signature' AND target_id = ${NAME}) OR (target_kind = 'sender' AND starts_with(target_id, ${NAME} || '@')))`
const SENT = `SELECT ts, sum(total) AS total, sum(marketing + finance) AS commercial, max(baseline_mean) AS usual,
    max(baseline_sd) AS sd, max(declared) AS declared
  FROM sender_minute WHERE $__timeFilter(ts) AND signature = ${NAME} GROUP BY ts`

const ANSWER = `SELECT CASE
    WHEN EXISTS (SELECT FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND target_kind = 'signature' AND target_id = ${NAME}
      AND type <> 'cleared' AND codes @> ARRAY['MARKETING_BURST']) THEN 'burst'
    WHEN EXISTS (SELECT FROM sender_minute WHERE $__timeFilter(ts) AND signature = ${NAME} AND declared IS NOT NULL) THEN 'declared'
    ELSE 'usual' END AS answer`

const GLANCE = section(1, 'At a glance', '总览', [
  wordStat(6, {
    en: [
      'Burst or declared?',
      'Whether the signature burst in the time, sent under a declared campaign, or neither.',
    ],
    zh: ['突发还是已申报？', '该签名在所选时间内是否突发、是否处于已申报活动中，或两者皆非。'],
    values: {
      burst: ['Burst', '突发'],
      declared: ['Declared campaign', '已申报活动'],
      usual: ['As usual', '与平时相当'],
    },
    query: ANSWER,
  }),
  stat.count(3, {
    en: ['Busiest minute', 'Commercial messages in the busiest minute.'],
    zh: ['峰值分钟', '峰值分钟内的商业短信数。'],
    query: `SELECT max(commercial) AS peak FROM (${SENT}) s`,
  }),
  stat.count(3, {
    en: [
      'Usual a minute',
      'Commercial messages a minute by its baseline, the median of the time; none while it is too new.',
    ],
    zh: ['平时（每分钟）', '基线给出的每分钟商业短信数（所选时间的中位数）；签名过新时没有。'],
    decimals: 1,
    query: `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY usual) AS usual FROM (${SENT}) s`,
  }),
  stat.count(3, {
    en: ['Declared a minute', 'Allowance of the declared campaign; none: nothing is declared.'],
    zh: ['申报（每分钟）', '已申报活动的额度；空白表示没有申报。'],
    query: `SELECT max(declared) AS declared FROM (${SENT}) s`,
  }),
  stat.count(3, {
    en: [
      'Complaints a million',
      'Complaints that name the signature, a million of its messages in the same time.',
    ],
    zh: ['每百万投诉数', '同一时间内针对该签名的投诉数，按该签名每百万条短信计。'],
    decimals: 1,
    query: `SELECT (SELECT count(*) FROM complaint WHERE $__timeFilter(ts) AND signature = ${NAME}) * 1e6 / nullif(sum(total), 0) AS rate FROM (${SENT}) s`,
  }),
  stat.count(3, {
    en: ['Alerts', 'Enforced alerts on it and on its messages.'],
    zh: ['告警数', '针对该签名及其短信的正式告警。'],
    query: `SELECT count(*) AS alerts FROM alert WHERE ${RAISED} AND ${ABOUT}`,
  }),
  stat.count(3, {
    en: ['To be blocked', 'Of these, alerts with the action block.'],
    zh: ['应拦截', '其中处置为拦截的告警。'],
    query: `SELECT count(*) AS blocked FROM alert WHERE ${RAISED} AND action = 'block' AND ${ABOUT}`,
  }),
])

const STATES = `SELECT id, code, target_kind AS kind, ${masked('target_id')} AS target, raised AS "from", cleared AS until, action, event->'data'->'reasons'->0->>'detail' AS detail
  FROM (${statesWhere(ABOUT)}) s ORDER BY raised DESC LIMIT 100`

const OVER_TIME = section(10, 'Over time', '随时间变化', [
  chart.count([24, 10], {
    en: [
      'Rate against baseline and declaration',
      'Commercial messages a minute, what is usual, four standard deviations above it, and what is declared. Coloured spans: states.',
    ],
    zh: [
      '速率与基线及申报量的对比',
      '每分钟商业短信、平时水平、高出四个标准差的水平，以及申报量。色块为状态。',
    ],
    columns: {
      sent: ['sent', '发送'],
      usual: ['usual', '平时'],
      high: ['usual and 4 sd', '平时加四倍标准差'],
      declared: ['declared', '申报'],
    },
    query: `SELECT $__timeGroupAlias(ts, $__interval), avg(commercial) AS sent, max(usual) AS usual, max(usual + 4 * sd) AS high, max(declared) AS declared
  FROM (${SENT}) s GROUP BY 1 ORDER BY 1`,
  }),
  stacked.count(12, {
    en: ['Messages by label', 'Messages per minute.'],
    zh: ['发送内容', '按标签的每分钟短信数。'],
    query: `SELECT $__timeGroupAlias(ts, $__interval), ${SENT_BY_LABEL}
  FROM sender_minute WHERE $__timeFilter(ts) AND signature = ${NAME} GROUP BY 1 ORDER BY 1`,
  }),
  bars(12, {
    en: ['Alerts by reason code', 'Enforced alerts that were raised, in each step of time.'],
    zh: ['按原因代码的告警', '各时间段内产生的正式告警。'],
    query: `SELECT $__timeGroupAlias(ts, $__interval), code AS metric, count(*) AS alerts
  FROM alert CROSS JOIN LATERAL unnest(codes) AS code WHERE ${RAISED} AND ${ABOUT} GROUP BY 1, 2 ORDER BY 1`,
  }),
])

const DETAILS = section(20, 'In detail', '明细', [
  table([24, 8], {
    en: ['Its states', 'Bursts, complaints and escalated codes, the newest first.'],
    zh: ['该签名的状态', '突发、投诉与升级的代码，最新在前。'],
    columns: ['id', 'code', 'kind', 'target', 'from', 'until', 'action', 'detail'],
    query: STATES,
  }),
  table(10, {
    en: ['Its ports and enterprises', 'From which ports it is sent, and who submitted.'],
    zh: ['端口号与企业', '从哪些端口号发送，由谁提交。'],
    columns: ['port', 'enterprise', 'messages', 'first', 'last'],
    query: `SELECT ${masked('port')} AS port, mode() WITHIN GROUP (ORDER BY sp) AS enterprise, sum(total) AS messages, min(ts) AS first, max(ts) AS last
  FROM sender_minute WHERE $__timeFilter(ts) AND signature = ${NAME} GROUP BY sender_minute.port ORDER BY messages DESC LIMIT 100`,
  }),
  table([24, 7], {
    en: [
      'What the registry says of it',
      'Rows of the registry topic under its name, a line a filing, the newest first; until: when the row was changed or deleted.',
    ],
    zh: [
      '报备信息',
      '报备主题中以其名称登记的记录，每条报备一行，最新在前；结束时间为该记录被更改或删除的时间。',
    ],
    columns: [
      'from',
      'until',
      'brand',
      'enterprise',
      {
        carrier: ['Carrier', '运营商'],
        ports: ['Ports', '端口号'],
        scope: ['Scope', '内容范围'],
        status: ['Status', '状态'],
        consent: ['Consent', '用户同意'],
      },
    ],
    query: registryRowsOf(NAME),
  }),
  table(14, {
    en: ['Complaints about it', 'The newest, with the text as it is kept: numbers replaced.'],
    zh: ['有关投诉', '最新投诉及其留存文本（号码已替换）。'],
    columns: ['ts', 'source', 'category', { text: ['Text', '文本'] }],
    query: `SELECT ts, source, category, text FROM complaint WHERE $__timeFilter(ts) AND signature = ${NAME} ORDER BY ts DESC LIMIT 100`,
  }),
  table([24, 10], {
    en: ['Its newest cases', 'Alerts on it and its messages; a click opens the case at the desk.'],
    zh: ['最新案件', '针对该签名及其短信的告警；点击在工作台查看案件。'],
    columns: ['id', 'ts', 'action', 'codes', 'port', 'text'],
    query: `SELECT id, ts, action, array_to_string(codes, ', ') AS codes, ${masked('port')} AS port, event->'data'->'message'->>'text' AS text
  FROM alert WHERE ${RAISED} AND ${ABOUT} ORDER BY ts DESC LIMIT 100`,
  }),
])

export const SENDER: DashboardSpec = {
  name: 'sender',
  title: ['One sender', '单个签名'],
  says: [
    'One signature: its rate against baseline and declaration, states, complaints and cases.',
    '单个签名：速率与基线及申报量的对比、状态、投诉与案件。',
  ],
  from: 'now-6h',
  variables: [
    ARCHIVE,
    {
      kind: 'sql',
      name: 'signature',
      label: ['Signature', '签名'],
      sql: "SELECT signature FROM sender_minute WHERE $__timeFilter(ts) AND signature <> '-' GROUP BY signature ORDER BY sum(total) DESC LIMIT 1000",
    },
    DESK,
  ],
  annotations: [{ name: ['States', '状态'], color: 'red', query: { as: 'table', sql: periodsWhere(ABOUT) } }],
  sections: [GLANCE, OVER_TIME, DETAILS],
}
