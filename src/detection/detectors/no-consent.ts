import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { consentAt, isDefault } from './shared/consent.ts'

/** Changes kept by the ledger per pair: if all of them are later than the message, the earlier state is unknown. */
const KEPT = 2

export const noConsent = defineMessageCode({
  code: 'NO_CONSENT',
  order: 120,
  confirms: 'commercial',
  action: 'review',
  weight: 0.5,
  thresholds: {},
  evidence: {
    signature: fields.text('the signature that needs consent'),
    reason: fields.oneOf(
      ['none', 'refused', 'default'],
      'none (nothing known), default (only a default tick), refused',
    ),
  },
  rule: 'consent',
  summary: 'advertising without the consent that it needs',
  called: { 'zh-CN': '未经同意营销' },
  fires:
    'A commercial text under a signature with `consent: required` to a recipient without an `in` in the ledger. Silent if the ledger does not answer.',
  tune: 'Set `consent: required` only if the consents are in the ledger. If they arrive late, begin in shadow mode.',
  sentences: {
    en({ signature, reason }) {
      const text = `Commercial text of ${signature}, which needs consent, to a recipient`
      if (reason === 'refused') return `${text} who has refused.`
      if (reason === 'default') return `${text} whose consent was only ticked by default.`
      return `${text} who has given none.`
    },
    'zh-CN'({ signature, reason }) {
      const text = `“${signature}”须经同意方可发送商业短信，而收信人`
      if (reason === 'refused') return `${text}已拒收。`
      if (reason === 'default') return `${text}仅为默认勾选，不视为同意。`
      return `${text}未曾同意。`
    },
  },
}).detectedBy(({ commercial, signature, ts }, { registry, consents }) => {
  if (!commercial || !signature || consents === undefined) return undefined
  if (registry.signature(signature.key)?.consent !== 'required') return undefined
  const held = consentAt(ts, consents)
  if (held?.state === 'in') return undefined
  if (consents.length >= KEPT && consents.every((change) => change.ts > ts)) return undefined
  const byDefault = consents.some((change) => change.ts <= ts && isDefault(change))
  const reason = held ? 'refused' : byDefault ? 'default' : 'none'
  return { score: 1, evidence: { signature: signature.name, reason } }
})
