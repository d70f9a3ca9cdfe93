import type { Finding } from '../domain/decision.ts'
import type { MessageContext, MessageDetector } from '../domain/detector.ts'
import { coversPort, filedAt } from '../domain/filing.ts'
import type { AnalysedMessage, SignatureMention } from '../domain/message.ts'
import type { SignatureRow } from '../domain/registry.ts'
import { senderKind } from './sender-kind.ts'

const LISTED = 5

/**
 * SIGNATURE_MISSING: commercial text without any signature; silent for partial messages and on ports where the platform
 * adds it downstream. Evidence: `port`, `label`.
 *
 * SIGNATURE_UNFILED: the signature is not in the registry, or no filing of it is in force. Evidence: `signature`,
 * `reason` (unknown, suspended, revoked, expired).
 *
 * SIGNATURE_WRONG_PORT: filed, but not for this port, or not for this carrier or enterprise. Evidence: `signature`,
 * `port`, `reason` (port, carrier, sp), `filed` (its ports, at most five), and `carrier`, `sp` of the message when known.
 *
 * The last two need a registry with signatures. People's own numbers file nothing: what they write in brackets counts
 * only in commercial or malicious text.
 */
export const signature: MessageDetector = {
  codes: ['SIGNATURE_MISSING', 'SIGNATURE_UNFILED', 'SIGNATURE_WRONG_PORT'],
  detect(message, context) {
    const found = message.signature ? filed(message, message.signature, context) : missing(message, context)
    return found ? [found] : []
  },
}

function missing(message: AnalysedMessage, { registry }: MessageContext): Finding | undefined {
  if (!message.commercial || message.partial || message.signatures.length > 0) return undefined
  if (registry.port(message.from)?.signatureAdded === 'downstream') return undefined
  return { code: 'SIGNATURE_MISSING', score: 1, evidence: { port: message.from, label: message.label } }
}

function filed(
  message: AnalysedMessage,
  mention: SignatureMention,
  context: MessageContext,
): Finding | undefined {
  const { registry } = context
  if (!registry.hasSignatures) return undefined
  if (message.partial && mention.place !== 'field' && message.seams.length > 0) return undefined
  const proper = message.commercial || message.malicious
  const kind = senderKind(message.from)
  if (!proper && kind !== 'port' && kind !== 'short') return undefined
  if (!proper && context.judge('SIGNATURE_UNFILED').thresholds.commercialOnly === true) {
    return wrongPort(message, mention, registry.signature(mention.key), context)
  }
  const row = registry.signature(mention.key)
  const reason = row ? notInForce(row, message, context) : 'unknown'
  if (reason !== undefined) {
    return { code: 'SIGNATURE_UNFILED', score: 1, evidence: { signature: mention.name, reason } }
  }
  return wrongPort(message, mention, row, context)
}

/** Why no filing holds at the time, whatever the carrier; undefined when one does. */
function notInForce(
  row: SignatureRow,
  { ts }: AnalysedMessage,
  { registry }: MessageContext,
): string | undefined {
  if (registry.filings(row, { ts }).length > 0) return undefined
  if (row.filings.some((filing) => filing.status === 'suspended')) return 'suspended'
  return row.filings.some((filing) => filing.status === 'filed') ? 'expired' : 'revoked'
}

function wrongPort(
  message: AnalysedMessage,
  mention: SignatureMention,
  row: SignatureRow | undefined,
  { registry }: MessageContext,
): Finding | undefined {
  if (!row) return undefined
  const at = filedAt(message)
  const inForce = registry.filings(row, { ts: message.ts })
  if (inForce.length === 0) return undefined
  const here = inForce.filter((filing) => coversPort(filing, message.from))
  if (registry.filings({ ...row, filings: here }, at).length > 0) return undefined
  const reason =
    here.length === 0
      ? 'port'
      : here.some((filing) => filing.carrier === undefined || filing.carrier === at.carrier)
        ? 'sp'
        : 'carrier'
  const filed = [...new Set(inForce.flatMap((filing) => filing.ports))].slice(0, LISTED)
  return {
    code: 'SIGNATURE_WRONG_PORT',
    score: 1,
    evidence: {
      signature: mention.name,
      port: message.from,
      reason,
      filed,
      ...(at.carrier === undefined ? {} : { carrier: at.carrier }),
      ...(at.sp === undefined ? {} : { sp: at.sp }),
    },
  }
}
