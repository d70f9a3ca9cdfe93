import { isInForce } from '../../domain/filing.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { SignatureRow } from '../../domain/registry.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { ESCALATED_HOLD, isStillForeign } from './shared/escalated.ts'
import { isUnsolicited, signatureToFile } from './shared/filed-signature.ts'

export const signatureUnfiled = defineMessageCode({
  code: 'SIGNATURE_UNFILED',
  order: 90,
  ofStrangers: true,
  needsSignatureRows: true,
  escalates: ['sender'],
  action: 'review',
  weight: 0.5,
  thresholds: {
    commercialOnly: { default: false, says: 'true: only commercial texts' },
    hold: ESCALATED_HOLD,
  },
  evidence: {
    signature: fields.text('the signature'),
    reason: fields.oneOf(
      ['unknown', 'suspended', 'revoked', 'expired'],
      'unknown (in no row), suspended, revoked, expired (not in force at the time)',
    ),
  },
  summary: 'a signature without a filing',
  called: { 'zh-CN': '签名未报备' },
  fires:
    'The signature is not in the registry, or its filing is suspended, revoked or not in force. Off without signature rows.',
  tune: '`commercialOnly: true` while the registry is incomplete.',
  sentences: {
    en({ signature, reason, ...state }) {
      if (state.messages !== undefined)
        return `${state.messages} messages to ${state.recipients} recipients in ${state.window} minutes carry the signature ${signature}, which is not filed.`
      if (reason === 'suspended') return `The filing of the signature ${signature} is suspended.`
      if (reason === 'revoked') return `The filing of the signature ${signature} is revoked.`
      if (reason === 'expired') return `The filing of the signature ${signature} is not in force.`
      return `The signature ${signature} is not filed.`
    },
    'zh-CN'({ signature, reason, ...state }) {
      if (state.messages !== undefined)
        return `${state.window} 分钟内 ${state.messages} 条短信使用未报备签名“${signature}”，发给 ${state.recipients} 个号码。`
      if (reason === 'suspended') return `签名“${signature}”的报备已暂停。`
      if (reason === 'revoked') return `签名“${signature}”的报备已撤销。`
      if (reason === 'expired') return `签名“${signature}”的报备不在有效期内。`
      return `签名“${signature}”未报备。`
    },
  },
  stillJustified: isStillForeign,
}).detectedBy((message, { registry }, { thresholds }) => {
  const signature = signatureToFile(message, registry)
  if (!signature || (thresholds.commercialOnly && !isUnsolicited(message))) return undefined
  const row = registry.signature(signature.key)
  const reason = row ? notInForce(row, message) : 'unknown'
  return reason && { score: 1, evidence: { signature: signature.name, reason } }
})

/** Why no filing is in force at the time for any carrier; undefined if one is. */
function notInForce(row: SignatureRow, { ts }: AnalysedMessage) {
  for (const filing of row.filings) if (isInForce(filing, ts)) return undefined
  if (row.filings.some((filing) => filing.status === 'suspended')) return 'suspended'
  return row.filings.some((filing) => filing.status === 'filed') ? 'expired' : 'revoked'
}
