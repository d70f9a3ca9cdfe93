import { filingsHere } from '../../domain/filing.ts'
import { COMMERCIAL, type Label } from '../../domain/labels.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { Registry } from '../../domain/registry.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

export const scopeExpanded = defineMessageCode({
  code: 'SCOPE_EXPANDED',
  order: 110,
  needsSignatureRows: true,
  confirms: 'commercial',
  action: 'review',
  weight: 0.5,
  thresholds: {
    mixedFrom: {
      default: 0.9,
      unit: 'probability',
      min: 0,
      max: 1,
      says: 'probability that counts if only the other of marketing and finance is filed',
    },
  },
  evidence: {
    kind: fields.oneOf(['signature', 'port', 'otp'], 'whose scope it is: signature, port, otp'),
    label: fields.label('label of the text'),
    scope: fields.chinese(
      '报备内容',
      fields.optional(fields.list(fields.label('a label'), 'labels that are filed; absent for otp')),
    ),
    signature: fields.optional(fields.text('if it is that of the signature')),
    port: fields.optional(fields.text('if it is that of the port')),
  },
  rule: 'servicePorts',
  summary: 'advertising under a signature filed for notices only',
  called: { 'zh-CN': '超范围发送' },
  fires:
    'A commercial text under a signature or port whose filed scope lacks it, or inside a one-time password. Off without signature rows.',
  tune: 'Complete `scope` in the registry; a row without scope has no limit.',
  sentences: {
    en({ kind, label, scope = [], signature }, say) {
      const text = `A ${say.label(label)} text`
      if (kind === 'otp') return `${text} inside a one-time-password message.`
      const filed = say.list(scope.map(say.label))
      if (kind === 'port') return `${text}, and the port is for ${filed} only.`
      return `${text}, and the signature ${signature} is filed here for ${filed} only.`
    },
    'zh-CN'({ kind, label, scope = [], signature }, say) {
      if (kind === 'otp') return `验证码短信中夹带${say.label(label)}内容。`
      const filed = say.list(scope.map(say.label))
      if (kind === 'port') return `内容为${say.label(label)}，而该端口仅用于${filed}。`
      return `内容为${say.label(label)}，而签名“${signature}”在此仅报备用于${filed}。`
    },
  },
}).detectedBy((message, { registry }, { thresholds }) => {
  if (!registry.hasSignatures || !message.commercial) return undefined
  const { mixedFrom } = thresholds
  const { label, signature, from } = message
  const scope = scopeOfSignature(message, registry)
  if (scope && leaves(message, scope, mixedFrom)) {
    return { score: 1, evidence: { kind: 'signature', label, scope, signature: signature!.name } }
  }
  const port = registry.port(from)
  if (port?.scope && leaves(message, port.scope, mixedFrom)) {
    return { score: 1, evidence: { kind: 'port', label, scope: port.scope, port: from } }
  }
  return message.otp ? { score: 1, evidence: { kind: 'otp', label } } : undefined
})

function leaves({ label, scores }: AnalysedMessage, scope: readonly Label[], mixedFrom: number): boolean {
  return !scope.includes(label) && (!isMixed(scope) || scores[label] >= mixedFrom)
}

/** Labels allowed by the signature's filings for this port; undefined if one of them has no limit. */
function scopeOfSignature(message: AnalysedMessage, registry: Registry): readonly Label[] | undefined {
  const row = message.signature && registry.signature(message.signature.key)
  const here = row ? filingsHere(row, message) : []
  // Most signatures have one filing.
  if (here.length < 2) return here[0]?.scope
  const allowed = new Set<Label>()
  for (const { scope } of here) {
    if (scope === undefined) return undefined
    for (const label of scope) allowed.add(label)
  }
  return [...allowed]
}

/** Marketing and finance are hard to distinguish: traffic exceeds a filing for one of them only if it is clearly the other. */
function isMixed(scope: readonly Label[]): boolean {
  return scope.some((label) => COMMERCIAL.includes(label))
}
