import { defineMessageCode } from './code-spec.ts'
import { LABEL_EVIDENCE, labelFound, minScore } from './shared/text-label.ts'

export const textMarketing = defineMessageCode({
  code: 'TEXT_MARKETING',
  order: 70,
  planted: false,
  confirms: 'marketing',
  action: 'none',
  weight: 0,
  thresholds: { minScore: minScore('a text is commercial') },
  evidence: LABEL_EVIDENCE,
  summary: 'the text is advertising, which is no offence',
  called: { 'zh-CN': '营销文本' },
  fires:
    'The text model puts the label `marketing` above its threshold. Texts with this label or `finance` are called commercial below.',
  tune: '`minScore` moves the border for all codes about commercial texts.',
  sentences: {
    en: ({ score }, { percent }) => `The text is marketing (${percent(score)} sure).`,
    'zh-CN': ({ score }, { percent }) => `文本为营销内容（把握 ${percent(score)}）。`,
  },
}).detectedBy(labelFound('marketing'))
