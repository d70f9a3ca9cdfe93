import { NO_ENTERPRISE, time } from './columns.ts'
import { bars, stat, table } from './presets.ts'
import { type DashboardSpec, type PromQuery, section, type Words } from './spec.ts'
import { masked, periodsWhere, SENT_BY_ENTERPRISE } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

/**
 * Complaints with the enterprise that sent most under what they name, a question mark where nothing was sent:
 * `signature, port, sp, n`. One aggregate, so that the time grows with the rows and not with their product.
 */
const TOLD = `WITH sent AS (${SENT_BY_ENTERPRISE}), told AS (
    SELECT signature, port, sum(n) AS n,
      coalesce((array_agg(sp ORDER BY sent DESC, sp) FILTER (WHERE sp IS NOT NULL))[1], '?') AS sp
    FROM (
      SELECT signature, port, NULL AS sp, NULL::numeric AS sent, count(*) AS n FROM complaint WHERE $__timeFilter(ts) GROUP BY 1, 2
      UNION ALL SELECT signature, port, sp, sent, 0 FROM sent
      UNION ALL SELECT signature, NULL, sp, sum(sent), 0 FROM sent GROUP BY signature, sp
      UNION ALL SELECT NULL, port, sp, sum(sent), 0 FROM sent GROUP BY port, sp) named
    GROUP BY signature, port HAVING sum(n) > 0
  )`

/** Unanswered complaints with their deadlines as `complaints deadlines` computed them last. */
const DUE = `SELECT id, c.ts, c.source, c.signature, c.port, c.category, d.name, d.days, d.ends_at
  FROM complaint c LEFT JOIN complaint_case k USING (id) LEFT JOIN complaint_deadline d USING (id)
  WHERE $__timeFilter(c.ts) AND k.answered_at IS NULL`

/** First look of an analyst at a case of the same recipient and sender, after the complaint. */
const LOOKS = `SELECT c.id, c.ts, (SELECT min(l.at) FROM alert a JOIN access_log l ON l.what = 'case' AND l.subject = a.id AND l.at >= c.ts
    WHERE a.to_token = c.to_token AND (a.signature = c.signature OR a.port = c.port)) AS seen
  FROM complaint c WHERE $__timeFilter(c.ts) AND c.to_token IS NOT NULL`

const GLANCE = section(1, 'At a glance', '总览', [
  stat.count(6, {
    en: ['Complaints', 'Complaints that were made in the time.'],
    zh: ['投诉数', '所选时间内提出的投诉。'],
    query: 'SELECT count(*) AS complaints FROM complaint WHERE $__timeFilter(ts)',
  }),
  stat.count(6, {
    en: ['Per million messages', 'Complaints per million messages of all senders in the same time.'],
    zh: ['每百万短信', '同一时间内全部短信每百万条的投诉数。'],
    decimals: 1,
    query:
      'SELECT (SELECT count(*) FROM complaint WHERE $__timeFilter(ts)) * 1e6 / nullif(sum(total), 0) AS rate FROM sender_minute WHERE $__timeFilter(ts)',
  }),
  stat.share(6, {
    en: [
      'Known before',
      'Share of the complaints whose recipient had a message from that sender that raised an alert.',
    ],
    zh: ['此前已告警', '投诉人收到该发送方的短信且当时已触发告警的投诉比例。'],
    decimals: 0,
    query: `SELECT avg(CASE WHEN EXISTS (SELECT FROM alert a WHERE a.to_token = c.to_token AND a.ts <= c.ts
      AND (a.signature = c.signature OR a.port = c.port)) THEN 1 ELSE 0 END) AS share FROM complaint c WHERE $__timeFilter(c.ts)`,
  }),
  stat.seconds(6, {
    en: [
      'Until somebody looked',
      'Median time from a complaint to the first look at a case of that recipient and sender at the desk.',
    ],
    zh: ['首次查看用时', '从投诉到在工作台首次查看该收信人与发送方案件的中位时间。'],
    query: `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM seen - ts)) AS seconds FROM (${LOOKS}) l WHERE seen IS NOT NULL`,
  }),
])

const WHOM = section(10, 'Whom they are about', '投诉对象', [
  table([12, 10], {
    en: [
      'Enterprises by complaints a million',
      'A complaint counts for the enterprise that sent most under the signature and port that it names; those of no enterprise come last.',
    ],
    zh: ['企业：每百万投诉数', '投诉计入在其所称签名与端口号下发送最多的企业；无法归属企业的排在最后。'],
    values: NO_ENTERPRISE,
    columns: ['enterprise', 'complaints', 'sent', 'rate'],
    query: `${TOLD}, by_sp AS (SELECT sp, sum(sent) AS sent FROM sent GROUP BY sp)
  SELECT sp AS enterprise, sum(n) AS complaints, max(by_sp.sent) AS sent, sum(n) * 1e6 / nullif(max(by_sp.sent), 0) AS rate
  FROM told LEFT JOIN by_sp USING (sp) GROUP BY sp ORDER BY sp IN ('–', '?'), rate DESC NULLS LAST, complaints DESC LIMIT 100`,
  }),
  table([12, 10], {
    en: ['Signatures by complaints a million', 'With what was sent under the signature in the same time.'],
    zh: ['签名：每百万投诉数', '并列同一时间内该签名的发送量。'],
    columns: ['signature', 'complaints', 'sent', 'rate'],
    query: `${TOLD}, by_name AS (SELECT signature, sum(sent) AS sent FROM sent GROUP BY signature)
  SELECT signature, sum(n) AS complaints, max(by_name.sent) AS sent, sum(n) * 1e6 / nullif(max(by_name.sent), 0) AS rate
  FROM told LEFT JOIN by_name USING (signature) WHERE signature IS NOT NULL GROUP BY signature ORDER BY rate DESC NULLS LAST, complaints DESC LIMIT 100`,
  }),
  table(12, {
    en: ['Ports', 'Complaints that name a port, with what it sent.'],
    zh: ['端口号', '涉及端口号的投诉，并列其发送量。'],
    columns: ['port', 'complaints', 'sent', 'rate'],
    query: `${TOLD}, by_port AS (SELECT port, sum(sent) AS sent FROM sent GROUP BY port)
  SELECT ${masked('told.port')} AS port, sum(n) AS complaints, max(by_port.sent) AS sent, sum(n) * 1e6 / nullif(max(by_port.sent), 0) AS rate
  FROM told LEFT JOIN by_port ON by_port.port = told.port WHERE told.port IS NOT NULL GROUP BY told.port ORDER BY complaints DESC LIMIT 100`,
  }),
  bars([12, 9], {
    en: ['Complaints by source', 'In each step of time. Coloured spans: senders with a spike.'],
    zh: ['按来源的投诉', '各时间段内。色块为投诉激增的发送方。'],
    interval: '10m',
    query:
      'SELECT $__timeGroupAlias(ts, $__interval), source AS metric, count(*) AS complaints FROM complaint WHERE $__timeFilter(ts) GROUP BY 1, 2 ORDER BY 1',
  }),
])

