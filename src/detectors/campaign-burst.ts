import { type Signal, senderId } from '../domain/decision.ts'
import { type RateDetector, type SignalContext, threshold } from '../domain/detector.ts'
import type { MemberReading } from '../domain/ports.ts'
import { portMatches } from '../domain/registry.ts'

/** Entity of the set of senders of one MinHash band. */
const CAMPAIGN_SENDERS = 'campaign-senders:'

/** How long a sender stays in the set of a band after its last message, ms of event time. */
const CAMPAIGN_WINDOW = 3_600_000
const LISTED = 20

/**
 * CAMPAIGN_BURST: one template over many ports or signatures, each below its own limit (a snowshoe). Ports that are
 * filed for the signature they carry are no snowshoe and do not count. The reading counts only messages labelled
 * marketing, finance, fraud or illicit.
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
    const signature = sender.slice(0, split)
    const port = sender.slice(split + 1)
    if (isFiled(signature, port, context)) continue
    ports.add(port)
    if (signature !== '-') signatures.add(signature)
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

function isFiled(name: string, port: string, { registry }: SignalContext): boolean {
  const filings = registry.signature(name)?.filings ?? []
  return filings.some((f) => f.status === 'filed' && f.ports.some((pattern) => portMatches(pattern, port)))
}

export const campaignBurst: RateDetector = {
  members: ({ message }, context) => {
    if (!message.commercial && !message.malicious) return []
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
