import { chart, table } from './presets.ts'
import { chosen, each, inAnHour, inTheTime, max, rate, ratio } from './promql.ts'
import { section } from './spec.ts'

export const VERSIONS = section(42, 'Model, policy, registry', '模型、策略、备案库', [
  table([12, 8], {
    en: ['Versions in use', 'One row per instance and version. Instances of a deployment should agree.'],
    zh: ['使用中的版本', '每个实例每项一行。同一部署的实例应当一致。'],
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
            'Value #E': true,
          },
        },
      },
    ],
    query: [
      { expr: chosen('sigwatch_build_info'), as: 'table' },
      { expr: chosen('sigwatch_model_info'), as: 'table' },
      { expr: chosen('sigwatch_policy_info'), as: 'table' },
      { expr: chosen('sigwatch_rules_info'), as: 'table' },
      { expr: chosen('sigwatch_registry_info'), as: 'table' },
    ],
  }),
  chart.count(6, {
    en: ['Registry entries', 'Brands, signatures and ports in use.'],
    zh: ['备案库条目', '使用中的品牌、签名和端口数。'],
    query: max('sigwatch_registry_entries', 'kind'),
  }),
  chart.count(6, {
    en: [
      'Reloads',
      'Loads of model, policy and registry per hour, and token keys and settings that are not the same on all instances.',
    ],
    zh: ['加载', '一小时内模型、策略和备案库的加载次数，以及各实例不一致的令牌密钥编号数和设置数。'],
    query: [
      inAnHour('sigwatch_loads_total', 'what, outcome'),
      max('sigwatch_token_key_conflicts', undefined, ['token keys in conflict', '不一致的令牌密钥']),
      max('sigwatch_setting_conflicts', undefined, ['settings in conflict', '不一致的设置']),
    ],
  }),
  chart.perSecond(8, {
    en: ['Side inputs', 'Rows taken and refused.'],
    zh: ['旁路输入', '接受与拒绝的行数。'],
    query: [
      rate('sigwatch_side_input_rows_total', 'input, outcome'),
      rate('sigwatch_feedback_total', 'verdict, outcome'),
      rate('sigwatch_capped_total', 'what', [
        '{{what}} over the cap of a sender',
        '超过单一发送方上限的{{what}}',
      ]),
    ],
  }),
  chart.share(8, {
    en: ['Model share of the time', 'Classify stage: seconds a second, by backend.'],
    zh: ['模型占时', '分类阶段：每秒的秒数，按后端。'],
    query: {
      expr: 'sum by (backend) (rate(sigwatch_stage_seconds_sum{job=~"$job", instance=~"$instance", stage="classify"}[$__rate_interval]) * on (job, instance) group_left (backend) sigwatch_model_info{job=~"$job", instance=~"$instance"})',
      legend: '{{backend}}',
    },
  }),
  chart.share(8, {
    id: 53,
    en: [
      'Texts that were known',
      'Share of the texts whose reading and scores were kept from an earlier message, and how many are kept. A blast brings it near 1.',
    ],
    zh: ['已知文本', '沿用先前读取与评分结果的文本所占比例，以及保留的条数。群发时接近 1。'],
    query: [
      ratio(
        rate('sigwatch_text_cache_lookups_total{result="hit"}', 'instance'),
        rate('sigwatch_text_cache_lookups_total', 'instance'),
      ),
      max('sigwatch_text_cache_entries', 'instance', ['kept by {{instance}}', '{{instance}} 保留']),
    ],
  }),
  chart.share(12, {
    id: 54,
    en: [
      'Precision by code',
      'Share of the alerts that analysts confirmed among those that they judged, by code.',
    ],
    zh: ['各代码的查准率', '分析员判断过的告警中被确认的比例，按代码。'],
    query: ratio(
      inTheTime('sigwatch_judged_alerts_total{verdict="confirmed"}', 'code'),
      inTheTime('sigwatch_judged_alerts_total', 'code'),
    ),
  }),
  chart.count(12, {
    id: 55,
    en: ['Feedback in force', 'Feedback that suppresses codes; the same on every instance.'],
    zh: ['生效中的反馈', '使代码不作处置的反馈；所有实例相同。'],
    query: max('sigwatch_allowances', 'job'),
  }),
])

export const SHADOW = section(58, 'Model in shadow', '影子模型', [
  chart.count(12, {
    en: [
      'Live and shadow by label',
      'Messages a second by the label of the live model and that of the model in shadow.',
    ],
    zh: ['线上模型与影子模型的标签', '每秒消息数，按线上模型的标签与影子模型的标签。'],
    query: rate('sigwatch_shadow_model_messages_total', 'live, shadow', '{{live}} → {{shadow}}'),
  }),
  chart.count(12, {
    en: [
      'Model in shadow: up, skipped, failures',
      '1 while it serves; messages a second that it was not shown or did not answer; failures a second. The live model feels none of it.',
    ],
    zh: [
      '影子模型：可用、跳过、故障',
      '可用时为 1；每秒未交给它或未得到回答的消息数；每秒故障数。线上模型不受影响。',
    ],
    query: [
      each('sigwatch_shadow_model_up', 'up {{instance}}'),
      each('sigwatch_shadow_model_info', '{{model}}'),
      rate('sigwatch_shadow_model_skipped_total', undefined, 'skipped'),
      rate('sigwatch_shadow_model_failures_total', 'how'),
    ],
  }),
])
