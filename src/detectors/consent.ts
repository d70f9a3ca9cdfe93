import type { Finding } from '../domain/decision.ts'
import { type MessageContext, type MessageDetector, threshold } from '../domain/detector.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { ConsentChange } from '../domain/ports.ts'

/** Ticked by default at registration: no consent (and it takes back no refusal). */
const BY_DEFAULT = 'default'
/** Changes kept of a pair: with so many all later than the message, what held before them is not known. */
const KEPT = 2

/**
 * NO_CONSENT: commercial text under a signature whose row asks for consent, to a recipient who had not given it when
 * the message was sent. Evidence: `signature`, `reason` (none, refused, default).
 *
 * AFTER_OPT_OUT: commercial text to a recipient who had refused this signature. Evidence: `signature`, `refusedAt` (epoch
 * ms), `after` (seconds since).
 *
 * CONSENT_REASKED: a second request for consent by the same signature to the same recipient with no "in" between, from
 * `minGap` seconds on, within `window` seconds. Evidence: `signature`, `askedAt` (epoch ms), `after` (seconds since).
 *
 * Silent when the ledger could not be asked. Nothing of the recipient is in the evidence.
 */
export const consent: MessageDetector = {
  codes: ['NO_CONSENT', 'AFTER_OPT_OUT', 'CONSENT_REASKED'],
  detect(message, context) {
    const found: Finding[] = []
    if (message.commercial) found.push(...commercial(message, context))
    const again = reasked(message, context)
    if (again) found.push(again)
    return found
  },
}

function commercial(message: AnalysedMessage, { registry, consents }: MessageContext): Finding[] {
  const { signature, ts } = message
  if (!signature || consents === undefined) return []
  const found: Finding[] = []
  const state = consents.find((change) => change.ts <= ts && !isDefault(change))
  if (registry.signature(signature.key)?.consent === 'required' && state?.state !== 'in') {
    const byDefault = consents.some((change) => change.ts <= ts && isDefault(change))
    const unknown = consents.length >= KEPT && consents.every((change) => change.ts > ts)
    if (!unknown) {
      const reason = state ? 'refused' : byDefault ? 'default' : 'none'
      found.push({ code: 'NO_CONSENT', score: 1, evidence: { signature: signature.name, reason } })
    }
  }
  if (state?.state === 'out') {
    const evidence = { signature: signature.name, refusedAt: state.ts, after: seconds(ts - state.ts) }
    found.push({ code: 'AFTER_OPT_OUT', score: 1, evidence })
  }
  return found
}

function isDefault({ state, proof }: ConsentChange): boolean {
  return state === 'in' && proof === BY_DEFAULT
}

function reasked(message: AnalysedMessage, context: MessageContext): Finding | undefined {
  const { signature, ts } = message
  const { askedBefore, consents } = context
  if (!message.asksConsent || !signature || askedBefore === undefined) return undefined
  const policy = context.judge('CONSENT_REASKED')
  const after = seconds(ts - askedBefore)
  if (after < threshold(policy, 'minGap') || after > threshold(policy, 'window')) return undefined
  const given = consents?.some(
    (change) => change.state === 'in' && change.ts > askedBefore && change.ts <= ts,
  )
  if (given) return undefined
  const evidence = { signature: signature.name, askedAt: askedBefore, after }
  return { code: 'CONSENT_REASKED', score: 1, evidence }
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000)
}
