import * as c from './columns.ts'
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

const stat = (sql: string) => [{ as: 'table', sql } as const]

const GLANCE = section(
  1,
  ['At a glance', '总览'],
  [
    {
      kind: 'stat',
      title: ['Burst or declared?', '突发还是已申报？'],
      says: [
        'Whether the signature burst in the time, sent under a declared campaign, or neither.',
        '该签名在所选时间内是否突发、是否处于已申报活动中，或两者皆非。',
      ],
      size: [6, 4],
      isWord: true,
      values: {
        burst: ['Burst', '突发'],
        declared: ['Declared campaign', '已申报活动'],
        usual: ['As usual', '与平时相当'],
      },
      queries: stat(ANSWER),
    },
    {
      kind: 'stat',
      title: ['Busiest minute', '峰值分钟'],
      says: ['Commercial messages in the busiest minute.', '峰值分钟内的商业短信数。'],
      size: [3, 4],
      unit: 'short',
      queries: stat(`SELECT max(commercial) AS peak FROM (${SENT}) s`),
    },
    {
      kind: 'stat',
      title: ['Usual a minute', '平时（每分钟）'],
      says: [
        'Commercial messages a minute by its baseline, the median of the time; none while it is too new.',
        '基线给出的每分钟商业短信数（所选时间的中位数）；签名过新时没有。',
      ],
      size: [3, 4],
      unit: 'short',
      decimals: 1,
      queries: stat(`SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY usual) AS usual FROM (${SENT}) s`),
    },
    {
      kind: 'stat',
      title: ['Declared a minute', '申报（每分钟）'],
      says: [
        'Allowance of the declared campaign; none: nothing is declared.',
        '已申报活动的额度；空白表示没有申报。',
      ],
      size: [3, 4],
      unit: 'short',
      queries: stat(`SELECT max(declared) AS declared FROM (${SENT}) s`),
    },
    {
      kind: 'stat',
      title: ['Complaints a million', '每百万投诉数'],
      says: [
        'Complaints that name the signature, a million of its messages in the same time.',
        '同一时间内针对该签名的投诉数，按该签名每百万条短信计。',
      ],
      size: [3, 4],
      unit: 'short',
      decimals: 1,
      queries: stat(
        `SELECT (SELECT count(*) FROM complaint WHERE $__timeFilter(ts) AND signature = ${NAME}) * 1e6 / nullif(sum(total), 0) AS rate FROM (${SENT}) s`,
      ),
    },
    {
      kind: 'stat',
      title: ['Alerts', '告警数'],
      says: ['Enforced alerts on it and on its messages.', '针对该签名及其短信的正式告警。'],
      size: [3, 4],
      unit: 'short',
      queries: stat(`SELECT count(*) AS alerts FROM alert WHERE ${RAISED} AND ${ABOUT}`),
    },
    {
      kind: 'stat',
      title: ['To be blocked', '应拦截'],
      says: ['Those of them with the action block.', '其中处置为拦截的告警。'],
      size: [3, 4],
      unit: 'short',
      queries: stat(
        `SELECT count(*) AS blocked FROM alert WHERE ${RAISED} AND action = 'block' AND ${ABOUT}`,
      ),
    },
  ],
)

const STATES = `SELECT id, code, target_kind AS kind, ${masked('target_id')} AS target, raised AS "from", cleared AS until, action, event->'data'->'reasons'->0->>'detail' AS detail
  FROM (${statesWhere(ABOUT)}) s ORDER BY raised DESC LIMIT 100`

const OVER_TIME = section(
  10,
  ['Over time', '随时间变化'],
  [
    {
      kind: 'timeseries',
      title: ['Rate against baseline and declaration', '速率与基线及申报量的对比'],
      says: [
        'Commercial messages a minute, what is usual, four standard deviations above it, and what is declared. Coloured spans: states.',
        '每分钟商业短信、平时水平、高出四个标准差的水平，以及申报量。色块为状态。',
      ],
      size: [24, 10],
      interval: '1m',
      unit: 'short',
      columns: {
        sent: { name: ['sent', '发送'] },
        usual: { name: ['usual', '平时'] },
        high: { name: ['usual and 4 sd', '平时加四倍标准差'] },
        declared: { name: ['declared', '申报'] },
      },
      queries: [
        {
          as: 'time_series',
          sql: `SELECT $__timeGroupAlias(ts, $__interval), avg(commercial) AS sent, max(usual) AS usual, max(usual + 4 * sd) AS high, max(declared) AS declared
  FROM (${SENT}) s GROUP BY 1 ORDER BY 1`,
        },
      ],
    },
    {
      kind: 'timeseries',
      title: ['What it sends', '发送内容'],
      says: ['Messages a minute by label.', '按标签的每分钟短信数。'],
      size: [12, 8],
      interval: '1m',
      unit: 'short',
      stacked: true,
      queries: [
        {
          as: 'time_series',
          sql: `SELECT $__timeGroupAlias(ts, $__interval), ${SENT_BY_LABEL}
  FROM sender_minute WHERE $__timeFilter(ts) AND signature = ${NAME} GROUP BY 1 ORDER BY 1`,
        },
      ],
    },
    {
      kind: 'timeseries',
      title: ['Alerts by reason code', '按原因代码的告警'],
      says: ['Enforced alerts that were raised, in each step of time.', '各时间段内产生的正式告警。'],
      size: [12, 8],
      interval: '1m',
      unit: 'short',
      stacked: true,
      bars: true,
      queries: [
        {
          as: 'time_series',
          sql: `SELECT $__timeGroupAlias(ts, $__interval), code AS metric, count(*) AS alerts
  FROM alert CROSS JOIN LATERAL unnest(codes) AS code WHERE ${RAISED} AND ${ABOUT} GROUP BY 1, 2 ORDER BY 1`,
        },
      ],
    },
  ],
)

