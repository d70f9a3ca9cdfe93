import { signatureMissingWords } from '../rules/patterns.generated.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { isPersonal, senderKind } from './shared/sender-kind.ts'

export const signatureMissing = defineMessageCode({
  code: 'SIGNATURE_MISSING',
  order: 80,
  ofStrangers: true,
  action: 'review',
  weight: 0.4,
  thresholds: {},
  evidence: {
    port: fields.text('the port that sent it'),
    label: fields.label('label of the text'),
  },
  rule: 'identityOfTheSender',
  summary: 'advertising without a signature',
  called: { 'zh-CN': '缺少签名' },
  fires:
    'A commercial text has no signature. Not for partial messages, senders that are mobiles, landlines or overseas numbers, and texts that open with a name and a colon.',
  tune: 'Mark ports to which the platform adds the signature later with `signatureAdded: downstream` in the registry.',
  sentences: {
    en: ({ label }, say) => `A ${say.label(label)} text without a signature.`,
    'zh-CN': ({ label }, say) => `${say.label(label)}短信缺少签名。`,
  },
}).detectedBy((message, { registry }) => {
  if (message.signature || message.signatures.length > 0) return undefined
  if (!message.commercial || message.partial) return undefined
  if (isPersonal(senderKind(message.from)) || OPENER.test(message.normalised.text)) return undefined
  if (registry.port(message.from)?.signatureAdded === 'downstream') return undefined
  return { score: 1, evidence: { port: message.from, label: message.label } }
})

/** A name of the speaker followed by a colon. Words that open any message are not names. */
const OPENER = signatureMissingWords.opener
