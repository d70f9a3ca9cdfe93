import { coversPort, filedAt, hasFilingHere } from '../../domain/filing.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { ESCALATED_HOLD, isStillForeign } from './shared/escalated.ts'
import { signatureToFile } from './shared/filed-signature.ts'

/** Limit of filed ports listed in evidence. */
const LISTED = 5

export const signatureWrongPort = defineMessageCode({
  code: 'SIGNATURE_WRONG_PORT',
  order: 100,
  ofStrangers: true,
  needsSignatureRows: true,
  escalates: ['sender'],
  needs: ['sender'],
  action: 'review',
  weight: 0.6,
  thresholds: { hold: ESCALATED_HOLD },
  evidence: {
    signature: fields.text('the signature'),
    port: fields.text('the port that sent it'),
    reason: fields.oneOf(['port', 'carrier', 'sp'], 'what does not fit: port, carrier, sp'),
    filed: fields.chinese(
      '已报备端口号',
      fields.list(fields.text('a port'), 'ports filed for the signature, up to 5', LISTED),
    ),
    carrier: fields.chinese('运营商', fields.optional(fields.text('carrier of the message'))),
    sp: fields.chinese('企业', fields.optional(fields.text('enterprise that submitted it'))),
  },
  summary: 'a filed signature on a port it was not filed for',
  called: { 'zh-CN': '签名端口不符' },
  fires:
    'The signature is filed, but not for this port (carrier, enterprise, if known). Another port of a brand is this code, not FORGED_BRAND. Off without signature rows.',
  tune: 'Complete the ports of the filing; a prefix with `*` covers extensions.',
  sentences: {
    en({ signature, reason, ...state }) {
      if (state.messages !== undefined)
        return `${state.messages} messages to ${state.recipients} recipients in ${state.window} minutes carry the signature ${signature} on a port for which it is not filed.`
      if (reason === 'carrier')
        return `The signature ${signature} is filed for this port, but with another carrier.`
      if (reason === 'sp')
        return `The signature ${signature} is filed for this port, but for another enterprise.`
      return `The signature ${signature} is not filed for this port.`
    },
    'zh-CN'({ signature, reason, ...state }) {
      if (state.messages !== undefined)
        return `${state.window} 分钟内 ${state.messages} 条短信在未报备端口上使用签名“${signature}”，发给 ${state.recipients} 个号码。`
      if (reason === 'carrier') return `签名“${signature}”在该端口的报备属于其他运营商。`
      if (reason === 'sp') return `签名“${signature}”在该端口的报备属于其他企业。`
      return `签名“${signature}”未在该端口报备。`
    },
  },
  stillJustified: isStillForeign,
}).detectedBy((message, { registry }) => {
  const signature = signatureToFile(message, registry)
  const row = signature && registry.signature(signature.key)
  if (!row || hasFilingHere(row, message)) return undefined
  const inForce = registry.filings(row, { ts: message.ts })
  if (inForce.length === 0) return undefined
  const at = filedAt(message)
  const here = inForce.filter((filing) => coversPort(filing, message.from))
  const ofCarrier = here.some((filing) => filing.carrier === undefined || filing.carrier === at.carrier)
  return {
    score: 1,
    evidence: {
      signature: signature.name,
      port: message.from,
      reason: here.length === 0 ? 'port' : ofCarrier ? 'sp' : 'carrier',
      filed: [...new Set(inForce.flatMap((filing) => filing.ports))].slice(0, LISTED),
      ...(at.carrier === undefined ? {} : { carrier: at.carrier }),
      ...(at.sp === undefined ? {} : { sp: at.sp }),
    },
  }
})