const DETAILS = section(
  20,
  ['In detail', '明细'],
  [
    {
      kind: 'table',
      title: ['Its states', '该签名的状态'],
      says: [
        'Bursts, complaints and escalated codes, the newest first.',
        '突发、投诉与升级的代码，最新在前。',
      ],
      size: [24, 8],
      columns: {
        id: c.ID,
        code: c.CODE,
        kind: c.KIND,
        target: c.TARGET,
        from: c.FROM,
        until: c.UNTIL,
        action: c.ACTION,
        detail: { name: ['Why', '原因'] },
      },
      queries: stat(STATES),
    },
    {
      kind: 'table',
      title: ['Its ports and enterprises', '端口号与企业'],
      says: ['From which ports it is sent, and who submitted.', '从哪些端口号发送，由谁提交。'],
      size: [10, 9],
      columns: { port: c.PORT, enterprise: c.ENTERPRISE, messages: c.MESSAGES, first: c.FIRST, last: c.LAST },
      queries:
        stat(`SELECT ${masked('port')} AS port, mode() WITHIN GROUP (ORDER BY sp) AS enterprise, sum(total) AS messages, min(ts) AS first, max(ts) AS last
  FROM sender_minute WHERE $__timeFilter(ts) AND signature = ${NAME} GROUP BY sender_minute.port ORDER BY messages DESC LIMIT 100`),
    },
    {
      kind: 'table',
      title: ['What the registry says of it', '报备信息'],
      says: [
        'Rows of the registry topic under its name, a line a filing, the newest first; until: when the row was changed or deleted.',
        '报备主题中以其名称登记的记录，每条报备一行，最新在前；结束时间为该记录被更改或删除的时间。',
      ],
      size: [24, 7],
      columns: {
        from: c.FROM,
        until: c.UNTIL,
        brand: c.BRAND,
        enterprise: c.ENTERPRISE,
        carrier: { name: ['Carrier', '运营商'] },
        ports: { name: ['Ports', '端口号'] },
        scope: { name: ['Scope', '内容范围'] },
        status: { name: ['Status', '状态'] },
        consent: { name: ['Consent', '用户同意'] },
      },
      queries: stat(registryRowsOf(NAME)),
    },
    {
      kind: 'table',
      title: ['Complaints about it', '有关投诉'],
      says: [
        'The newest, with the text as it is kept: numbers replaced.',
        '最新投诉及其留存文本（号码已替换）。',
      ],
      size: [14, 9],
      columns: {
        ts: c.time(['Time', '时间']),
        source: { name: ['Source', '来源'] },
        category: { name: ['Category', '类别'] },
        text: { name: ['Text', '文本'] },
      },
      queries: stat(
        `SELECT ts, source, category, text FROM complaint WHERE $__timeFilter(ts) AND signature = ${NAME} ORDER BY ts DESC LIMIT 100`,
      ),
    },
    {
      kind: 'table',
      title: ['Its newest cases', '最新案件'],
      says: [
        'Alerts on it and its messages; a click opens the case at the desk.',
        '针对该签名及其短信的告警；点击在工作台查看案件。',
      ],
      size: [24, 10],
      columns: {
        id: c.ID,
        ts: c.time(['Time', '时间']),
        action: c.ACTION,
        codes: c.CODES,
        port: c.PORT,
        text: { name: ['Message, masked', '短信（已脱敏）'] },
      },
      queries:
        stat(`SELECT id, ts, action, array_to_string(codes, ', ') AS codes, ${masked('port')} AS port, event->'data'->'message'->>'text' AS text
  FROM alert WHERE ${RAISED} AND ${ABOUT} ORDER BY ts DESC LIMIT 100`),
    },
  ],
)

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
