import { count, NO_ENTERPRISE, standardColumn } from './columns.ts'
import { bars, stat, table } from './presets.ts'
import { type DashboardSpec, section } from './spec.ts'
import { arrayOf, ENTERPRISES, masked, RAISED_ON_MESSAGES, SENT_BY_ENTERPRISE, statesWhere } from './sql.ts'
import { ARCHIVE, DESK } from './variables.ts'

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
  consent: count(['Without consent', '未经同意']),
  refusal: count(['Refusal ignored or no way out', '退订未执行或无退订方式']),
  quiet: count(['In quiet hours', '静默时段']),
  filing: count(['Signature missing, unfiled or elsewhere', '签名缺失、未备案或端口不符']),
  scope: count(['Beyond its scope', '超出备案用途']),
}

const GLANCE = section(1, 'At a glance', '总览', [
  stat.count(6, {
    en: ['Messages with a breach', 'Enforced alerts with a code of this page.'],
    zh: ['违规短信', '带有本页代码的正式告警。'],
    query: `SELECT count(*) AS messages FROM alert WHERE ${BREACHES}`,
  }),
  stat.count(6, {
    en: ['Per ten thousand messages', 'Of all messages in the time.'],
    zh: ['每万条短信', '按所选时间内的全部短信计。'],
    decimals: 1,
    query: `SELECT (SELECT count(*) FROM alert WHERE ${BREACHES}) * 1e4 / nullif(sum(total), 0) AS rate FROM sender_minute WHERE $__timeFilter(ts)`,
  }),
  stat.count(6, {
    en: ['Unfiled signatures', 'Distinct signatures not covered by the registry.'],
    zh: ['未备案签名', '备案库中没有的不同签名。'],
    query: `SELECT count(DISTINCT signature) AS signatures FROM alert WHERE ${RAISED_ON_MESSAGES} AND codes @> ARRAY['SIGNATURE_UNFILED']`,
  }),
  stat.count(6, {
    en: ['Sublet ports', 'Ports that carried more signatures than they may.'],
    zh: ['转租端口', '所载签名超过允许数的端口号。'],
    query: `SELECT count(DISTINCT target_id) AS ports FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND codes @> ARRAY['PORT_SUBLET']`,
  }),
])

const WHO = section(10, 'Who breaks which duty', '谁违反哪项义务', [
  bars(24, {
    en: ['Breaches by code', 'In each step of time; a message with several codes counts under each.'],
    zh: ['按代码的违规', '各时间段内；有多个代码的短信在各代码下计数。'],
    query: `SELECT $__timeGroupAlias(ts, $__interval), code AS metric, count(*) AS messages
  FROM alert CROSS JOIN LATERAL unnest(codes) AS code WHERE ${BREACHES} AND code = ANY (${arrayOf(ALL_CODES)}) GROUP BY 1, 2 ORDER BY 1`,
  }),
  table([24, 10], {
    en: [
      'Enterprises',
      'By the enterprise that submits for the signature and port, with what it sent; a dash: records name none.',
    ],
    zh: ['企业', '按该签名与端口号的提交企业，并列其发送量；短横表示记录中没有企业。'],
    values: NO_ENTERPRISE,
    columns: [
      'enterprise',
      'sent',
      'breaches',
      { rate: { name: ['Per ten thousand', '每万条'], decimals: 1 } },
      DUTY_COLUMNS,
    ],
    query: `WITH sent AS (${SENT_BY_ENTERPRISE}), of AS (${ENTERPRISES}),
  breach AS (
    SELECT coalesce(sp, '–') AS enterprise, count(*) AS breaches, ${BY_DUTY}
    FROM alert a LEFT JOIN of ON of.signature = coalesce(a.signature, '-') AND of.port = a.port WHERE ${BREACHES} GROUP BY 1
  )
  SELECT enterprise, sent, breaches, breaches * 1e4 / nullif(sent, 0) AS rate, ${Object.keys(DUTIES).join(', ')}
  FROM breach LEFT JOIN (SELECT sp AS enterprise, sum(sent) AS sent FROM sent GROUP BY 1) s USING (enterprise)
  ORDER BY breaches DESC LIMIT 100`,
  }),
  table([24, 10], {
    en: ['Signatures and ports', 'Senders with the most breaches.'],
    zh: ['签名与端口号', '违规最多的发送方。'],
    columns: ['signature', 'port', 'breaches', DUTY_COLUMNS],
    query: `SELECT signature, ${masked('port')} AS port, count(*) AS breaches, ${BY_DUTY}
  FROM alert WHERE ${BREACHES} GROUP BY signature, alert.port ORDER BY breaches DESC LIMIT 100`,
  }),
])

