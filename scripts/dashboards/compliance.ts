import * as c from './columns.ts'
import { type DashboardSpec, section } from './spec.ts'
import { arrayOf, ENTERPRISES, masked, RAISED_ON_MESSAGES, SENT_BY_ENTERPRISE, statesWhere } from './sql.ts'
import { ARCHIVE, DESK } from './variables.ts'

const table = (sql: string) => [{ as: 'table', sql } as const]
const evidence = (field: string) => `r->'evidence'->>'${field}'`

/** Duties, with the codes that tell of a breach. */
const DUTIES = {
  consent: ['NO_CONSENT', 'CONSENT_REASKED'],
  refusal: ['AFTER_OPT_OUT', 'OPT_OUT_MISSING'],
  quiet: ['QUIET_HOURS'],
  filing: ['SIGNATURE_MISSING', 'SIGNATURE_UNFILED', 'SIGNATURE_WRONG_PORT'],
  scope: ['SCOPE_EXPANDED'],
} as const
const ALL_CODES = Object.values(DUTIES).flat()
const BREACHES = `${RAISED_ON_MESSAGES} AND codes && ${arrayOf(ALL_CODES)}`
const BY_DUTY = Object.entries(DUTIES)
  .map(([duty, codes]) => `count(*) FILTER (WHERE codes && ${arrayOf(codes)}) AS ${duty}`)
  .join(', ')
const DUTY_COLUMNS = {
  consent: c.count(['Without consent', '未经同意']),
  refusal: c.count(['Refusal ignored or no way out', '退订未执行或无退订方式']),
  quiet: c.count(['In quiet hours', '静默时段']),
  filing: c.count(['Signature missing, unfiled or elsewhere', '签名缺失、未备案或端口不符']),
  scope: c.count(['Beyond its scope', '超出备案用途']),
}

const GLANCE = section(
  1,
  ['At a glance', '总览'],
  [
    {
      kind: 'stat',
      title: ['Messages with a breach', '违规短信'],
      says: ['Enforced alerts with a code of this page.', '带有本页代码的正式告警。'],
      size: [6, 4],
      unit: 'short',
      queries: table(`SELECT count(*) AS messages FROM alert WHERE ${BREACHES}`),
    },
    {
      kind: 'stat',
      title: ['Per ten thousand messages', '每万条短信'],
      says: ['Of all messages in the time.', '按所选时间内的全部短信计。'],
      size: [6, 4],
      unit: 'short',
      decimals: 1,
      queries: table(
        `SELECT (SELECT count(*) FROM alert WHERE ${BREACHES}) * 1e4 / nullif(sum(total), 0) AS rate FROM sender_minute WHERE $__timeFilter(ts)`,
      ),
    },
    {
      kind: 'stat',
      title: ['Unfiled signatures', '未备案签名'],
      says: ['Different signatures that no row of the registry covers.', '备案库中没有的不同签名。'],
      size: [6, 4],
      unit: 'short',
      queries: table(
        `SELECT count(DISTINCT signature) AS signatures FROM alert WHERE ${RAISED_ON_MESSAGES} AND codes @> ARRAY['SIGNATURE_UNFILED']`,
      ),
    },
    {
      kind: 'stat',
      title: ['Sublet ports', '转租端口'],
      says: ['Ports that carried more signatures than they may.', '所载签名超过允许数的端口号。'],
      size: [6, 4],
      unit: 'short',
      queries: table(
        `SELECT count(DISTINCT target_id) AS ports FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND codes @> ARRAY['PORT_SUBLET']`,
      ),
    },
  ],
)

const WHO = section(
  10,
  ['Who breaks which duty', '谁违反哪项义务'],
  [
    {
      kind: 'timeseries',
      title: ['Breaches by code', '按代码的违规'],
      says: [
        'In each step of time; a message with several codes counts under each.',
        '各时间段内；有多个代码的短信在各代码下计数。',
      ],
      size: [24, 8],
      interval: '1m',
      unit: 'short',
      stacked: true,
      bars: true,
      queries: [
        {
          as: 'time_series',
          sql: `SELECT $__timeGroupAlias(ts, $__interval), code AS metric, count(*) AS messages
  FROM alert CROSS JOIN LATERAL unnest(codes) AS code WHERE ${BREACHES} AND code = ANY (${arrayOf(ALL_CODES)}) GROUP BY 1, 2 ORDER BY 1`,
        },
      ],
    },
    {
      kind: 'table',
      title: ['Enterprises', '企业'],
      says: [
        'By the enterprise that submits for the signature and port, with what it sent; a dash: records name none.',
        '按该签名与端口号的提交企业，并列其发送量；短横表示记录中没有企业。',
      ],
      size: [24, 10],
      columns: {
        enterprise: c.ENTERPRISE,
        sent: c.MESSAGES,
        breaches: c.count(['Breaches', '违规数']),
        rate: { name: ['Per ten thousand', '每万条'], decimals: 1 },
        ...DUTY_COLUMNS,
      },
      values: c.NO_ENTERPRISE,
      queries: table(`WITH sent AS (${SENT_BY_ENTERPRISE}), of AS (${ENTERPRISES}),
  breach AS (
    SELECT coalesce(sp, '–') AS enterprise, count(*) AS breaches, ${BY_DUTY}
    FROM alert a LEFT JOIN of ON of.signature = coalesce(a.signature, '-') AND of.port = a.port WHERE ${BREACHES} GROUP BY 1
  )
  SELECT enterprise, sent, breaches, breaches * 1e4 / nullif(sent, 0) AS rate, ${Object.keys(DUTIES).join(', ')}
  FROM breach LEFT JOIN (SELECT sp AS enterprise, sum(sent) AS sent FROM sent GROUP BY 1) s USING (enterprise)
  ORDER BY breaches DESC LIMIT 100`),
    },
    {
      kind: 'table',
      title: ['Signatures and ports', '签名与端口号'],
      says: ['Senders with the most breaches.', '违规最多的发送方。'],
      size: [24, 10],
      columns: {
        signature: c.SIGNATURE,
        port: c.PORT,
        breaches: c.count(['Breaches', '违规数']),
        ...DUTY_COLUMNS,
      },
      queries: table(`SELECT signature, ${masked('port')} AS port, count(*) AS breaches, ${BY_DUTY}
  FROM alert WHERE ${BREACHES} GROUP BY signature, alert.port ORDER BY breaches DESC LIMIT 100`),
    },
  ],
)

