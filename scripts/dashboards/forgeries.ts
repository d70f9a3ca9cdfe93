import * as c from './columns.ts'
import { type DashboardSpec, section } from './spec.ts'
import { FORGED, FORGERY_LIST, masked, maskedCallback, periodsWhere, statesWhere } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

const OF_BRAND = `brand LIKE \${brand:sqlstring}`
const HIT = `WITH forged AS (SELECT * FROM (${FORGED}) f WHERE ${OF_BRAND})`
const table = (sql: string) => [{ as: 'table', sql } as const]
const FORGERY_STATES = `codes && ${FORGERY_LIST}`

const GLANCE = section(
  1,
  ['At a glance', '总览'],
  [
    {
      kind: 'stat',
      title: ['Forged messages', '仿冒短信'],
      says: ['Messages that forge or imitate a brand.', '仿冒或模仿品牌的短信。'],
      size: [5, 4],
      unit: 'short',
      queries: table(`${HIT} SELECT count(DISTINCT id) AS messages FROM forged`),
    },
    {
      kind: 'stat',
      title: ['To be blocked', '应拦截'],
      says: ['Share of them with the action block.', '其中处置为拦截的比例。'],
      size: [5, 4],
      unit: 'percentunit',
      decimals: 1,
      queries: table(
        `${HIT} SELECT count(*) FILTER (WHERE action = 'block')::float8 / nullif(count(*), 0) AS share FROM forged`,
      ),
    },
    {
      kind: 'stat',
      title: ['Brands', '品牌数'],
      says: ['Brands that were forged.', '被仿冒的品牌。'],
      size: [4, 4],
      unit: 'short',
      queries: table(`${HIT} SELECT count(DISTINCT brand) AS brands FROM forged`),
    },
    {
      kind: 'stat',
      title: ['Domains', '域名数'],
      says: ['Hosts that the links lead to.', '链接指向的主机名。'],
      size: [5, 4],
      unit: 'short',
      queries: table(
        `${HIT} SELECT count(DISTINCT domain) AS domains FROM forged CROSS JOIN LATERAL unnest(domains) AS domain`,
      ),
    },
    {
      kind: 'stat',
      title: ['Forgeries found, last 5 minutes', '最近五分钟的仿冒'],
      says: ['By the metrics of the service, a minute.', '取自服务指标，每分钟。'],
      size: [5, 4],
      unit: 'cpm',
      queries: [
        {
          as: 'instant',
          expr: 'sum(rate(sigwatch_alert_reasons_total{job=~"$job", mode="enforce", code=~"FORGED_BRAND|LOOKALIKE_.*"}[5m])) * 60',
        },
      ],
    },
  ],
)

const BY_BRAND = section(
  10,
  ['By brand', '按品牌'],
  [
    {
      kind: 'table',
      title: ['Which brand is forged most', '哪个品牌被仿冒最多'],
      says: ['As written: the form that is used most.', '写法：最常用的写法。'],
      size: [12, 10],
      columns: {
        brand: c.BRAND,
        written: { name: ['As written', '写法'] },
        messages: c.MESSAGES,
        blocked: c.BLOCKED,
        domains: c.count(['Domains', '域名数']),
        ports: c.PORTS,
        first: c.FIRST,
        last: c.LAST,
      },
      queries:
        table(`${HIT} SELECT brand, mode() WITHIN GROUP (ORDER BY written) AS written, count(*) AS messages,
    count(*) FILTER (WHERE action = 'block') AS blocked,
    (SELECT count(DISTINCT domain) FROM forged o CROSS JOIN LATERAL unnest(o.domains) AS domain WHERE o.brand = forged.brand) AS domains,
    count(DISTINCT port) AS ports, min(ts) AS first, max(ts) AS last
  FROM forged GROUP BY brand ORDER BY messages DESC LIMIT 50`),
    },
    {
      kind: 'table',
      title: ['Through which domains', '通过哪些域名'],
      says: ['Messages by brand and host of the link.', '按品牌与链接主机名的短信数。'],
      size: [12, 10],
      columns: {
        brand: c.BRAND,
        domain: c.DOMAIN,
        messages: c.MESSAGES,
        ports: c.PORTS,
        signatures: c.SIGNATURES,
        first: c.FIRST,
        last: c.LAST,
      },
      queries:
        table(`${HIT} SELECT brand, domain, count(*) AS messages, count(DISTINCT port) AS ports, count(DISTINCT signature) AS signatures,
    min(ts) AS first, max(ts) AS last
  FROM forged CROSS JOIN LATERAL unnest(domains) AS domain GROUP BY brand, domain ORDER BY messages DESC LIMIT 100`),
    },
    {
      kind: 'timeseries',
      title: ['Forged messages by brand', '按品牌的仿冒短信'],
      says: [
        'In each step of time. Coloured spans: domains, senders and campaigns that forgeries escalated to.',
        '各时间段内。色块为仿冒升级到的域名、发送方与模板。',
      ],
      size: [24, 9],
      interval: '1m',
      unit: 'short',
      stacked: true,
      bars: true,
      queries: [
        {
          as: 'time_series',
          sql: `${HIT} SELECT $__timeGroupAlias(ts, $__interval), brand AS metric, count(*) AS messages FROM forged GROUP BY 1, 2 ORDER BY 1`,
        },
      ],
    },
  ],
)

