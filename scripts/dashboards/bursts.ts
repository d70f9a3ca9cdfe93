import * as c from './columns.ts'
import { type DashboardSpec, section } from './spec.ts'
import { masked, periodsWhere, statesWhere } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

const table = (sql: string) => [{ as: 'table', sql } as const]
const BURSTS = `codes @> ARRAY['MARKETING_BURST']`
const CAMPAIGNS = `codes @> ARRAY['CAMPAIGN_BURST']`
const evidence = (field: string) => `event->'data'->'reasons'->0->'evidence'->>'${field}'`
/** Minutes of the window that was judged; of a slow climb the evidence tells them. */
const MINUTES = `CASE ${evidence('window')} WHEN '1m' THEN 1 WHEN '10m' THEN 10 WHEN '1h' THEN 60 ELSE coalesce((${evidence('minutes')})::float8, 60) END`

/** The peak of a burst: its events tell the count of the window at their moment. */
const PEAKS = `SELECT state_id, episode, max((${evidence('count')})::float8 / ${MINUTES}) AS peak
  FROM alert WHERE $__timeFilter(ts) AND state_id IS NOT NULL AND mode = 'enforce' AND ${BURSTS} GROUP BY state_id, episode`
const DECLARED = `SELECT signature, ts, sum(marketing + finance) AS commercial, max(declared) AS declared
  FROM sender_minute WHERE $__timeFilter(ts) AND declared IS NOT NULL GROUP BY signature, ts`

const GLANCE = section(
  1,
  ['At a glance', '总览'],
  [
    {
      kind: 'stat',
      title: ['Bursts', '突发数'],
      says: ['Signatures that sent far more than usual and declared.', '发送量远超平时与申报量的签名。'],
      size: [6, 4],
      unit: 'short',
      queries: table(
        `SELECT count(DISTINCT target_id) AS bursts FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND type <> 'cleared' AND ${BURSTS}`,
      ),
    },
    {
      kind: 'stat',
      title: ['Campaigns over many senders', '多发送方群发'],
      says: ['Templates that came from many ports or signatures.', '来自多个端口或签名的同一模板。'],
      size: [6, 4],
      unit: 'short',
      queries: table(
        `SELECT count(DISTINCT target_id) AS campaigns FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND type <> 'cleared' AND ${CAMPAIGNS}`,
      ),
    },
    {
      kind: 'stat',
      title: ['Declared campaigns', '已申报活动'],
      says: ['Signatures that sent under a declared campaign.', '在已申报活动期间发送的签名。'],
      size: [6, 4],
      unit: 'short',
      queries: table(
        'SELECT count(DISTINCT signature) AS declared FROM sender_minute WHERE $__timeFilter(ts) AND declared IS NOT NULL',
      ),
    },
    {
      kind: 'stat',
      title: ['Open now', '当前未解除'],
      says: ['Bursts and campaigns that are open now, by the metrics.', '当前未解除的突发与群发，取自指标。'],
      size: [6, 4],
      unit: 'short',
      queries: [
        {
          as: 'instant',
          expr: 'sum(max by (job, code) (sigwatch_states_open{job=~"$job", code=~"MARKETING_BURST|CAMPAIGN_BURST"}))',
        },
      ],
    },
  ],
)

