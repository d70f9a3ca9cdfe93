import * as c from './columns.ts'
import { type DashboardSpec, section } from './spec.ts'
import { masked, RAISED, SENT_BY_ENTERPRISE, SENT_BY_LABEL } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

const GLANCE = section(
  1,
  ['At a glance', '总览'],
  [
    {
      kind: 'stat',
      title: ['Messages', '短信数'],
      says: ['Messages that were counted in the time, of all senders.', '所选时间内统计到的全部短信。'],
      size: [6, 4],
      unit: 'short',
      queries: [
        { as: 'table', sql: 'SELECT sum(total) AS messages FROM sender_minute WHERE $__timeFilter(ts)' },
      ],
    },
    {
      kind: 'stat',
      title: ['Signatures', '签名数'],
      says: ['Signatures that sent anything.', '发送过短信的签名。'],
      size: [6, 4],
      unit: 'short',
      queries: [
        {
          as: 'table',
          sql: "SELECT count(*) AS signatures FROM (SELECT signature FROM sender_minute WHERE $__timeFilter(ts) AND signature <> '-' GROUP BY signature) s",
        },
      ],
    },
    {
      kind: 'stat',
      title: ['Commercial share', '商业短信占比'],
      says: ['Marketing and finance among all messages.', '营销与金融类短信占全部短信的比例。'],
      size: [6, 4],
      unit: 'percentunit',
      decimals: 1,
      queries: [
        {
          as: 'table',
          sql: 'SELECT sum(marketing + finance)::float8 / nullif(sum(total), 0) AS share FROM sender_minute WHERE $__timeFilter(ts)',
        },
      ],
    },
    {
      kind: 'stat',
      title: ['Messages a second, now', '当前每秒短信数'],
      says: ['What the service scores at this moment, by its metrics.', '服务此刻评分的短信，取自指标。'],
      size: [6, 4],
      unit: 'mps',
      queries: [{ expr: 'sum(rate(sigwatch_messages_total{job=~"$job"}[$__rate_interval]))', as: 'instant' }],
    },
  ],
)

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

const TOP = section(
  10,
  ['Who sends most', '发送量排行'],
  [
    {
      kind: 'table',
      title: ['Signatures that send most', '发送量最大的签名'],
      says: [
        'With the share of marketing and finance, the busiest minute of these against what is usual and declared, alerts and complaints. A click leads to the sender.',
        '含营销与金融占比、其峰值分钟与平时及申报量的对比、告警与投诉。点击进入该签名。',
      ],
      size: [24, 10],
      columns: {
        signature: c.SIGNATURE,
        messages: c.MESSAGES,
        share: c.share(['Commercial', '商业占比']),
        peak: c.count(['Busiest minute', '峰值分钟']),
        usual: { name: ['Usual a minute', '平时（每分钟）'], decimals: 1 },
        declared: c.count(['Declared a minute', '申报（每分钟）']),
        alerts: c.ALERTS,
        blocked: c.BLOCKED,
        complaints: c.COMPLAINTS,
      },
      queries: [{ as: 'table', sql: TOP_SIGNATURES }],
    },
    {
      kind: 'timeseries',
      title: ['The ten busiest signatures', '发送最多的十个签名'],
      says: ['Messages a minute.', '每分钟短信数。'],
      size: [12, 9],
      unit: 'short',
      interval: '1m',
      queries: [{ as: 'time_series', sql: SERIES }],
    },
    {
      kind: 'timeseries',
      title: ['What the messages are', '短信类别'],
      says: ['Messages a minute by the label of the text model.', '按文本模型标签的每分钟短信数。'],
      size: [12, 9],
      unit: 'short',
      interval: '1m',
      stacked: true,
      columns: {
        notice: { name: ['notice', '通知'] },
        personal: { name: ['personal', '个人'] },
        marketing: { name: ['marketing', '营销'] },
        finance: { name: ['finance', '金融'] },
        fraud: { name: ['fraud', '诈骗'] },
        illicit: { name: ['illicit', '违法'] },
      },
      queries: [
        {
          as: 'time_series',
          sql: `SELECT $__timeGroupAlias(ts, $__interval), ${SENT_BY_LABEL}
  FROM sender_minute WHERE $__timeFilter(ts) GROUP BY 1 ORDER BY 1`,
        },
      ],
    },
    {
      kind: 'table',
      title: ['Ports that send most', '发送量最大的端口号'],
      says: [
        'With the enterprise that submitted and the number of signatures on the port.',
        '含提交企业与该端口号上的签名数。',
      ],
      size: [12, 10],
      columns: {
        port: c.PORT,
        messages: c.MESSAGES,
        signatures: c.SIGNATURES,
        enterprise: c.ENTERPRISE,
        alerts: c.ALERTS,
      },
      values: c.NO_ENTERPRISE,
      queries: [{ as: 'table', sql: TOP_PORTS }],
    },
    {
      kind: 'table',
      title: ['Domains in alerts', '告警中的域名'],
      says: ['Hosts of links, by the alerts that are about them.', '链接的主机名，按相关告警数排列。'],
      size: [12, 10],
      columns: {
        domain: c.DOMAIN,
        alerts: c.ALERTS,
        blocked: c.BLOCKED,
        signatures: c.SIGNATURES,
        ports: c.PORTS,
        first: c.FIRST,
        last: c.LAST,
      },
      queries: [{ as: 'table', sql: TOP_DOMAINS }],
    },
  ],
)

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
