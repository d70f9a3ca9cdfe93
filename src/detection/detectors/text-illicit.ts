import { MALICE_EVIDENCE, MALICE_THRESHOLDS, maliceFound } from './brand-decision/malicious-text.ts'
import { defineMessageCode } from './code-spec.ts'

export const textIllicit = defineMessageCode({
  code: 'TEXT_ILLICIT',
  order: 50,
  planted: false,
  confirms: 'illicit',
  action: 'review',
  weight: 0.9,
  thresholds: MALICE_THRESHOLDS,
  evidence: MALICE_EVIDENCE,
  summary: 'the wording offers what the law forbids',
  called: { 'zh-CN': '违法内容' },
  fires: 'As TEXT_FRAUD, for the label `illicit`: gambling, fake papers, sexual services and the like.',
  tune: 'As for TEXT_FRAUD.',
  sentences: {
    en: ({ score }, { percent }) => `The text offers something illicit (${percent(score)} sure).`,
    'zh-CN': ({ score }, { percent }) => `文本疑似违法内容（把握 ${percent(score)}）。`,
  },
}).detectedBy((message, context, { thresholds }) =>
  maliceFound('TEXT_ILLICIT', 'illicit', message, context, thresholds),
)
