import { share } from './columns.ts'
import { chart, stat, table } from './presets.ts'
import { type DashboardSpec, section } from './spec.ts'
import { masked, periodsWhere, statesWhere } from './sql.ts'
import { ARCHIVE, DATASOURCE, DESK, JOB } from './variables.ts'

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

const GLANCE = section(1, 'At a glance', '总览', [
  stat.count(6, {
    en: ['Bursts', 'Signatures that sent far more than usual and declared.'],
    zh: ['突发数', '发送量远超平时与申报量的签名。'],
    query: `SELECT count(DISTINCT target_id) AS bursts FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND type <> 'cleared' AND ${BURSTS}`,
  }),
  stat.count(6, {
    en: ['Campaigns over many senders', 'Templates that came from many ports or signatures.'],
    zh: ['多发送方群发', '来自多个端口或签名的同一模板。'],
    query: `SELECT count(DISTINCT target_id) AS campaigns FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND type <> 'cleared' AND ${CAMPAIGNS}`,
  }),
  stat.count(6, {
    en: ['Declared campaigns', 'Signatures that sent under a declared campaign.'],
    zh: ['已申报活动', '在已申报活动期间发送的签名。'],
    query:
      'SELECT count(DISTINCT signature) AS declared FROM sender_minute WHERE $__timeFilter(ts) AND declared IS NOT NULL',
  }),
  stat.count(6, {
    en: ['Open now', 'Bursts and campaigns that are open now, by the metrics.'],
    zh: ['当前未解除', '当前未解除的突发与群发，取自指标。'],
    query: {
      expr: 'sum(max by (job, code) (sigwatch_states_open{job=~"$job", code=~"MARKETING_BURST|CAMPAIGN_BURST"}))',
    },
  }),
])

const BURSTING = section(10, 'Bursts', '突发', [
  table(24, {
    en: [
      'Who burst, and against what',
      'The peak and the limit are messages a minute of the window that was judged; usual is the baseline. None declared: the burst was not announced.',
    ],
    zh: ['突发的签名及其对比基准', '峰值与上限为所判窗口的每分钟短信数；平时为基线。申报为空：未事先申报。'],
    columns: [
      'id',
      'signature',
      'from',
      'until',
      'action',
      {
        window: ['Window', '窗口'],
        peak: { name: ['Peak a minute', '峰值（每分钟）'], decimals: 0 },
        limit: { name: ['Limit a minute', '上限（每分钟）'], decimals: 0 },
      },
      'usual',
      { source: ['Baseline from', '基线来源'] },
      'declared',
    ],
    query: `SELECT id, target_id AS signature, raised AS "from", cleared AS until, action, ${evidence('window')} AS window, peak,
    (${evidence('limit')})::float8 / ${MINUTES} AS limit,
    (${evidence('baseline')})::float8 AS usual, ${evidence('baselineSource')} AS source, (${evidence('campaignAllowance')})::float8 AS declared
  FROM (SELECT s.*, peak FROM (${statesWhere(BURSTS)}) s JOIN (${PEAKS}) p USING (state_id, episode)) b
  ORDER BY raised DESC LIMIT 100`,
  }),
  chart.count([24, 10], {
    en: [
      'Bursting signatures',
      'Commercial messages a minute of the signatures that burst. Coloured spans: states.',
    ],
    zh: ['突发签名', '突发签名的每分钟商业短信。色块为状态。'],
    query: `SELECT $__timeGroupAlias(ts, $__interval), signature AS metric, sum(marketing + finance) / ($__interval_ms / 60000.0) AS messages
  FROM sender_minute WHERE $__timeFilter(ts) AND signature IN (
    SELECT target_id FROM alert WHERE $__timeFilter(ts) AND mode = 'enforce' AND target_kind = 'signature' AND ${BURSTS})
  GROUP BY 1, 2 ORDER BY 1`,
  }),
  table([24, 8], {
    en: [
      'Declared campaigns and their use',
      'The busiest minute against the allowance. Above 100 %: beyond what was declared.',
    ],
    zh: ['已申报活动及其使用', '峰值分钟与额度之比。超过 100 %：超出申报。'],
    columns: [
      'signature',
      'declared',
      'peak',
      { used: share(['Of the allowance', '占额度']) },
      'from',
      'until',
    ],
    query: `SELECT signature, max(declared) AS declared, max(commercial) AS peak, max(commercial::float8 / declared) AS used, min(ts) AS "from", max(ts) AS until
  FROM (${DECLARED}) d GROUP BY signature ORDER BY used DESC LIMIT 100`,
  }),
])

const TEMPLATES = section(20, 'Campaigns', '群发模板', [
  table([24, 10], {
    en: [
      'Templates over many senders',
      'One text from many ports or signatures, with an example whose numbers are replaced.',
    ],
    zh: ['多发送方的模板', '多个端口或签名发出的同一文本，附一例（号码已替换）。'],
    columns: [
      'id',
      'campaign',
      'from',
      'until',
      'action',
      'messages',
      'ports',
      'signatures',
      { sample: ['Example', '示例'] },
    ],
    query: `SELECT id, target_id AS campaign, raised AS "from", cleared AS until, action, (${evidence('messages')})::int AS messages,
    (${evidence('portCount')})::int AS ports, (${evidence('signatureCount')})::int AS signatures, event->'data'->'message'->>'text' AS sample
  FROM (${statesWhere(CAMPAIGNS)}) s ORDER BY raised DESC LIMIT 100`,
  }),
  table(24, {
    en: ['Samples of the templates', 'Up to five messages of each, masked.'],
    zh: ['模板样本', '每个模板至多五条短信，已脱敏。'],
    columns: ['campaign', 'port', 'text'],
    query: `SELECT DISTINCT target_id AS campaign, ${masked("sample->>'from'")} AS port, sample->>'text' AS text
  FROM alert CROSS JOIN LATERAL jsonb_array_elements(coalesce(event->'data'->'samples', '[]')) AS sample
  WHERE $__timeFilter(ts) AND mode = 'enforce' AND target_kind = 'campaign' AND ${CAMPAIGNS} ORDER BY 1 LIMIT 200`,
  }),
])

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
