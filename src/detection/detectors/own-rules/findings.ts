import type { Finding } from '../../../domain/decision.ts'
import type { MessageContext } from '../../../domain/detector.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { PolicyAt } from '../../../domain/policy.ts'
import { redactText } from '../../../text/redact.ts'
import type { SignSet } from '../../rules/sign-set.ts'
import { claimOf } from '../brand-decision/claimed-brands.ts'
import { shownAt, weigh } from '../brand-decision/decision.ts'
import { comparedNotices } from '../brand-decision/twin.ts'
import { surroundingsOf, tracesOf } from '../shared/traces.ts'
import { textFraud } from '../text-fraud.ts'
import { LoadedRules, rulesOf } from './loaded-rules.ts'
import type { OwnRow } from './row.ts'

const NONE: readonly never[] = []
/** Limit of words quoted in evidence. */
const QUOTED = 5

export function ownFindings(
  message: AnalysedMessage,
  context: MessageContext,
  codes: PolicyAt['codes'],
): readonly Finding[] {
  const { own } = context
  if (!(own instanceof LoadedRules)) return NONE
  const rows = own.candidates(message)
  if (rows.length === 0) return NONE
  const words = own.rules.ofText(message.normalised.text)
  const known = { ...context, notices: rows.some((row) => row.asksNotices) ? context.notices : undefined }
  let shown: SignSet | undefined
  const found: Finding[] = []
  for (const row of rows) {
    if (!row.mayHold(words, message)) continue
    if (!row.isTextual) shown ??= shownBy(message, known, codes)
    const signs = row.isTextual ? words : shown!
    if (row.holds(signs)) found.push(findingOf(row, signs, message, context))
  }
  return found
}

export function shownBy(
  message: AnalysedMessage,
  context: MessageContext,
  codes: PolicyAt['codes'],
): SignSet {
  const { registry, notices } = context
  const rules = rulesOf(context)
  const claim = claimOf(message, registry)
  const traces = tracesOf(claim?.brand, message, registry)
  const { shown, certainty } = weigh(claim, traces, message, registry, rules)
  if (claim)
    for (const sign of comparedNotices(claim, traces, message, registry, notices).signs)
      rules.add(shown, sign)
  // The required certainty is that of TEXT_FRAUD.
  return shownAt(shown, certainty, codes[textFraud.code].thresholds.minCertainty as number)
}

function findingOf(
  { code, says, because, target, signs: asked, quoted }: OwnRow,
  signs: SignSet,
  message: AnalysedMessage,
  { registry }: MessageContext,
): Finding {
  const words = quoted
    .flatMap((sign) => signs.spansOf(sign))
    .map(({ start, end }) => signs.text.slice(start, end))
  const domain = target === 'domain' ? surroundingsOf(message, registry).foreignLink?.domain : undefined
  return {
    code,
    score: 1,
    evidence: {
      says,
      because,
      signs: asked.filter(({ shows }) => shows(signs)).map(({ name }) => name),
      quotes: [...new Set(words)].slice(0, QUOTED).map((word) => redactText(word)),
    },
    escalates: target === 'message' ? NONE : [target],
    ...(domain === undefined ? {} : { domain }),
  }
}
