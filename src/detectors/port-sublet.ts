import type { Signal } from '../domain/decision.ts'
import { type RateDetector, type SignalContext, threshold } from '../domain/detector.ts'
import type { MemberReading } from '../domain/ports.ts'

const PORT_SIGNATURES = 'port-signatures:'

/**
 * PORT_SUBLET: one exact port carries more signatures than it may (registry `sharedBy`, default 1). Signatures of one
 * brand count once. Evidence: `signatures` (at most 32), `count`, `allowed`.
 */
function judgeSignatures(reading: MemberReading, at: number, context: SignalContext): Signal | undefined {
  if (!reading.entity.startsWith(PORT_SIGNATURES)) return undefined
  const port = reading.entity.slice(PORT_SIGNATURES.length)
  const allowed = context.registry.port(port)?.sharedBy ?? 1
  const owners = new Set(reading.members.map((name) => ownerOf(name, context)))
  const count = Math.max(owners.size, owners.size === reading.members.length ? reading.count : 0)
  if (count <= allowed) return undefined
  const policy = context.judge('PORT_SUBLET', at)
  return {
    code: 'PORT_SUBLET',
    target: { kind: 'port', id: port },
    at,
    over: reading.total >= threshold(policy, 'minMessages') * count,
    level: count / allowed,
    score: Math.min(1, 0.5 + 0.1 * (count - allowed)),
    match: { ports: [port] },
    evidence: { signatures: reading.members, count, allowed },
  }
}

/** The brand behind a signature when it is known, else the signature itself. */
function ownerOf(name: string, { registry }: SignalContext): string {
  const brand = registry.signature(name)?.brand ?? registry.brandByName(name)?.id
  return brand === undefined ? name : `brand:${brand}`
}

export const portSublet: RateDetector = {
  members: ({ message }, context) => {
    if (!message.signature) return []
    const policy = context.judge('PORT_SUBLET', message.ts)
    return [
      {
        entity: `${PORT_SIGNATURES}${message.from}`,
        member: message.signature.name,
        window: threshold(policy, 'window') * 1000,
        reportFrom: (context.registry.port(message.from)?.sharedBy ?? 1) + 1,
        minCount: threshold(policy, 'minMessages'),
      },
    ]
  },
  onMembers: judgeSignatures,
}
