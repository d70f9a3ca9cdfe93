import { specOf } from '../../detection/detectors/all.ts'
import type { EscalationKind } from '../../detection/detectors/code-spec.ts'
import { isOwnCode } from '../../domain/codes.ts'
import {
  cappedAction,
  type Finding,
  type Match,
  type Signal,
  senderId,
  type Target,
} from '../../domain/decision.ts'
import type { MemberObservation, MemberReading } from '../../domain/feature-store.ts'
import { isFiledHere } from '../../domain/filing.ts'
import { addTo } from '../../domain/maps.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { Escalation } from '../../domain/policy.ts'
import { isForeignDomain, type Registry } from '../../domain/registry.ts'
import type { StateRecord } from '../../domain/state-store.ts'
import { bucketEnd, MINUTE } from '../../domain/time.ts'

const LISTED = 20

/** Entity prefix for the set of recipients that a code reached through a target. */
export const ESCALATION = 'escalation:'

/** A finding on a message that may contribute to a state. */
export interface Candidate {
  readonly finding: Finding
  readonly target: Target
  readonly match: Match
  readonly message: AnalysedMessage
  readonly observation: MemberObservation
}

/**
 * The targets to which the findings on a message may escalate. For each code that escalates: the first that applies of
 * the foreign domain, the sender on a port not filed for its signature or brand, and the campaign. `SIGNATURE_*` apply
 * to the sender only. Pure.
 */
export function candidatesOf(
  message: AnalysedMessage,
  findings: readonly Finding[],
  registry: Registry,
  escalate: Escalation,
): Candidate[] {
  const out: Candidate[] = []
  for (const finding of findings) {
    // Exempted: it does not escalate.
    if (finding.cap === 'none') continue
    const kinds = finding.escalates ?? specOf(finding.code).escalates
    for (const kind of kinds) {
      const found = TARGETS[kind](message, finding, registry, kinds.length === 1)
      if (!found) continue
      const { target, match } = found
      out.push({
        finding: asksAtMost(message, finding, target, registry),
        target,
        match,
        message,
        observation: {
          entity: `${ESCALATION}${finding.code}:${kind}:${target.id}`,
          member: message.toToken,
          window: escalate.within,
          // From the first one on: below the limit it still holds a state that is open.
          reportFrom: 1,
          minCount: 1,
        },
      })
      break
    }
  }
  return out
}

/** Blocking a sender on its own filed port would block its one-time passwords too: its own rule leads to review at most. */
function asksAtMost(
  message: AnalysedMessage,
  finding: Finding,
  { kind }: Target,
  registry: Registry,
): Finding {
  const isFiled = kind === 'sender' && isOwnCode(finding.code) && portFiled(message, finding, registry)
  return isFiled ? { ...finding, cap: cappedAction('review', finding.cap) } : finding
}

type Resolve = (
  message: AnalysedMessage,
  finding: Finding,
  registry: Registry,
  /** The code escalates to no other kind of target. */
  onlyKind: boolean,
) => { target: Target; match: Match } | undefined

const TARGETS: Readonly<Record<EscalationKind, Resolve>> = {
  domain(_message, { domain }, registry) {
    // Domains shared with legitimate senders are never a target.
    if (domain === undefined || !isForeignDomain(domain, registry)) return undefined
    return { target: { kind: 'domain', id: domain }, match: { domains: [domain] } }
  },
  sender(message, finding, registry, onlyKind) {
    const { signature, from } = message
    const filed = () => portFiled(message, finding, registry)
    // Without a signature only the port can be matched, and a registered port belongs to a legitimate sender.
    if (!signature) {
      if (registry.port(from) || filed()) return undefined
      return { target: { kind: 'sender', id: senderId(undefined, from) }, match: { ports: [from] } }
    }
    if (!onlyKind && filed()) return undefined
    return {
      target: { kind: 'sender', id: senderId(signature.name, from) },
      match: { signature: signature.name, ports: [from] },
    }
  },
  campaign({ bands: [id] }) {
    return id === undefined ? undefined : { target: { kind: 'campaign', id }, match: { campaign: id } }
  },
}

/** Whether the port is filed for the signature of the message, or for a brand that it carries or imitates. */
function portFiled(message: AnalysedMessage, finding: Finding, registry: Registry): boolean {
  if (isFiledHere(message, registry)) return true
  const { signature, from } = message
  const row = signature && registry.signature(signature.key)
  const brands = [row?.brand, signature && registry.brandByName(signature.key)?.id, finding.brand]
  return brands.some((id) => id !== undefined && registry.ownsPort(id, from))
}

/** A signal with the message that triggered it and earlier samples. */
export interface Escalated {
  readonly signal: Signal
  readonly message: AnalysedMessage
  readonly samples: readonly AnalysedMessage[]
}

/**
 * The signals of the candidates of a batch, by the readings of their entities. A signal is over its limit if the
 * policy's number of messages and recipients was seen; otherwise it only holds an open state. Evidence: that of the
 * last finding, `messages`, `recipients`, `window` (minutes), and the first 20 `ports` and `signatures` of the
 * messages of the batch and the `earlier` ones, oldest first.
 */
export function escalate(
  candidates: readonly Candidate[],
  readings: readonly MemberReading[],
  policy: Escalation,
  earlier: (entity: string) => readonly AnalysedMessage[] = () => [],
): Escalated[] {
  const byEntity = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    const { entity } = candidate.observation
    addTo(byEntity, entity, candidate)
  }
  const out: Escalated[] = []
  for (const reading of readings) {
    const group = byEntity.get(reading.entity)
    if (!group) continue
    // A batch may end with an old message: the newest one triggers the signal.
    const { finding, target, match, message } = group.reduce((newest, candidate) =>
      candidate.message.ts >= newest.message.ts ? candidate : newest,
    )
    const batch = group.map((candidate) => candidate.message)
    const ids = new Set(batch.map((m) => m.id))
    const messages = [...earlier(reading.entity).filter((m) => !ids.has(m.id)), ...batch]
    out.push({
      message,
      samples: messages.filter((other) => other !== message),
      signal: {
        code: finding.code,
        score: finding.score,
        target,
        match,
        at: bucketEnd(message.ts),
        over: reading.total >= policy.count && reading.count >= policy.recipients,
        level: reading.total / policy.count,
        // A single finding that is certain enough permits the full action of the policy.
        ...(group.every((candidate) => candidate.finding.cap !== undefined) && finding.cap
          ? { cap: finding.cap }
          : {}),
        evidence: {
          ...finding.evidence,
          messages: reading.total,
          recipients: reading.count,
          window: policy.within / MINUTE,
          ports: first(messages.map((m) => m.from)),
          signatures: first(messages.flatMap((m) => (m.signature ? [m.signature.name] : []))),
        },
      },
    })
  }
  return out
}

function first(values: readonly string[]): string[] {
  return [...new Set(values)].slice(0, LISTED)
}

/** Whether an open state is still justified under the current registry, as decided by its code. */
export function isStillJustified(state: StateRecord, registry: Registry): boolean {
  return specOf(state.code).stillJustified?.(state, registry) ?? true
}
