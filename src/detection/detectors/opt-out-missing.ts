import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

export const optOutMissing = defineMessageCode({
  code: 'OPT_OUT_MISSING',
  order: 150,
  confirms: 'commercial',
  action: 'observe',
  weight: 0.2,
  thresholds: {
    minLength: {
      default: 8,
      unit: 'characters',
      min: 0,
      says: 'characters from which a way to refuse is expected',
    },
  },
  evidence: { label: fields.label('label of the text') },
  rule: 'wayToRefuse',
  summary: 'advertising without a way to refuse it',
  called: { 'zh-CN': '缺少退订方式' },
  fires: 'A commercial text names no way to refuse. Silent for partial messages.',
  tune: 'Raise `minLength` to leave longer texts alone.',
  sentences: {
    en: ({ label }, say) => `A ${say.label(label)} text that names no way to refuse.`,
    'zh-CN': ({ label }, say) => `${say.label(label)}短信未注明拒收方式。`,
  },
}).detectedBy(({ commercial, optOut, partial, text, label }, _context, { thresholds }) => {
  if (!commercial || optOut || partial) return undefined
  return charactersOf(text) >= thresholds.minLength ? { score: 1, evidence: { label } } : undefined
})

/** Number of code points. */
function charactersOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