const FILINGS = section(
  20,
  ['Filings', '备案'],
  [
    {
      kind: 'table',
      title: ['Signatures that are not filed', '未备案的签名'],
      says: ['Unknown, suspended, revoked or expired.', '未知、暂停、撤销或过期。'],
      size: [12, 9],
      columns: {
        signature: c.SIGNATURE,
        reason: { name: ['Reason', '原因'] },
        messages: c.MESSAGES,
        ports: c.PORTS,
        first: c.FIRST,
        last: c.LAST,
      },
      queries:
        table(`SELECT signature, ${evidence('reason')} AS reason, count(*) AS messages, count(DISTINCT port) AS ports, min(ts) AS first, max(ts) AS last
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE ${RAISED_ON_MESSAGES} AND codes @> ARRAY['SIGNATURE_UNFILED'] AND r->>'code' = 'SIGNATURE_UNFILED'
  GROUP BY 1, 2 ORDER BY messages DESC LIMIT 100`),
    },
    {
      kind: 'table',
      title: ['Ports that are sublet', '被转租的端口号'],
      says: ['With the signatures that were seen on each.', '附各端口号上出现的签名。'],
      size: [12, 9],
      columns: {
        id: c.ID,
        port: c.PORT,
        seen: c.SIGNATURES,
        allowed: c.count(['Allowed', '允许']),
        signatures: { name: ['Which', '哪些'] },
        from: c.FROM,
        until: c.UNTIL,
      },
      queries:
        table(`SELECT id, ${masked('target_id')} AS port, (r->'evidence'->>'count')::int AS seen, (r->'evidence'->>'allowed')::int AS allowed,
    (SELECT string_agg(name, '、') FROM jsonb_array_elements_text(r->'evidence'->'signatures') AS name) AS signatures, raised AS "from", cleared AS until
  FROM (${statesWhere(`codes @> ARRAY['PORT_SUBLET']`)}) s CROSS JOIN LATERAL (SELECT event->'data'->'reasons'->0 AS r) one
  ORDER BY seen DESC LIMIT 100`),
    },
    {
      kind: 'table',
      title: ['Consent and refusal', '同意与退订'],
      says: [
        'Why consent was missing: never given, ticked by default, or refused.',
        '缺少同意的原因：从未给予、默认勾选或已拒绝。',
      ],
      size: [12, 8],
      columns: {
        code: c.CODE,
        reason: { name: ['Reason', '原因'] },
        signature: c.SIGNATURE,
        messages: c.MESSAGES,
      },
      queries:
        table(`SELECT r->>'code' AS code, coalesce(${evidence('reason')}, '–') AS reason, signature, count(*) AS messages
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE ${RAISED_ON_MESSAGES} AND codes && ${arrayOf([...DUTIES.consent, 'AFTER_OPT_OUT'])} AND r->>'code' = ANY (${arrayOf([...DUTIES.consent, 'AFTER_OPT_OUT'])})
  GROUP BY 1, 2, 3 ORDER BY messages DESC LIMIT 100`),
    },
    {
      kind: 'table',
      title: ['Beyond the filed scope', '超出备案用途'],
      says: ['What was sent, and what is filed.', '实际发送与备案用途。'],
      size: [12, 8],
      columns: {
        signature: c.SIGNATURE,
        label: { name: ['Sent', '实际'] },
        scope: { name: ['Filed', '备案'] },
        messages: c.MESSAGES,
      },
      queries:
        table(`SELECT signature, ${evidence('label')} AS label, coalesce(${evidence('scope')}, '–') AS scope, count(*) AS messages
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE ${RAISED_ON_MESSAGES} AND codes @> ARRAY['SCOPE_EXPANDED'] AND r->>'code' = 'SCOPE_EXPANDED' GROUP BY 1, 2, 3 ORDER BY messages DESC LIMIT 100`),
    },
  ],
)

export const COMPLIANCE: DashboardSpec = {
  name: 'compliance',
  title: ['Compliance', '合规'],
  says: [
    'Consent, opt-out, quiet hours, filings and sublet ports, by enterprise and signature.',
    '同意、退订、静默时段、备案与端口转租，按企业与签名。',
  ],
  from: 'now-24h',
  variables: [ARCHIVE, DESK],
  annotations: [],
  sections: [GLANCE, WHO, FILINGS],
}
