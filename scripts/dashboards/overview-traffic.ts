import { chart, NEUTRAL, redFrom, stacked, stat } from './presets.ts'
import { max, perMinute, present, quantile, rate, ratio, sum } from './promql.ts'
import { section } from './spec.ts'

export const GLANCE = section(1, 'At a glance', '总览', [
  stat.perSecond(3, {
    en: ['Messages', 'Messages scored a second, all instances.'],
    zh: ['短信量', '所有实例每秒评分的短信数。'],
    thresholds: NEUTRAL,
    query: rate('sigwatch_messages_total'),
  }),
  stat.perMinute(3, {
    en: ['Block reasons', 'Reasons of enforced alerts with action block, a minute.'],
    zh: ['拦截原因数', '处置为拦截的正式告警，每分钟。'],
    thresholds: NEUTRAL,
    query: perMinute('sigwatch_alerts_total{action="block", mode="enforce"}'),
  }),
  stat.count(3, {
    en: ['Open states', 'States open now: bursts, floods, sublet ports, escalated forgeries.'],
    zh: ['未解除状态', '当前未解除的状态：突发、轰炸、转租端口、升级的仿冒。'],
    thresholds: NEUTRAL,
    query: { expr: 'sum(max by (job, code) (sigwatch_states_open{job=~"$job", instance=~"$instance"}))' },
  }),
  stat.seconds(3, {
    en: ['Alert latency p99', "From the broker's append of a message to the acknowledgement of its alert."],
    zh: ['告警延迟 p99', '从短信写入消息队列到其告警被确认。'],
    thresholds: redFrom(1, 0.5),
    query: quantile(0.99, 'sigwatch_alert_latency_seconds'),
  }),
  stat.seconds(3, {
    en: ['Backlog', 'Time to read the waiting records at the present rate.'],
    zh: ['积压', '按当前读取速度，读完等待中的记录所需的时间。'],
    thresholds: redFrom(60, 10),
    query: ratio(sum('sigwatch_consumer_lag_records'), rate('sigwatch_records_total')),
  }),
  stat.share(3, {
    en: ['Dead letters', 'Share of the input records that cannot be read.'],
    zh: ['死信', '无法读取的输入记录所占比例。'],
    thresholds: redFrom(0.01, 0.001),
    query: ratio(rate('sigwatch_dead_letters_total'), rate('sigwatch_records_total')),
  }),
  stat.count(3, {
    en: [
      'Rates',
      'Whether rates are counted. Degraded: Redis is slow or gone; text and registry rules go on.',
    ],
    zh: ['速率计数', '是否在统计速率。降级：Redis 缓慢或不可用；文本与备案规则照常。'],
    thresholds: redFrom(1),
    values: { '0': ['counted', '正常统计'], '1': ['degraded', '降级'] },
    query: max('sigwatch_features_degraded'),
  }),
  stat.seconds(3, {
    en: ['Progress', 'Longest time that work has waited without progress.'],
    zh: ['进展', '工作停滞等待的最长时间。'],
    thresholds: redFrom(1),
    values: { '0': ['going on', '正常'] },
    query: [
      max('sigwatch_consumer_stalled_seconds'),
      max('sigwatch_oldest_uncommitted_seconds', undefined, [
        'oldest uncommitted record',
        '最早未提交的记录',
      ]),
    ],
  }),
])

export const TRAFFIC = section(10, 'Traffic', '流量', [
  stacked.perSecond(8, {
    en: ['Messages by label', 'Labels assigned by the text model.'],
    zh: ['按标签的短信', '文本模型给短信的标签。'],
    query: rate('sigwatch_labelled_messages_total', 'label'),
  }),
  stacked.perSecond(8, {
    en: [
      'Messages by disposition',
      'Blocked: blocked elsewhere already; counted in the rates, alerted for nothing.',
    ],
    zh: ['按受理结果的短信', '已拦截：别处已经拦截；计入速率，不再告警。'],
    query: rate('sigwatch_messages_total', 'disposition'),
  }),
  chart.perSecond(8, {
    en: ['Findings by code', 'All findings on messages, including those without an action in the policy.'],
    zh: ['按原因代码的发现', '短信上的所有发现，包括策略不作处置的。'],
    query: present(rate('sigwatch_findings_total{mode="enforce"}', 'code')),
  }),
])

export const ALERTS = section(14, 'Alerts', '告警', [
  chart.perMinute(8, {
    en: ['Alert reasons by code', 'Enforced. An alert with several reasons counts once under each.'],
    zh: ['按代码的告警原因', '正式告警。有多个原因的告警在每个原因下各计一次。'],
    query: present(perMinute('sigwatch_alert_reasons_total{mode="enforce"}', 'code')),
  }),
  stacked.perMinute(8, {
    en: ['Alert reasons by action', 'Enforced, a minute.'],
    zh: ['按处置的告警', '正式告警，每分钟。'],
    query: perMinute('sigwatch_alerts_total{mode="enforce"}', 'action'),
  }),
  stacked.count(8, {
    en: ['Open states by code', 'The same on every instance of a deployment.'],
    zh: ['按代码的未解除状态', '同一部署的所有实例相同。'],
    query: present(max('sigwatch_states_open', 'job, code', '{{code}}')),
  }),
  chart.perMinute(8, {
    en: [
      'State changes',
      'Raised, updated and cleared events of enforced alerts; message alerts are raised only.',
    ],
    zh: ['状态变化', '正式告警的产生、更新和解除；短信告警只有产生。'],
    query: perMinute('sigwatch_alerts_total{mode="enforce"}', 'type'),
  }),
  chart.perSecond(8, {
    en: ['Shadow findings by code', 'What rules in shadow mode find: look here before a rule is enforced.'],
    zh: ['影子模式的发现', '影子模式规则的发现：正式启用前先看这里。'],
    query: present(rate('sigwatch_findings_total{mode="shadow"}', 'code')),
  }),
  stacked.perSecond(8, {
    en: ['Verdicts by action', 'Only when verdicts are named.'],
    zh: ['按处置的判定', '仅在配置了判定主题时有。'],
    query: [
      rate('sigwatch_verdicts_total', 'action'),
      rate('sigwatch_decided_messages_total', 'action', ['decided: {{action}}', '决定：{{action}}']),
    ],
  }),
  chart.perMinute(8, {
    id: 71,
    en: [
      'Alerts to people',
      'What `sigwatch notify` posts to Alertmanagers, what they refuse, and records that it cannot read.',
    ],
    zh: ['发给人的告警', 'sigwatch notify 发往 Alertmanager 的、被拒的，以及无法读取的记录。'],
    query: [
      perMinute('sigwatch_notices_posted_total', undefined, ['posted', '已发送']),
      perMinute('sigwatch_notices_refused_total', undefined, ['refused', '被拒绝']),
      perMinute('sigwatch_notify_unread_total', undefined, ['unreadable', '无法读取']),
      max('sigwatch_notices_open', undefined, ['open', '未结束']),
    ],
  }),
  chart.perSecond(8, {
    id: 70,
    en: [
      'Messages and alerts by tenant',
      'Of records that name one; tenants without rules in the policy are `other`.',
    ],
    zh: ['各租户的短信与告警', '记录带租户时有；策略中没有规则的租户计为 other。'],
    query: [
      rate('sigwatch_tenant_messages_total', 'tenant'),
      rate('sigwatch_tenant_alerts_total', 'tenant', ['alerts: {{tenant}}', '告警：{{tenant}}']),
    ],
  }),
])
