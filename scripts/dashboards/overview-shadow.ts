import type { Section } from './spec.ts'

const OF = '{job=~"$job", instance=~"$instance"}'

export const SHADOW: Section = {
  id: 58,
  title: ['Model in shadow', '影子模型'],
  panels: [
    {
      id: 59,
      kind: 'timeseries',
      title: ['Live and shadow by label', '线上模型与影子模型的标签'],
      says: [
        'Messages a second by the label of the live model and that of the model in shadow.',
        '每秒消息数，按线上模型的标签与影子模型的标签。',
      ],
      size: [12, 8],
      unit: 'short',
      queries: [
        {
          expr: `sum by (live, shadow) (rate(sigwatch_shadow_model_messages_total${OF}[$__rate_interval]))`,
          legend: '{{live}} → {{shadow}}',
        },
      ],
    },
    {
      id: 60,
      kind: 'timeseries',
      title: ['Model in shadow: up, skipped, failures', '影子模型：可用、跳过、故障'],
      says: [
        '1 while it serves; messages a second that it was not shown or did not answer; failures a second. The live model feels none of it.',
        '可用时为 1；每秒未交给它或未得到回答的消息数；每秒故障数。线上模型不受影响。',
      ],
      size: [12, 8],
      unit: 'short',
      queries: [
        { expr: `sigwatch_shadow_model_up${OF}`, legend: 'up {{instance}}' },
        { expr: `sigwatch_shadow_model_info${OF}`, legend: '{{model}}' },
        { expr: `sum(rate(sigwatch_shadow_model_skipped_total${OF}[$__rate_interval]))`, legend: 'skipped' },
        {
          expr: `sum by (how) (rate(sigwatch_shadow_model_failures_total${OF}[$__rate_interval]))`,
          legend: '{{how}}',
        },
      ],
    },
  ],
}
