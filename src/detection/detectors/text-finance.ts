import { defineMessageCode } from './code-spec.ts'
import { LABEL_EVIDENCE, labelFound, minScore } from './shared/text-label.ts'

export const textFinance = defineMessageCode({
  code: 'TEXT_FINANCE',
  order: 60,
  planted: false,
  confirms: 'finance',
  action: 'none',
  weight: 0,
  thresholds: { minScore: minScore('a text is commercial') },
  evidence: LABEL_EVIDENCE,
  summary: 'the text offers loans or other financial products, which is no offence',
  called: { 'zh-CN': '金融推广文本' },
  fires:
    'The text model puts the label `finance` (offers of loans, cards, insurance, investments) above its threshold.',
  tune: 'If financial offers need a permit, set an action.',
  sentences: {
    en: ({ score }, { percent }) =>
      `The text offers loans or other financial products (${percent(score)} sure).`,
    'zh-CN': ({ score }, { percent }) => `文本为金融营销内容（把握 ${percent(score)}）。`,
  },
}).detectedBy(labelFound('finance'))
