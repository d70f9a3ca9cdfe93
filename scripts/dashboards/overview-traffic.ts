import type { Section } from './spec.ts'

export const GLANCE: Section = {
  id: 1,
  title: ['At a glance', '总览'],
  panels: [
    {
      id: 2,
      kind: 'stat',
      title: ['Messages', '短信量'],
      says: ['Messages scored a second, all instances.', '所有实例每秒评分的短信数。'],
      size: [3, 4],
      unit: 'ops',
      thresholds: [['blue', null]],
      queries: [
        {
          expr: 'sum(rate(sigwatch_messages_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          as: 'instant',
        },
      ],
    },
    {
      id: 3,
      kind: 'stat',
      title: ['Block reasons', '拦截原因数'],
      says: ['Reasons of enforced alerts with action block, a minute.', '处置为拦截的正式告警，每分钟。'],
      size: [3, 4],
      unit: 'cpm',
      thresholds: [['blue', null]],
      queries: [
        {
          expr: 'sum(rate(sigwatch_alerts_total{job=~"$job", instance=~"$instance", action="block", mode="enforce"}[$__rate_interval])) * 60',
          as: 'instant',
        },
      ],
    },
    {
      id: 4,
      kind: 'stat',
      title: ['Open states', '未解除状态'],
      says: [
        'States open now: bursts, floods, sublet ports, escalated forgeries.',
        '当前未解除的状态：突发、轰炸、转租端口、升级的仿冒。',
      ],
      size: [3, 4],
      unit: 'short',
      thresholds: [['blue', null]],
      queries: [
        {
          expr: 'sum(max by (job, code) (sigwatch_states_open{job=~"$job", instance=~"$instance"}))',
          as: 'instant',
        },
      ],
    },
    {
      id: 5,
      kind: 'stat',
      title: ['Alert latency p99', '告警延迟 p99'],
      says: [
        "From the broker's append of a message to the acknowledgement of its alert.",
        '从短信写入消息队列到其告警被确认。',
      ],
      size: [3, 4],
      unit: 's',
      thresholds: [
        ['green', null],
        ['yellow', 0.5],
        ['red', 1],
      ],
      queries: [
        {
          expr: 'histogram_quantile(0.99, sum by (le) (rate(sigwatch_alert_latency_seconds_bucket{job=~"$job", instance=~"$instance"}[$__rate_interval])))',
          as: 'instant',
        },
      ],
    },
    {
      id: 6,
      kind: 'stat',
      title: ['Backlog', '积压'],
      says: [
        'Records that wait, at the present rate of reading.',
        '按当前读取速度，读完等待中的记录所需的时间。',
      ],
      size: [3, 4],
      unit: 's',
      thresholds: [
        ['green', null],
        ['yellow', 10],
        ['red', 60],
      ],
      queries: [
        {
          expr: 'sum(sigwatch_consumer_lag_records{job=~"$job", instance=~"$instance"}) / (sum(rate(sigwatch_records_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) > 0)',
          as: 'instant',
        },
      ],
    },
    {
      id: 7,
      kind: 'stat',
      title: ['Dead letters', '死信'],
      says: ['Share of the input records that cannot be read.', '无法读取的输入记录所占比例。'],
      size: [3, 4],
      unit: 'percentunit',
      thresholds: [
        ['green', null],
        ['yellow', 0.001],
        ['red', 0.01],
      ],
      queries: [
        {
          expr: 'sum(rate(sigwatch_dead_letters_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) / (sum(rate(sigwatch_records_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) > 0)',
          as: 'instant',
        },
      ],
    },
    {
      id: 8,
      kind: 'stat',
      title: ['Rates', '速率计数'],
      says: [
        'Whether rates are counted. Degraded: Redis is slow or gone; text and registry rules go on.',
        '是否在统计速率。降级：Redis 缓慢或不可用；文本与备案规则照常。',
      ],
      size: [3, 4],
      unit: 'short',
      thresholds: [
        ['green', null],
        ['red', 1],
      ],
      values: { '0': ['counted', '正常统计'], '1': ['degraded', '降级'] },
      queries: [
        { expr: 'max(sigwatch_features_degraded{job=~"$job", instance=~"$instance"})', as: 'instant' },
      ],
    },
    {
      id: 9,
      kind: 'stat',
      title: ['Progress', '进展'],
      says: ['Longest time that work has waited without progress.', '工作停滞等待的最长时间。'],
      size: [3, 4],
      unit: 's',
      thresholds: [
        ['green', null],
        ['red', 1],
      ],
      values: { '0': ['going on', '正常'] },
      queries: [
        { expr: 'max(sigwatch_consumer_stalled_seconds{job=~"$job", instance=~"$instance"})', as: 'instant' },
        {
          expr: 'max(sigwatch_oldest_uncommitted_seconds{job=~"$job", instance=~"$instance"})',
          legend: ['oldest uncommitted record', '最早未提交的记录'],
        },
      ],
    },
  ],
}

export const TRAFFIC: Section = {
  id: 10,
  title: ['Traffic', '流量'],
  panels: [
    {
      id: 11,
      kind: 'timeseries',
      title: ['Messages by label', '按标签的短信'],
      says: ['What the text model says the messages are.', '文本模型给短信的标签。'],
      size: [8, 8],
      unit: 'ops',
      stacked: true,
      queries: [
        {
          expr: 'sum by (label) (rate(sigwatch_labelled_messages_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{label}}',
        },
      ],
    },
    {
      id: 12,
      kind: 'timeseries',
      title: ['Messages by disposition', '按受理结果的短信'],
      says: [
        'Blocked: blocked elsewhere already; counted in the rates, alerted for nothing.',
        '已拦截：别处已经拦截；计入速率，不再告警。',
      ],
      size: [8, 8],
      unit: 'ops',
      stacked: true,
      queries: [
        {
          expr: 'sum by (disposition) (rate(sigwatch_messages_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{disposition}}',
        },
      ],
    },
    {
      id: 13,
      kind: 'timeseries',
      title: ['Findings by code', '按原因代码的发现'],
      says: [
        'Every finding on a message, also those that policy gives no action.',
        '短信上的所有发现，包括策略不作处置的。',
      ],
      size: [8, 8],
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (code) (rate(sigwatch_findings_total{job=~"$job", instance=~"$instance", mode="enforce"}[$__rate_interval])) > 0',
          legend: '{{code}}',
        },
      ],
    },
  ],
}
