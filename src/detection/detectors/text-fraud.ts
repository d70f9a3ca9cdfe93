import { MALICE_EVIDENCE, MALICE_THRESHOLDS, maliceFound } from './brand-decision/malicious-text.ts'
import { defineMessageCode } from './code-spec.ts'

export const textFraud = defineMessageCode({
  code: 'TEXT_FRAUD',
  order: 40,
  planted: false,
  confirms: 'fraud',
  action: 'review',
  weight: 0.9,
  thresholds: MALICE_THRESHOLDS,
  evidence: MALICE_EVIDENCE,
  rule: 'definitionOfFraud',
  summary: 'the wording is that of fraud',
  called: { 'zh-CN': '诈骗文本' },
  fires:
    'The text model puts `fraud`, or `fraud` and `illicit` together, above the threshold, or all signs together make it certain (`minCertainty`). A [rule](signs.md#clear) may clear it.',
  tune: 'Raise `minCertainty` if genuine notices are reported. `sigwatch evaluate` shows what each `minScore` costs. Set `action: block` only after a time in shadow mode.',
  sentences: {
    en: ({ score }, { percent }) => `The text reads like fraud (${percent(score)} sure).`,
    'zh-CN': ({ score }, { percent }) => `文本疑似诈骗（把握 ${percent(score)}）。`,
  },
}).detectedBy((message, context, { thresholds }) =>
  maliceFound('TEXT_FRAUD', 'fraud', message, context, thresholds),
)