const standing = (name: string, legend: Words): PromQuery => ({
  as: 'instant',
  expr: `max(sigwatch_complaint_deadlines{job=~"$job", standing="${name}"})`,
  legend,
})

const DEADLINES = section(20, 'Deadlines', '时限', [
  table([24, 10], {
    en: [
      'Deadlines of complaints',
      'Unanswered ones, with the dates that `complaints deadlines` computed last by its calendar of working days and holidays; none: it has not run since the complaint came. MIIT order 31: a report to 12321 is passed on within 5 working days and answered within 15 of its receipt, or of the complaint where the receipt is not known.',
    ],
    zh: [
      '投诉时限',
      '仅列尚未答复的投诉，日期由 `complaints deadlines` 按工作日与节假日日历最近一次算出；为空表示该命令在投诉到达后尚未运行。工信部令第31号：12321 举报五个工作日内转交，自收到之日起十五个工作日内答复；收到时间未知的，自投诉时间起算。',
    ],
    columns: [
      'complaint',
      { ts: time(['Made', '提出时间']) },
      'source',
      'category',
      'signature',
      'port',
      {
        name: ['Deadline', '时限'],
        days: ['Working days', '工作日'],
        ends: time(['Ends', '截止']),
        left: { name: ['Left', '剩余'], unit: 's' },
      },
    ],
    query: `SELECT id AS complaint, ts, source, category, signature, ${masked('port')} AS port, name, days, ends_at AS ends, extract(epoch FROM ends_at - now()) AS "left"
  FROM (${DUE}) d ORDER BY ends_at, ts LIMIT 200`,
  }),
  stat.count(18, {
    en: [
      'Deadlines that run out',
      'By the metrics of the archive, of all complaints without an answer: due: two working days are left at most; unknown: deadlines that have not been computed.',
    ],
    zh: [
      '即将到期的时限',
      '取自归档进程的指标，含全部未答复投诉：即将到期为剩余不超过两个工作日，未计算为尚未计算时限的投诉。',
    ],
    query: [
      standing('due', ['due', '即将到期']),
      standing('overdue', ['overdue', '已逾期']),
      standing('unknown', ['unknown', '未计算']),
    ],
  }),
  stat.seconds(6, {
    en: ['Deadlines computed', 'How long ago `complaints deadlines` computed them last.'],
    zh: ['时限计算时间', '距 `complaints deadlines` 最近一次计算的时间。'],
    query: { expr: 'time() - max(sigwatch_complaint_deadlines_computed_timestamp_seconds{job=~"$job"} > 0)' },
  }),
  table([8, 8], {
    en: ['Complaint categories', 'Categories by source.'],
    zh: ['投诉内容', '按来源的类别。'],
    columns: ['source', 'category', 'complaints'],
    query: `SELECT source, coalesce(category, '–') AS category, count(*) AS complaints FROM complaint WHERE $__timeFilter(ts) GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50`,
  }),
  table([16, 8], {
    en: [
      'Messages that were complained of',
      'Alerts on messages from that sender to the person who complained; a click opens the case.',
    ],
    zh: ['被投诉的短信', '该发送方发给投诉人的短信告警；点击查看案件。'],
    columns: ['id', 'complaint', 'signature', 'action', 'codes', 'text'],
    query: `SELECT a.id, c.id AS complaint, a.signature, a.action, array_to_string(a.codes, ', ') AS codes, a.event->'data'->'message'->>'text' AS text
  FROM complaint c JOIN alert a ON a.to_token = c.to_token AND (a.signature = c.signature OR a.port = c.port) AND a.ts <= c.ts
  WHERE $__timeFilter(c.ts) AND a.target_kind = 'message' ORDER BY c.ts DESC LIMIT 100`,
  }),
])

export const COMPLAINTS: DashboardSpec = {
  name: 'complaints',
  title: ['Complaints', '投诉'],
  says: [
    'Whom complaints are about, how many a million messages, and what is due when.',
    '投诉涉及谁、每百万短信多少，以及何时到期。',
  ],
  from: 'now-30d',
  variables: [ARCHIVE, DATASOURCE, JOB, DESK],
  annotations: [
    {
      name: ['Spikes', '激增'],
      color: 'red',
      query: { as: 'table', sql: periodsWhere(`codes @> ARRAY['COMPLAINT_SPIKE']`) },
    },
  ],
  sections: [GLANCE, WHOM, DEADLINES],
}
