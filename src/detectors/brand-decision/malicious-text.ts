import type { MessageContext } from '../../domain/detector.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { Registry } from '../../domain/registry.ts'
import * as fields from '../evidence-fields.ts'
import { LABEL_EVIDENCE, minScore, thresholdOf } from '../shared/text-label.ts'
import { tracesOf } from '../shared/traces.ts'
import { wordsOf } from '../shared/wording.ts'
import { claimOf } from './claimed-brands.ts'
import { type Weighed, weigh } from './decision.ts'
import { WEIGHED_FIELDS, weighedEvidence } from './evidence.ts'
import { type Sign, STRANGERS } from './signs.ts'

/** Thresholds of TEXT_FRAUD and TEXT_ILLICIT. */
export const MALICE_THRESHOLDS = {
  minScore: minScore('it counts'),
  minCertainty: {
    default: 0.4,
    unit: 'certainty',
    min: 0,
    max: 1,
    says: 'certainty, weighed from the text, the sender, links, numbers and requests, from which on a text below `minScore` counts as well, and below which one from a sender of good repute does not; 1, or a `minScore` above 0, leaves the text alone to decide',
  },
}

export const MALICE_EVIDENCE = {
  ...LABEL_EVIDENCE,
  certainty: fields.optional(fields.share('certainty from all signs together, where they were weighed')),
  speaksFor: fields.optional(WEIGHED_FIELDS.speaksFor),
  speaksAgainst: fields.optional(WEIGHED_FIELDS.speaksAgainst),
  neutral: WEIGHED_FIELDS.neutral,
}

/** Below that a text is a notice whatever is beside it. */
const FLOOR = 0.02
/** From here on the text alone is enough, whoever sends it. */
export const SURE = 0.9

/**
 * Fraud or illicit, whichever is likelier, when its probability reaches the threshold, or that of both together: a text
 * between the two is no better for it, whatever third label is likelier than each. A text that is less sure counts when
 * everything else about the message makes it certain, and does not when its sender speaks for it.
 */
export function maliceFound(
  label: 'fraud' | 'illicit',
  message: AnalysedMessage,
  context: MessageContext,
  thresholds: { readonly minScore: number; readonly minCertainty: number },
) {
  const { fraud, illicit } = message.scores
  if ((label === 'fraud') !== fraud >= illicit) return undefined
  const both = fraud + illicit
  const own = message.scores[label]
  const threshold = thresholdOf(label, context, thresholds.minScore)
  const said = both >= threshold
  const text = own >= threshold ? own : both
  const evidence = { label, score: Math.round(text * 1000) / 1000, threshold }
  const { minCertainty } = thresholds
  // Without a sender, or where the policy has a threshold of its own, the text alone decides.
  const alone = minCertainty >= 1 || thresholds.minScore > 0 || message.from === ''
  if (alone) return said ? { score: Math.min(1, text), evidence } : undefined
  if (both < FLOOR) return undefined
  const weighed = weighMessage(message, context.registry)
  const { signs } = weighed
  if (isErrandOfOffice(signs)) return undefined
  if (both < SURE && isSharedBill(signs, message.normalised.text)) return undefined
  const certain = weighed.certainty >= neededFor(message, minCertainty, signs)
  if (!certain && (!said || (both < SURE && isCleared(weighed.certainty, signs, message.normalised.text))))
    return undefined
  return {
    score: Math.min(1, said ? text : weighed.certainty),
    evidence: {
      ...evidence,
      certainty: Math.round(weighed.certainty * 1000) / 1000,
      ...weighedEvidence(weighed),
    },
  }
}

/** Twice the certainty for a text from one person to another: those ask each other for numbers, codes and money too. */
export function neededFor({ label }: AnalysedMessage, minCertainty: number, signs: readonly Sign[]): number {
  return label === 'personal' || isMoneyOfPeople(signs) ? Math.min(1, 2 * minCertainty) : minCertainty
}

