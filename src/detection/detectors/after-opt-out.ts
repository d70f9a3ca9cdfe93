import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { consentAt, secondsOf } from './shared/consent.ts'

export const afterOptOut = defineMessageCode({
  code: 'AFTER_OPT_OUT',
  order: 130,
  confirms: 'commercial',
  action: 'block',
  weight: 0.9,
  thresholds: {},
  evidence: {
    signature: fields.text('the signature that was refused'),
    refusedAt: fields.chinese('拒收时间', fields.count('event time of the refusal, epoch ms')),
    after: fields.count('seconds between the refusal and the message'),
  },
  rule: 'refusal',
  summary: 'advertising to a recipient who has refused it',
  called: { 'zh-CN': '退订后仍发' },
  fires:
    'A commercial text under a signature that the recipient has refused, in the ledger or by a reply. Silent if the ledger does not answer.',
  tune: 'If refusals reach senders late, set `action: review`.',
  sentences: {
    en: ({ signature, after }, { duration }) =>
      `Commercial text of ${signature}, ${duration(after)} after the recipient refused.`,
    'zh-CN': ({ signature, after }, { duration }) =>
      `收信人拒收“${signature}”${duration(after)}后，仍向其发送商业短信。`,
  },
}).detectedBy(({ commercial, signature, ts }, { consents }) => {
  if (!commercial || !signature || consents === undefined) return undefined
  const held = consentAt(ts, consents)
  if (held?.state !== 'out') return undefined
  const evidence = { signature: signature.name, refusedAt: held.ts, after: secondsOf(ts - held.ts) }
  return { score: 1, evidence }
})
