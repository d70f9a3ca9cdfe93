import { type Signal, senderId } from '../domain/decision.ts'
import { type RateDetector, type SignalContext, threshold } from '../domain/detector.ts'
import { isFiledHere } from '../domain/filing.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { MemberReading } from '../domain/ports.ts'

/** Entity of the set of senders of one MinHash band. */
const CAMPAIGN_SENDERS = 'campaign-senders:'

/** How long a sender stays in the set of a band after its last message, ms of event time. */
const CAMPAIGN_WINDOW = 3_600_000
const LISTED = 20

/**
 * CAMPAIGN_BURST: one template over many ports or signatures, each below its own limit (a snowshoe). Counted are
 * messages labelled fraud or illicit, and commercial ones whose port is not filed for their signature; never those of a
 * brand on its own filed ports.
 * Evidence: `messages`, `ports` and `signatures` (the first 20), `portCount`, `signatureCount`, `window` (minutes).
 */
function judgeSenders(reading: MemberReading, at: number, context: SignalContext): Signal | undefined {
  if (!reading.entity.startsWith(CAMPAIGN_SENDERS)) return undefined
  const id = reading.entity.slice(CAMPAIGN_SENDERS.length)
  const policy = context.judge('CAMPAIGN_BURST', at)
  const ports = new Set<string>()
  const signatures = new Set<string>()
  for (const sender of reading.members) {
    const split = sender.lastIndexOf('@')
    ports.add(sender.slice(split + 1))
    if (split > 0 && sender.slice(0, split) !== '-') signatures.add(sender.slice(0, split))
  }
  const level = Math.max(
    ports.size / threshold(policy, 'minPorts'),
    signatures.size / threshold(policy, 'minSignatures'),
  )
  if (level < 1) return undefined
  return {
    code: 'CAMPAIGN_BURST',
    target: { kind: 'campaign', id },
    at,
    over: reading.total >= threshold(policy, 'minMessages'),
    level: Math.max(level, reading.total / threshold(policy, 'minMessages')),
    score: Math.min(1, 0.5 + 0.1 * level),
    match: { campaign: id },
    evidence: {
      messages: reading.total,
      ports: [...ports].slice(0, LISTED),
      signatures: [...signatures].slice(0, LISTED),
      portCount: Math.max(ports.size, reading.count > reading.members.length ? reading.count : 0),
      signatureCount: signatures.size,
      window: CAMPAIGN_WINDOW / 60_000,
    },
  }
}

function counts(message: AnalysedMessage, { registry }: SignalContext): boolean {
  if (!message.malicious && !message.commercial) return false
  if (!isFiledHere(message, registry)) return true
  // Many lawful senders may well advertise with one text, each on its own port: say that of a common shop system.
  return message.malicious && registry.signature(message.signature!.key)?.brand === undefined
}

export const campaignBurst: RateDetector = {
  members: ({ message }, context) => {
    if (!counts(message, context)) return []
    const policy = context.judge('CAMPAIGN_BURST', message.ts)
    const reportFrom = Math.min(threshold(policy, 'minPorts'), threshold(policy, 'minSignatures'))
    const member = senderId(message.signature?.name, message.from)
    return message.bands.map((band) => ({
      entity: `${CAMPAIGN_SENDERS}${band}`,
      member,
      window: CAMPAIGN_WINDOW,
      reportFrom,
      minCount: 1,
    }))
  },
  onMembers: judgeSenders,
}
