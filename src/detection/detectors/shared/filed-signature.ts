import type { AnalysedMessage, SignatureMention } from '../../../domain/message.ts'
import type { Registry } from '../../../domain/registry.ts'
import { senderKind } from './sender-kind.ts'

/**
 * The signature of a message that must be filed. Personal numbers need no filing: their bracketed text counts only in commercial
 * or malicious messages. Undefined without signature rows, and if the signature may be cut.
 */
export function signatureToFile(message: AnalysedMessage, registry: Registry): SignatureMention | undefined {
  const { signature } = message
  if (!signature || !registry.hasSignatures) return undefined
  if (message.partial && signature.place !== 'field' && message.seams.length > 0) return undefined
  if (isUnsolicited(message)) return signature
  const kind = senderKind(message.from)
  return kind === 'port' || kind === 'short' ? signature : undefined
}

export function isUnsolicited(message: AnalysedMessage): boolean {
  return message.commercial || message.malicious
}
