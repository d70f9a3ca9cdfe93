import type { Finding } from '../domain/decision.ts'
import type { MessageContext } from '../domain/detector.ts'
import { type StandingSpan, standingSpan } from '../domain/filing.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { PolicyAt } from '../domain/policy.ts'
import type { MessageCode } from './detectors/code-spec.ts'
import { ownFindings } from './detectors/own-rules/findings.ts'

/** By what the findings on a message are made. */
export interface Finders {
  readonly codes: readonly MessageCode[]
  /** How each of them is judged. */
  readonly at: PolicyAt
  /** What the message does not say: codes that need it are silent. Absent: it says everything. */
  readonly lacks?: readonly ('sender' | 'time')[] | undefined
}

/** What was found on a text, and all that it rests on in addition to the text and its signature. */
interface Judged extends StandingSpan, Pick<AnalysedMessage, 'from' | 'partial' | 'scores'> {
  readonly carrier: string | undefined
  readonly sp: string | undefined
  readonly context: Pick<MessageContext, 'registry' | 'own' | 'modelThresholds'>
  readonly finders: Pick<Finders, 'codes' | 'at'>
  readonly findings: readonly Finding[]
}

const NONE: readonly never[] = []
/** Senders of one text for which findings are kept. */
const SENDERS = 4

/**
 * What the codes find on a message, in their order, then what an operator's rules find. What does not depend on the single
 * message is kept with a text that comes again, for each of its senders.
 */
export function findingsOf(
  message: AnalysedMessage,
  context: MessageContext,
  finders: Finders,
): readonly Finding[] {
  const shared = sharedFindings(message, context, finders)
  const own = foundBy(message, context, finders, true)
  if (own.length === 0) return shared
  if (shared.length === 0) return own
  const { codes } = finders
  const place = ({ code }: Finding) => {
    const index = codes.findIndex((spec) => spec.code === code)
    return index < 0 ? codes.length : index
  }
  return [...own, ...shared].sort((a, b) => place(a) - place(b))
}

/** The findings of the codes that are asked of each message, or of the others. */
function foundBy(
  message: AnalysedMessage,
  context: MessageContext,
  { codes, at, lacks }: Finders,
  ofEach: boolean,
): readonly Finding[] {
  // Most messages have none, and those of a whole batch are held: a list that grew keeps room for more.
  let found: readonly Finding[] = NONE
  for (const spec of codes) {
    if (spec.ofEach !== ofEach || lacks?.some((one) => spec.needs.includes(one))) continue
    const finding = spec.detect(message, context, at.codes[spec.code])
    if (finding) found = found.length === 0 ? [finding] : [...found, finding]
  }
  return found
}

function sharedFindings(
  message: AnalysedMessage,
  context: MessageContext,
  finders: Finders,
): readonly Finding[] {
  const kept = message.memo.judged as Judged[] | undefined
  if (kept === undefined || finders.lacks !== undefined || namesRecipient(message))
    return findingsNow(message, context, finders)
  for (const one of kept) if (holdsFor(one, message, context, finders)) return one.findings
  const { registry, notices } = context
  const asked = notices?.asked
  const findings = findingsNow(message, context, finders)
  // What notices answer changes with what is learned, and with the filings of others.
  if (notices?.asked !== asked) return findings
  for (const finding of findings) {
    Object.freeze(finding.evidence)
    Object.freeze(finding)
  }
  Object.freeze(findings)
  const { from, partial, scores, record } = message
  const row = message.signature && registry.signature(message.signature.key)
  if (kept.length === SENDERS) kept.shift()
  const { carrier, sp } = record
  kept.push({
    from,
    partial,
    scores,
    carrier,
    sp,
    context,
    finders,
    findings,
    ...standingSpan(row, message.ts),
  })
  return findings
}

/** A number of one's own is no lead. */
function namesRecipient({ contacts, to }: AnalysedMessage): boolean {
  for (const { value } of contacts) if (value === to) return true
  return false
}

function holdsFor(
  { context: by, finders: asked, ...one }: Judged,
  { ts, from, partial, scores, record }: AnalysedMessage,
  { registry, own, modelThresholds }: MessageContext,
  { codes, at }: Finders,
): boolean {
  return (
    one.from === from &&
    one.scores === scores &&
    one.partial === partial &&
    one.carrier === record.carrier &&
    one.sp === record.sp &&
    one.since <= ts &&
    ts < one.until &&
    by.registry === registry &&
    by.own === own &&
    by.modelThresholds === modelThresholds &&
    asked.at === at &&
    asked.codes === codes
  )
}

function findingsNow(
  message: AnalysedMessage,
  context: MessageContext,
  finders: Finders,
): readonly Finding[] {
  const shared = foundBy(message, context, finders, false)
  if (!context.own) return shared
  const more = ownFindings(message, context, finders.at.codes)
  return more.length === 0 ? shared : [...shared, ...more]
}
