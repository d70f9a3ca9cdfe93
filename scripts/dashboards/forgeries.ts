import { count, share } from './columns.ts'
import { bars, stat, table } from './presets.ts'
import { type DashboardSpec, section } from './spec.ts'
import { FORGED, FORGERY_LIST, masked, maskedCallback, periodsWhere, statesWhere } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

const OF_BRAND = `brand LIKE \${brand:sqlstring}`
const HIT = `WITH forged AS (SELECT * FROM (${FORGED}) f WHERE ${OF_BRAND})`
const FORGERY_STATES = `codes && ${FORGERY_LIST}`

const GLANCE = section(1, 'At a glance', '总览', [
  stat.count(5, {
    en: ['Forged messages', 'Messages that forge or imitate a brand.'],
    zh: ['仿冒短信', '仿冒或模仿品牌的短信。'],
    query: `${HIT} SELECT count(DISTINCT id) AS messages FROM forged`,
  }),
  stat.share(5, {
    en: ['To be blocked', 'Share of these with the action block.'],
    zh: ['应拦截', '其中处置为拦截的比例。'],
    decimals: 1,
    query: `${HIT} SELECT count(*) FILTER (WHERE action = 'block')::float8 / nullif(count(*), 0) AS share FROM forged`,
  }),
  stat.count(4, {
    en: ['Brands', 'Brands that were forged.'],
    zh: ['品牌数', '被仿冒的品牌。'],
    query: `${HIT} SELECT count(DISTINCT brand) AS brands FROM forged`,
  }),
  stat.count(5, {
    en: ['Domains', 'Hosts of the links.'],
    zh: ['域名数', '链接指向的主机名。'],
    query: `${HIT} SELECT count(DISTINCT domain) AS domains FROM forged CROSS JOIN LATERAL unnest(domains) AS domain`,
  }),
  stat.perMinute(5, {
    en: ['Forgeries found, last 5 minutes', 'By the metrics of the service, a minute.'],
    zh: ['最近五分钟的仿冒', '取自服务指标，每分钟。'],
    query: {
      expr: 'sum(rate(sigwatch_alert_reasons_total{job=~"$job", mode="enforce", code=~"FORGED_BRAND|LOOKALIKE_.*"}[5m])) * 60',
    },
  }),
])

const BY_BRAND = section(10, 'By brand', '按品牌', [
  table([12, 10], {
    en: ['Which brand is forged most', 'As written: the form that is used most.'],
    zh: ['哪个品牌被仿冒最多', '写法：最常用的写法。'],
    columns: [
      'brand',
      { written: ['As written', '写法'] },
      'messages',
      'blocked',
      { domains: count(['Domains', '域名数']) },
      'ports',
      'first',
      'last',
    ],
    query: `${HIT} SELECT brand, mode() WITHIN GROUP (ORDER BY written) AS written, count(*) AS messages,
    count(*) FILTER (WHERE action = 'block') AS blocked,
    (SELECT count(DISTINCT domain) FROM forged o CROSS JOIN LATERAL unnest(o.domains) AS domain WHERE o.brand = forged.brand) AS domains,
    count(DISTINCT port) AS ports, min(ts) AS first, max(ts) AS last
  FROM forged GROUP BY brand ORDER BY messages DESC LIMIT 50`,
  }),
  table([12, 10], {
    en: ['Domains by brand', 'Messages by brand and host of the link.'],
    zh: ['通过哪些域名', '按品牌与链接主机名的短信数。'],
    columns: ['brand', 'domain', 'messages', 'ports', 'signatures', 'first', 'last'],
    query: `${HIT} SELECT brand, domain, count(*) AS messages, count(DISTINCT port) AS ports, count(DISTINCT signature) AS signatures,
    min(ts) AS first, max(ts) AS last
  FROM forged CROSS JOIN LATERAL unnest(domains) AS domain GROUP BY brand, domain ORDER BY messages DESC LIMIT 100`,
  }),
  bars([24, 9], {
    en: [
      'Forged messages by brand',
      'In each step of time. Coloured spans: domains, senders and campaigns that forgeries escalated to.',
    ],
    zh: ['按品牌的仿冒短信', '各时间段内。色块为仿冒升级到的域名、发送方与模板。'],
    query: `${HIT} SELECT $__timeGroupAlias(ts, $__interval), brand AS metric, count(*) AS messages FROM forged GROUP BY 1, 2 ORDER BY 1`,
  }),
])