const FILINGS = section(20, 'Filings', '备案', [
  table(12, {
    en: ['Signatures that are not filed', 'Unknown, suspended, revoked or expired.'],
    zh: ['未备案的签名', '未知、暂停、撤销或过期。'],
    columns: ['signature', 'reason', 'messages', 'ports', 'first', 'last'],
    query: `SELECT signature, ${evidence('reason')} AS reason, count(*) AS messages, count(DISTINCT port) AS ports, min(ts) AS first, max(ts) AS last
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE ${RAISED_ON_MESSAGES} AND codes @> ARRAY['SIGNATURE_UNFILED'] AND r->>'code' = 'SIGNATURE_UNFILED'
  GROUP BY 1, 2 ORDER BY messages DESC LIMIT 100`,
  }),
  table(12, {
    en: ['Ports that are sublet', 'With the signatures that were seen on each.'],
    zh: ['被转租的端口号', '附各端口号上出现的签名。'],
    columns: [
      'id',
      'port',
      {
        seen: standardColumn('signatures'),
        allowed: count(['Allowed', '允许']),
        signatures: ['Which', '哪些'],
      },
      'from',
      'until',
    ],
    query: `SELECT id, ${masked('target_id')} AS port, (r->'evidence'->>'count')::int AS seen, (r->'evidence'->>'allowed')::int AS allowed,
    (SELECT string_agg(name, '、') FROM jsonb_array_elements_text(r->'evidence'->'signatures') AS name) AS signatures, raised AS "from", cleared AS until
  FROM (${statesWhere(`codes @> ARRAY['PORT_SUBLET']`)}) s CROSS JOIN LATERAL (SELECT event->'data'->'reasons'->0 AS r) one
  ORDER BY seen DESC LIMIT 100`,
  }),
  table([12, 8], {
    en: ['Consent and refusal', 'Why consent was missing: never given, ticked by default, or refused.'],
    zh: ['同意与退订', '缺少同意的原因：从未给予、默认勾选或已拒绝。'],
    columns: ['code', 'reason', 'signature', 'messages'],
    query: `SELECT r->>'code' AS code, coalesce(${evidence('reason')}, '–') AS reason, signature, count(*) AS messages
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE ${RAISED_ON_MESSAGES} AND codes && ${arrayOf([...DUTIES.consent, 'AFTER_OPT_OUT'])} AND r->>'code' = ANY (${arrayOf([...DUTIES.consent, 'AFTER_OPT_OUT'])})
  GROUP BY 1, 2, 3 ORDER BY messages DESC LIMIT 100`,
  }),
  table([12, 8], {
    en: ['Beyond the filed scope', 'What was sent, and what is filed.'],
    zh: ['超出备案用途', '实际发送与备案用途。'],
    columns: ['signature', { label: ['Sent', '实际'], scope: ['Filed', '备案'] }, 'messages'],
    query: `SELECT signature, ${evidence('label')} AS label, coalesce(${evidence('scope')}, '–') AS scope, count(*) AS messages
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE ${RAISED_ON_MESSAGES} AND codes @> ARRAY['SCOPE_EXPANDED'] AND r->>'code' = 'SCOPE_EXPANDED' GROUP BY 1, 2, 3 ORDER BY messages DESC LIMIT 100`,
  }),
])

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
