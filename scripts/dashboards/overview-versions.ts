import type { Section } from './spec.ts'

export const VERSIONS: Section = {
  id: 42,
  title: ['Model, policy, registry', '模型、策略、备案库'],
  panels: [
    {
      id: 43,
      kind: 'table',
      title: ['Versions in use', '使用中的版本'],
      says: [
        'One row an instance and thing. Instances of one deployment should agree.',
        '每个实例每项一行。同一部署的实例应当一致。',
      ],
      size: [12, 8],
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: {
              Time: true,
              Value: true,
              __name__: true,
              'Value #A': true,
              'Value #B': true,
              'Value #C': true,
              'Value #D': true,
            },
          },
        },
      ],
      queries: [
        { expr: 'sigwatch_build_info{job=~"$job", instance=~"$instance"}', as: 'table' },
        { expr: 'sigwatch_model_info{job=~"$job", instance=~"$instance"}', as: 'table' },
        { expr: 'sigwatch_policy_info{job=~"$job", instance=~"$instance"}', as: 'table' },
        { expr: 'sigwatch_registry_info{job=~"$job", instance=~"$instance"}', as: 'table' },
      ],
    },
    {
      id: 44,
      kind: 'timeseries',
      title: ['Registry entries', '备案库条目'],
      says: ['Brands, signatures and ports in use.', '使用中的品牌、签名和端口数。'],
      size: [6, 8],
      unit: 'short',
      queries: [
        {
          expr: 'max by (kind) (sigwatch_registry_entries{job=~"$job", instance=~"$instance"})',
          legend: '{{kind}}',
        },
      ],
    },
    {
      id: 45,
      kind: 'timeseries',
      title: ['Loads', '加载'],
      says: ['Loads of model, policy and registry in an hour.', '一小时内模型、策略和备案库的加载次数。'],
      size: [6, 8],
      unit: 'short',
      queries: [
        {
          expr: 'sum by (what, outcome) (increase(sigwatch_loads_total{job=~"$job", instance=~"$instance"}[1h]))',
          legend: '{{what}} {{outcome}}',
        },
      ],
    },
    {
      id: 46,
      kind: 'timeseries',
      title: ['Side inputs', '旁路输入'],
      says: ['Rows taken and refused.', '接受与拒绝的行数。'],
      size: [8, 8],
      unit: 'ops',
      queries: [
        {
          expr: 'sum by (input, outcome) (rate(sigwatch_side_input_rows_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{input}} {{outcome}}',
        },
        {
          expr: 'sum by (verdict, outcome) (rate(sigwatch_feedback_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: '{{verdict}} {{outcome}}',
        },
        {
          expr: 'sum by (what) (rate(sigwatch_capped_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))',
          legend: ['{{what}} over the cap of a sender', '超过单一发送方上限的{{what}}'],
        },
      ],
    },
    {
      id: 47,
      kind: 'timeseries',
      title: ['Model share of the time', '模型占时'],
      says: ['Classify stage: seconds a second, by backend.', '分类阶段：每秒的秒数，按后端。'],
      size: [8, 8],
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum by (backend) (rate(sigwatch_stage_seconds_sum{job=~"$job", instance=~"$instance", stage="classify"}[$__rate_interval]) * on (job, instance) group_left (backend) sigwatch_model_info{job=~"$job", instance=~"$instance"})',
          legend: '{{backend}}',
        },
      ],
    },
    {
      id: 53,
      kind: 'timeseries',
      title: ['Texts that were known', '已知文本'],
      says: [
        'Share of the texts whose reading and scores were kept from an earlier message, and how many are kept. A blast brings it near 1.',
        '沿用先前读取与评分结果的文本所占比例，以及保留的条数。群发时接近 1。',
      ],
      size: [8, 8],
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum by (instance) (rate(sigwatch_text_cache_lookups_total{job=~"$job", instance=~"$instance", result="hit"}[$__rate_interval])) / (sum by (instance) (rate(sigwatch_text_cache_lookups_total{job=~"$job", instance=~"$instance"}[$__rate_interval])) > 0)',
          legend: '{{instance}}',
        },
        {
          expr: 'max by (instance) (sigwatch_text_cache_entries{job=~"$job", instance=~"$instance"})',
          legend: ['kept by {{instance}}', '{{instance}} 保留'],
        },
      ],
    },
    {
      id: 54,
      kind: 'timeseries',
      title: ['Precision by code', '各代码的查准率'],
      says: [
        'Share of the alerts that analysts confirmed among those that they judged, by code.',
        '分析员判断过的告警中被确认的比例，按代码。',
      ],
      size: [12, 8],
      unit: 'percentunit',
      queries: [
        {
          expr: 'sum by (code) (increase(sigwatch_judged_alerts_total{job=~"$job", instance=~"$instance", verdict="confirmed"}[$__range])) / (sum by (code) (increase(sigwatch_judged_alerts_total{job=~"$job", instance=~"$instance"}[$__range])) > 0)',
          legend: '{{code}}',
        },
      ],
    },
    {
      id: 55,
      kind: 'timeseries',
      title: ['Feedback in force', '生效中的反馈'],
      says: [
        'Feedback by which codes ask for nothing; the same on every instance.',
        '使代码不作处置的反馈；所有实例相同。',
      ],
      size: [12, 8],
      unit: 'short',
      queries: [
        { expr: 'max by (job) (sigwatch_allowances{job=~"$job", instance=~"$instance"})', legend: '{{job}}' },
      ],
    },
  ],
}