const MEANS = section(20, 'How it is done', '手法', [
  table(12, {
    en: ['Look-alikes', 'Signatures and hosts that imitate a registered one, and how.'],
    zh: ['形近与音近', '模仿登记名称或域名的签名与主机名，及其方式。'],
    columns: [
      {
        imitation: ['Imitation', '仿冒写法'],
        original: ['Original', '原名'],
        how: ['How', '方式'],
        similarity: share(['Likeness', '相似度']),
      },
      'messages',
    ],
    query: `${HIT} SELECT r->'evidence'->>'imitation' AS imitation, r->'evidence'->>'original' AS original, r->'evidence'->>'how' AS how,
    max((r->'evidence'->>'similarity')::float8) AS similarity, count(DISTINCT id) AS messages
  FROM forged CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE r->>'code' LIKE 'LOOKALIKE%' GROUP BY 1, 2, 3 ORDER BY messages DESC LIMIT 50`,
  }),
  table(6, {
    en: ['Numbers to call back', 'Telephone numbers in forged messages, masked.'],
    zh: ['回拨号码', '仿冒短信中的电话号码，已脱敏。'],
    columns: [{ callback: ['Number, masked', '号码（已脱敏）'] }, 'brand', 'messages'],
    query: `${HIT} SELECT ${maskedCallback('callback')} AS callback, brand, count(DISTINCT id) AS messages
  FROM forged CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(event->'data'->'contacts'->'phones', '[]')) AS callback
  GROUP BY 1, 2 ORDER BY messages DESC LIMIT 50`,
  }),
  table(6, {
    en: ['Signatures in use', 'Signatures under which the forgeries are sent.'],
    zh: ['使用的签名', '仿冒短信使用的签名。'],
    columns: ['signature', 'messages'],
    query: `${HIT} SELECT signature, count(DISTINCT id) AS messages FROM forged WHERE signature IS NOT NULL
  GROUP BY signature ORDER BY messages DESC LIMIT 50`,
  }),
  table(24, {
    en: [
      'What it escalated to',
      'Domains, senders and campaigns that are to be blocked or reviewed as a whole.',
    ],
    zh: ['升级的状态', '需整体拦截或审查的域名、发送方与模板。'],
    columns: [
      'id',
      'code',
      'kind',
      'target',
      'from',
      'until',
      'action',
      'messages',
      { recipients: count(['Recipients', '收信人数']) },
    ],
    query: `SELECT id, code, target_kind AS kind, ${masked('target_id')} AS target, raised AS "from", cleared AS until, action,
    (event->'data'->'reasons'->0->'evidence'->>'messages')::int AS messages, (event->'data'->'reasons'->0->'evidence'->>'recipients')::int AS recipients
  FROM (${statesWhere(FORGERY_STATES)}) s WHERE event->'data'->'reasons'->0->'evidence'->>'brand' LIKE \${brand:sqlstring} ORDER BY raised DESC LIMIT 100`,
  }),
])

export const FORGERIES: DashboardSpec = {
  name: 'forgeries',
  title: ['Forgeries', '仿冒'],
  says: [
    'Which brands are forged, through which domains, by whom and how.',
    '哪些品牌被仿冒，通过哪些域名，由谁、以何种手法。',
  ],
  from: 'now-6h',
  variables: [
    ARCHIVE,
    {
      kind: 'sql',
      name: 'brand',
      label: ['Brand', '品牌'],
      all: "'%'",
      sql: `SELECT DISTINCT brand FROM (${FORGED}) f ORDER BY 1`,
    },
    DATASOURCE,
    JOB,
    DESK,
  ],
  annotations: [
    { name: ['Escalated', '升级'], color: 'red', query: { as: 'table', sql: periodsWhere(FORGERY_STATES) } },
  ],
  sections: [GLANCE, BY_BRAND, MEANS],
}
