import { NO_ENTERPRISE, share } from './columns.ts'
import { chart, stacked, stat, table } from './presets.ts'
import { type DashboardSpec, section } from './spec.ts'
import { masked, RAISED, SENT_BY_ENTERPRISE, SENT_BY_LABEL } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

const GLANCE = section(1, 'At a glance', '总览', [
  stat.count(6, {
    en: ['Messages', 'Messages that were counted in the time, of all senders.'],
    zh: ['短信数', '所选时间内统计到的全部短信。'],
    query: 'SELECT sum(total) AS messages FROM sender_minute WHERE $__timeFilter(ts)',
  }),
  stat.count(6, {
    en: ['Signatures', 'Signatures that sent anything.'],
    zh: ['签名数', '发送过短信的签名。'],
    query:
      "SELECT count(*) AS signatures FROM (SELECT signature FROM sender_minute WHERE $__timeFilter(ts) AND signature <> '-' GROUP BY signature) s",
  }),
  stat.share(6, {
    en: ['Commercial share', 'Marketing and finance among all messages.'],
    zh: ['商业短信占比', '营销与金融类短信占全部短信的比例。'],
    decimals: 1,
    query:
      'SELECT sum(marketing + finance)::float8 / nullif(sum(total), 0) AS share FROM sender_minute WHERE $__timeFilter(ts)',
  }),
  stat.messagesPerSecond(6, {
    en: ['Messages a second, now', 'What the service scores at this moment, by its metrics.'],
    zh: ['当前每秒短信数', '服务此刻评分的短信，取自指标。'],
    query: { expr: 'sum(rate(sigwatch_messages_total{job=~"$job"}[$__rate_interval]))' },
  }),
])

const TOP_SIGNATURES = `WITH named AS (
    SELECT signature, sum(total) AS messages FROM sender_minute WHERE $__timeFilter(ts) AND signature <> '-'
    GROUP BY signature ORDER BY messages DESC LIMIT 50
  ), minutes AS (
    SELECT signature, ts, sum(marketing + finance) AS commercial, max(baseline_mean) AS usual, max(declared) AS declared
    FROM sender_minute JOIN named USING (signature) WHERE $__timeFilter(ts) GROUP BY signature, ts
  ), top AS (
    SELECT signature, messages, sum(commercial) AS commercial, max(commercial) AS peak,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY usual) AS usual, max(declared) AS declared
    FROM minutes JOIN named USING (signature) GROUP BY signature, messages
  ), alerts AS (
    SELECT signature, count(*) AS alerts, count(*) FILTER (WHERE action = 'block') AS blocked
    FROM alert WHERE ${RAISED} AND signature IS NOT NULL GROUP BY signature
  ), told AS (
    SELECT signature, count(*) AS complaints FROM complaint WHERE $__timeFilter(ts) AND signature IS NOT NULL GROUP BY signature
  )
  SELECT signature, messages, commercial::float8 / messages AS share, peak, usual, declared,
    coalesce(alerts, 0) AS alerts, coalesce(blocked, 0) AS blocked, coalesce(complaints, 0) AS complaints
  FROM top LEFT JOIN alerts USING (signature) LEFT JOIN told USING (signature) ORDER BY messages DESC`

const SERIES = `WITH top AS (
    SELECT signature FROM sender_minute WHERE $__timeFilter(ts) AND signature <> '-'
    GROUP BY signature ORDER BY sum(total) DESC LIMIT 10
  )
  SELECT $__timeGroupAlias(ts, $__interval), signature AS metric, sum(total) / ($__interval_ms / 60000.0) AS messages
  FROM sender_minute JOIN top USING (signature) WHERE $__timeFilter(ts) GROUP BY 1, 2 ORDER BY 1`

const TOP_PORTS = `WITH top AS (
    SELECT port, sum(sent) AS messages, count(DISTINCT signature) FILTER (WHERE signature <> '-') AS signatures,
      (array_agg(sp ORDER BY sent DESC))[1] AS enterprise
    FROM (${SENT_BY_ENTERPRISE}) s GROUP BY port ORDER BY messages DESC LIMIT 50
  ), alerts AS (
    SELECT port, count(*) AS alerts FROM alert WHERE ${RAISED} AND port IS NOT NULL GROUP BY port
  )
  SELECT ${masked('top.port')} AS port, messages, signatures, enterprise, coalesce(alerts, 0) AS alerts
  FROM top LEFT JOIN alerts USING (port) ORDER BY messages DESC`

const TOP_DOMAINS = `SELECT domain, count(*) AS alerts, count(*) FILTER (WHERE action = 'block') AS blocked,
    count(DISTINCT signature) AS signatures, count(DISTINCT port) AS ports, min(ts) AS first, max(ts) AS last
  FROM alert CROSS JOIN LATERAL unnest(domains) AS domain WHERE ${RAISED}
  GROUP BY domain ORDER BY alerts DESC LIMIT 50`

const TOP = section(10, 'Who sends most', '发送量排行', [
  table([24, 10], {
    en: [
      'Signatures that send most',
      'With the share of marketing and finance, the busiest minute of these against what is usual and declared, alerts and complaints. A click leads to the sender.',
    ],
    zh: [
      '发送量最大的签名',
      '含营销与金融占比、其峰值分钟与平时及申报量的对比、告警与投诉。点击进入该签名。',
    ],
    columns: [
      'signature',
      'messages',
      { share: share(['Commercial', '商业占比']) },
      'peak',
      'usual',
      'declared',
      'alerts',
      'blocked',
      'complaints',
    ],
    query: TOP_SIGNATURES,
  }),
  chart.count([12, 9], {
    en: ['The ten busiest signatures', 'Messages per minute.'],
    zh: ['发送最多的十个签名', '每分钟短信数。'],
    query: SERIES,
  }),
  stacked.count([12, 9], {
    en: ['Labels of the text model', 'Messages per minute by label.'],
    zh: ['短信类别', '按文本模型标签的每分钟短信数。'],
    columns: {
      notice: ['notice', '通知'],
      personal: ['personal', '个人'],
      marketing: ['marketing', '营销'],
      finance: ['finance', '金融'],
      fraud: ['fraud', '诈骗'],
      illicit: ['illicit', '违法'],
    },
    query: `SELECT $__timeGroupAlias(ts, $__interval), ${SENT_BY_LABEL}
  FROM sender_minute WHERE $__timeFilter(ts) GROUP BY 1 ORDER BY 1`,
  }),
  table([12, 10], {
    en: [
      'Ports that send most',
      'With the enterprise that submitted and the number of signatures on the port.',
    ],
    zh: ['发送量最大的端口号', '含提交企业与该端口号上的签名数。'],
    values: NO_ENTERPRISE,
    columns: ['port', 'messages', 'signatures', 'enterprise', 'alerts'],
    query: TOP_PORTS,
  }),
  table([12, 10], {
    en: ['Domains in alerts', 'Hosts of links, by the alerts that are about them.'],
    zh: ['告警中的域名', '链接的主机名，按相关告警数排列。'],
    columns: ['domain', 'alerts', 'blocked', 'signatures', 'ports', 'first', 'last'],
    query: TOP_DOMAINS,
  }),
])

export const SENDERS: DashboardSpec = {
  name: 'senders',
  title: ['Senders', '发送方'],
  says: [
    'Who sends how much, and whom alerts and complaints are about.',
    '谁发送多少短信，告警与投诉涉及谁。',
  ],
  from: 'now-6h',
  variables: [ARCHIVE, DATASOURCE, JOB, DESK],
  annotations: [],
  sections: [GLANCE, TOP],
}
