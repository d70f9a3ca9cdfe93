import type { MessageContext } from '../../../domain/detector.ts'
import { hasFilingHere } from '../../../domain/filing.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Claim } from '../../../domain/registry.ts'
import { claimedKindWords } from '../../rules/patterns.generated.ts'
import { rulesOf } from '../own-rules/loaded-rules.ts'
import { foreignParts, type Surroundings, tracesOf } from '../shared/traces.ts'
import { textFraud } from '../text-fraud.ts'
import { weigh } from './decision.ts'
import { fraudWeighed, mayBeMalicious } from './malicious-text.ts'

/** Kinds of institutions that no list covers completely. The last two are told by the heads of the text model. */
export const KINDS = [
  ...(['bank', 'court', 'police', 'tax', 'social-security'] as const),
  ...(['school', 'hospital', 'airline', 'carrier', 'mediation'] as const),
  ...(['office', 'brand'] as const),
] as const
export type Kind = (typeof KINDS)[number]

const ENDINGS = Object.entries({
  bank: claimedKindWords.bank,
  court: claimedKindWords.court,
  police: claimedKindWords.police,
  tax: claimedKindWords.tax,
  'social-security': claimedKindWords.socialSecurity,
  school: claimedKindWords.school,
  hospital: claimedKindWords.hospital,
  airline: claimedKindWords.airline,
  carrier: claimedKindWords.carrier,
  mediation: claimedKindWords.mediation,
} satisfies Record<Exclude<Kind, 'office' | 'brand'>, RegExp>) as readonly [Kind, RegExp][]
/** Text before the first of these may be the speaker of an unsigned text. */
const OPENING = /^[^\s,.:;!?。]{2,20}(?=:)/

/**
 * A message that speaks as an unlisted institution: a city bank, a school, a mediation office. Genuine ones have a filed port, a
 * short number, or a site below a restricted suffix. Found if the text reads like fraud and the message comes from a number
 * anyone can use or leads to an unknown party. `claim`: a registered brand that it also names.
 */
export function claimedKindFound(
  message: AnalysedMessage,
  context: MessageContext,
  surroundings: Surroundings,
  claim: Claim | undefined,
  minCertainty: number,
) {
  const { registry } = context
  if (!mayBeMalicious(message) || message.from === '' || surroundings.sender === 'short') return undefined
  const { signature } = message
  const opening = signature ? undefined : OPENING.exec(message.normalised.text)?.[0]
  const name = signature?.name ?? opening?.replace(claimedKindWords.notice, '')
  const kind = kindOf(name, message)
  if (kind === undefined) return undefined
  const row = signature && registry.signature(signature.key)
  if (row && hasFilingHere(row, message)) return undefined
  const traces = tracesOf(claim?.brand, message, registry, surroundings)
  const found = foreignParts(traces, message.from)
  if (found.length === 0) return undefined
  const weighed = weigh(claim, traces, message, registry, rulesOf(context))
  const fraud = fraudWeighed(textFraud.code, message, context, weighed, minCertainty)
  if (!fraud) return undefined
  return {
    kind,
    name,
    claimedBy: signature ? ('signature' as const) : ('speaker' as const),
    found,
    certainty: fraud.certainty,
    traces,
    weighed,
    rule: fraud.rule,
  }
}

/** Whether a kind is told by the end of a name, instead of by how the text speaks. */
export function isNamedAs(kind: Kind): boolean {
  return kind !== 'office' && kind !== 'brand'
}

/** Probability from which the text speaks as an office or a brand, by the heads of the text model. */
const SPEAKS = 0.5

/** The kind by the end of the name, else by how the text speaks: abbreviations end in anything, and many give no name. */
function kindOf(name: string | undefined, { heads }: AnalysedMessage): Kind | undefined {
  if (name !== undefined) for (const [kind, ending] of ENDINGS) if (ending.test(name)) return kind
  if (heads === undefined) return undefined
  if (heads.speaks.office >= SPEAKS) return 'office'
  return heads.speaks.brand >= SPEAKS ? 'brand' : undefined
}