const MEANS = section(
  20,
  ['How it is done', '手法'],
  [
    {
      kind: 'table',
      title: ['Look-alikes', '形近与音近'],
      says: [
        'Signatures and hosts that imitate a registered one, and how.',
        '模仿登记名称或域名的签名与主机名，及其方式。',
      ],
      size: [12, 9],
      columns: {
        imitation: { name: ['Imitation', '仿冒写法'] },
        original: { name: ['Original', '原名'] },
        how: { name: ['How', '方式'] },
        similarity: c.share(['Likeness', '相似度']),
        messages: c.MESSAGES,
      },
      queries:
        table(`${HIT} SELECT r->'evidence'->>'imitation' AS imitation, r->'evidence'->>'original' AS original, r->'evidence'->>'how' AS how,
    max((r->'evidence'->>'similarity')::float8) AS similarity, count(DISTINCT id) AS messages
  FROM forged CROSS JOIN LATERAL jsonb_array_elements(event->'data'->'reasons') r
  WHERE r->>'code' LIKE 'LOOKALIKE%' GROUP BY 1, 2, 3 ORDER BY messages DESC LIMIT 50`),
    },
    {
      kind: 'table',
      title: ['Numbers to call back', '回拨号码'],
      says: ['Telephone numbers in forged messages, masked.', '仿冒短信中的电话号码，已脱敏。'],
      size: [6, 9],
      columns: {
        callback: { name: ['Number, masked', '号码（已脱敏）'] },
        brand: c.BRAND,
        messages: c.MESSAGES,
      },
      queries:
        table(`${HIT} SELECT ${maskedCallback('callback')} AS callback, brand, count(DISTINCT id) AS messages
  FROM forged CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(event->'data'->'contacts'->'phones', '[]')) AS callback
  GROUP BY 1, 2 ORDER BY messages DESC LIMIT 50`),
    },
    {
      kind: 'table',
      title: ['Signatures that are used', '使用的签名'],
      says: ['Under which names the forgeries are sent.', '仿冒短信使用的签名。'],
      size: [6, 9],
      columns: { signature: c.SIGNATURE, messages: c.MESSAGES },
      queries:
        table(`${HIT} SELECT signature, count(DISTINCT id) AS messages FROM forged WHERE signature IS NOT NULL
  GROUP BY signature ORDER BY messages DESC LIMIT 50`),
    },
    {
      kind: 'table',
      title: ['What it escalated to', '升级的状态'],
      says: [
        'Domains, senders and campaigns that are to be blocked or reviewed as a whole.',
        '需整体拦截或审查的域名、发送方与模板。',
      ],
      size: [24, 9],
      columns: {
        id: c.ID,
        code: c.CODE,
        kind: c.KIND,
        target: c.TARGET,
        from: c.FROM,
        until: c.UNTIL,
        action: c.ACTION,
        messages: c.MESSAGES,
        recipients: c.count(['Recipients', '收信人数']),
      },
      queries:
        table(`SELECT id, code, target_kind AS kind, ${masked('target_id')} AS target, raised AS "from", cleared AS until, action,
    (event->'data'->'reasons'->0->'evidence'->>'messages')::int AS messages, (event->'data'->'reasons'->0->'evidence'->>'recipients')::int AS recipients
  FROM (${statesWhere(FORGERY_STATES)}) s WHERE event->'data'->'reasons'->0->'evidence'->>'brand' LIKE \${brand:sqlstring} ORDER BY raised DESC LIMIT 100`),
    },
  ],
)

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
