import type { Section } from './spec.ts'

export const ALERTS: Section = {
  id: 14,
  title: ['Alerts', '告警'],
  panels: [
    {
      id: 15,
      kind: 'timeseries',
      title: ['Alert reasons by code', '按代码的告警原因'],
      says: [
        'Enforced. An alert with several reasons counts once under each.',
        '正式告警。有多个原因的告警在每个原因下各计一次。',
      ],
      size: [8, 8],
      unit: 'cpm',
      queries: [
        {
          expr: 'sum by (code) (rate(sigwatch_alert_reasons_total{job=~"$job", instance=~"$instance", mode="enforce"}[$__rate_interval])) * 60 > 0',
          legend: '{{code}}',
        },
      ],
    },
    {
      id: 16,
      kind: 'timeseries',
      title: ['Alert reasons by action', '按处置的告警'],
      says: ['Enforced, a minute.', '正式告警，每分钟。'],
      size: [8, 8],
      unit: 'cpm',
      stacked: true,
      queries: [
        {
          expr: 'sum by (action) (rate(sigwatch_alerts_total{job=~"$job", instance=~"$instance", mode="enforce"}[$__rate_interval])) * 60',
          legend: '{{action}}',
        },
      ],
    },
    {
      id: 17,
      kind: 'timeseries',
      title: ['Open states by code', '按代码的未解除状态'],
      says: ['The same on every instance of a deployment.', '同一部署的所有实例相同。'],
      size: [8, 8],
      unit: 'short',
      stacked: true,
      queries: [
        {
          expr: 'max by (job, code) (sigwatch_states_open{job=~"$job", instance=~"$instance"}) > 0',
          legend: '{{code}}',
        },
      ],
    },
    {
      id: 18,
      kind: 'timeseries',
      title: ['State changes', '状态变化'],
      says: [
        'Raised, updated and cleared events of enforced alerts; message alerts are raised only.',
        '正式告警的产生、更新和解除；短信告警只有产生。',
      ],
      size: [8, 8],
      unit: 'cpm',
      queries: [
        {
          expr: 'sum by (type) (rate(sigwatch_alerts_total{job=~"$job", instance=~"$instance", mode="enforce"}[$__rate_interval])) * 60',
          legend: '{{type}}',
        },
      ],
    },
    {
      id: 19,
      kind: 'timeseries',
      title: ['Shadow findings by code', '影子模式的发现'],
      says: [
        'What rules in shadow mode find: look here before a rule is enforced.',
        '影子模式规则的发现：正式启用前先看这里。',
      ],
      size: [8, 8],
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (code) (rate(sigwatch_findings_total{job=~"$job", instance=~"$instance", mode="shadow"}[$__rate_interval])) > 0',
          legend: '{{code}}',
        },
      ],
    },
    {
      id: 20,
      kind: 'timeseries',
      title: ['Verdicts by action', '按处置的判定'],
      says: ['Only when verdicts are named.', '仅在配置了判定主题时有。'],
      size: [8, 8],
      unit: 'ops',
      stacked: true,
      queries: [
        {
          expr: 'sum by (action) (rate(sigwatch_verdicts_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{action}}',
        },
        {
          expr: 'sum by (action) (rate(sigwatch_decided_messages_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: ['decided: {{action}}', '决定：{{action}}'],
        },
      ],
    },
  ],
}