const BURSTING = section(
  10,
  ['Bursts', '突发'],
  [
    {
      kind: 'table',
      title: ['Who burst, and against what', '突发的签名及其对比基准'],
      says: [
        'The peak and the limit are messages a minute of the window that was judged; usual is the baseline. None declared: the burst was not announced.',
        '峰值与上限为所判窗口的每分钟短信数；平时为基线。申报为空：未事先申报。',
      ],
      size: [24, 9],
      columns: {
        id: c.ID,
        signature: c.SIGNATURE,
        from: c.FROM,
        until: c.UNTIL,
        action: c.ACTION,
        window: { name: ['Window', '窗口'] },
        peak: { name: ['Peak a minute', '峰值（每分钟）'], decimals: 0 },
        limit: { name: ['Limit a minute', '上限（每分钟）'], decimals: 0 },
        usual: { name: ['Usual a minute', '平时（每分钟）'], decimals: 1 },
        source: { name: ['Baseline from', '基线来源'] },
        declared: c.count(['Declared a minute', '申报（每分钟）']),
      },
      queries:
        table(`SELECT id, target_id AS signature, raised AS "from", cleared AS until, action, ${evidence('window')} AS window, peak,
    (${evidence('limit')})::float8 / ${MINUTES} AS limit,
    (${evidence('baseline')})::float8 AS usual, ${evidence('baselineSource')} AS source, (${evidence('campaignAllowance')})::float8 AS declared
  FROM (SELECT s.*, peak FROM (${statesWhere(BURSTS)}) s JOIN (${PEAKS}) p USING (state_id, episode)) b
  ORDER BY raised DESC LIMIT 100`),
    },
    {
      kind: 'timeseries',
      title: ['Bursting signatures', '突发签名'],
      says: [
        'Commercial messages a minute of the signatures that burst. Coloured spans: states.',
        '突发签名的每分钟商业短信。色块为状态。',
      ],
      size: [24, 10],
      interval: '1m',
      unit: 'short',
      queries: [
        {
          as: 'time_series',
          sql: `SELECT $__timeGroupAlias(ts, $__interval), signature AS metric, sum(marketing + finance) / ($__interval_ms / 60000.0) AS messages
  FROM sender_minute WHERE $__timeFilter(ts) AND signature IN (
    SELECT target_id FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND target_kind = 'signature' AND ${BURSTS})
  GROUP BY 1, 2 ORDER BY 1`,
        },
      ],
    },
    {
      kind: 'table',
      title: ['Declared campaigns and their use', '已申报活动及其使用'],
      says: [
        'The busiest minute against the allowance. Above 100 %: beyond what was declared.',
        '峰值分钟与额度之比。超过 100 %：超出申报。',
      ],
      size: [24, 8],
      columns: {
        signature: c.SIGNATURE,
        declared: c.count(['Declared a minute', '申报（每分钟）']),
        peak: c.count(['Busiest minute', '峰值分钟']),
        used: c.share(['Of the allowance', '占额度']),
        from: c.FROM,
        until: c.UNTIL,
      },
      queries:
        table(`SELECT signature, max(declared) AS declared, max(commercial) AS peak, max(commercial::float8 / declared) AS used, min(ts) AS "from", max(ts) AS until
  FROM (${DECLARED}) d GROUP BY signature ORDER BY used DESC LIMIT 100`),
    },
  ],
)

const TEMPLATES = section(
  20,
  ['Campaigns', '群发模板'],
  [
    {
      kind: 'table',
      title: ['Templates over many senders', '多发送方的模板'],
      says: [
        'One text from many ports or signatures, with an example whose numbers are replaced.',
        '多个端口或签名发出的同一文本，附一例（号码已替换）。',
      ],
      size: [24, 10],
      columns: {
        id: c.ID,
        campaign: c.CAMPAIGN,
        from: c.FROM,
        until: c.UNTIL,
        action: c.ACTION,
        messages: c.MESSAGES,
        ports: c.PORTS,
        signatures: c.SIGNATURES,
        sample: { name: ['Example', '示例'] },
      },
      queries:
        table(`SELECT id, target_id AS campaign, raised AS "from", cleared AS until, action, (${evidence('messages')})::int AS messages,
    (${evidence('portCount')})::int AS ports, (${evidence('signatureCount')})::int AS signatures, event->'data'->'message'->>'text' AS sample
  FROM (${statesWhere(CAMPAIGNS)}) s ORDER BY raised DESC LIMIT 100`),
    },
    {
      kind: 'table',
      title: ['Samples of the templates', '模板样本'],
      says: ['Up to five messages of each, masked.', '每个模板至多五条短信，已脱敏。'],
      size: [24, 9],
      columns: {
        campaign: c.CAMPAIGN,
        port: c.PORT,
        text: { name: ['Message, masked', '短信（已脱敏）'] },
      },
      queries:
        table(`SELECT DISTINCT target_id AS campaign, ${masked("sample->>'from'")} AS port, sample->>'text' AS text
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(coalesce(event->'data'->'samples', '[]')) AS sample
  WHERE $__timeFilter(ts) AND mode = 'enforce' AND target_kind = 'campaign' AND ${CAMPAIGNS} ORDER BY 1 LIMIT 200`),
    },
  ],
)

export const BURSTS_AND_CAMPAIGNS: DashboardSpec = {
  name: 'bursts',
  title: ['Bursts and campaigns', '突发与群发'],
  says: [
    'Who sends far more than usual, what was declared, and texts that come from many senders.',
    '谁的发送量远超平时，哪些已申报，以及多个发送方发出的同一文本。',
  ],
  from: 'now-6h',
  variables: [ARCHIVE, DATASOURCE, JOB, DESK],
  annotations: [
    { name: ['Bursts', '突发'], color: 'orange', query: { as: 'table', sql: periodsWhere(BURSTS) } },
    { name: ['Campaigns', '群发'], color: 'purple', query: { as: 'table', sql: periodsWhere(CAMPAIGNS) } },
  ],
  sections: [GLANCE, BURSTING, TEMPLATES],
}