/** What takes a message about money out of what people write to each other, and one of an office out of its errands. */
const BAIT: readonly Sign[] = ['link:foreign', 'link:neutral', 'link:disguised', 'asks:app', 'asks:secret']
const NOT_BETWEEN_PEOPLE: readonly Sign[] = [
  ...STRANGERS,
  ...BAIT,
  'signed:anybody',
  'asks:scan',
  'asks:search',
  'asks:follow',
  'words:lure',
  'words:pressure',
  'words:trade',
]

/** A mobile that speaks for no brand asks for money, and nothing else is there: `把钱转我卡上`. */
function isMoneyOfPeople(signs: readonly Sign[]): boolean {
  return (
    signs.includes('sender:mobile') &&
    signs.includes('claim:none') &&
    signs.includes('asks:payment') &&
    !signs.some((sign) => NOT_BETWEEN_PEOPLE.includes(sign))
  )
}

/** How people share what something cost: each of them pays a part, by the head or in cash where that suits better. */
const SHARES =
  /(?<![a-z])aa(?:制|下来|了|[,一吧])|多退少补|人均|[均平分]摊|每[人家位户](?:先|要)?[收交出付摊转]?\s?\d+|一人\d+|给现金|带现金|现金(?:也|都)?[行可]/
/** What a stranger says who takes the place of somebody known. */
const IN_PLACE_OF = /换号|新号|原号|别(?:打|接|给)?电话|(?:打|接)不了电话|不方便(?:打|接)?电话|别在群里|截图/
/** What people may have beside that: the code to pay by, the group in which it stands. */
const NO_SHARED_BILL: readonly Sign[] = NOT_BETWEEN_PEOPLE.filter((sign) => sign !== 'asks:follow')

/** A mobile that speaks for no brand shares a bill among people: `聚餐每人先收100，多退少补，收款码在群里`. */
export function isSharedBill(signs: readonly Sign[], text: string): boolean {
  return (
    signs.includes('sender:mobile') &&
    signs.includes('claim:none') &&
    SHARES.test(text) &&
    !IN_PLACE_OF.test(text) &&
    !wordsOf(text.replaceAll('收款码', '')).lure &&
    !signs.some((sign) => sign !== 'words:lure' && NO_SHARED_BILL.includes(sign))
  )
}

/** What an office does not write, whatever its name: lures, what reads plainly like fraud, a handle to be followed. */
function isUnlikeOffice(signs: readonly Sign[]): boolean {
  return (
    signs.includes('words:lure') ||
    signs.includes('text:from-98%') ||
    (signs.includes('contact:handle') && signs.includes('asks:follow'))
  )
}

/** A public body from its own filed port: its people give out numbers and handles. It asks for no money, code or app. */
export function isErrandOfOffice(signs: readonly Sign[]): boolean {
  return (
    signs.includes('signed:public-body') &&
    !isUnlikeOffice(signs) &&
    !signs.some((sign) => sign === 'asks:payment' || BAIT.includes(sign))
  )
}

function weighMessage(message: AnalysedMessage, registry: Registry): Weighed {
  const claim = claimOf(message, registry)
  return weigh(claim, tracesOf(claim?.brand, message, registry), message, registry)
}

const REPUTE: readonly Sign[] = ['sender:own', 'sender:filed', 'sender:official']

/** Below that everything beside the text speaks for a message. */
export const CLEARED = 0.1

/** Somebody writes from a mobile, in nobody's name, and leads nowhere: so people tell each other of a new number. */
const PRIVATE: readonly Sign[] = ['sender:mobile', 'claim:none', 'leads:nowhere']

/** The way is the number that wrote: the reader is to call back, or is offered pay by the day. */
const WANTS_CALL = /回电|来电|打我电话|回我|日结|一天\d+/

/**
 * All signs together clear it; people speak of money, or of nothing that leads anywhere; or it comes from whom it says, and
 * leads to nobody else's site.
 */
export function isCleared(certainty: number, signs: readonly Sign[], text: string): boolean {
  return (
    certainty < CLEARED ||
    isMoneyOfPeople(signs) ||
    (PRIVATE.every((sign) => signs.includes(sign)) && !WANTS_CALL.test(text)) ||
    (signs.some((sign) => REPUTE.includes(sign)) && !signs.includes('link:foreign'))
  )
}
