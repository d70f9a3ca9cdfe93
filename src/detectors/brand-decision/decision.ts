import type { AnalysedMessage } from '../../domain/message.ts'
import type { Claim, Registry } from '../../domain/registry.ts'
import { ACCOUNT_DIGITS } from '../shared/objects.ts'
import type { Traces } from '../shared/traces.ts'
import {
  leadsAway,
  leadsByWordsOrNumber,
  leadsToNumberAlone,
  type Sign,
  STRANGERS,
  signsOf,
  signsToBlock,
} from './signs.ts'
import { BIAS, WEIGHTS } from './weights.ts'

/** How the signs of a message were weighed. */
export interface Weighed {
  /** How sure it is that the message is forged, 0 to 1. */
  readonly certainty: number
  /** The same by the signs that bear out a block, 0 to 1: what `blockFrom` is compared with. */
  readonly certaintyToBlock: number
  /** All signs of the message, the strongest first. */
  readonly signs: readonly Sign[]
  /** Those that speak for a forgery and against it, in the same order. */
  readonly speaksFor: readonly Sign[]
  readonly speaksAgainst: readonly Sign[]
  /** Signs that are there and count for nothing. */
  readonly neutral: readonly Sign[]
  /** Whether it may be blocked at all, however sure: never for a brand whose row is not verified. */
  readonly mayBlock: boolean
}

/** Weighs the signs of a message, and of the brand that it claims. */
export function weigh(
  claim: Claim | undefined,
  traces: Traces,
  message: AnalysedMessage,
  registry: Registry,
): Weighed {
  const signs = signsOf(claim, traces, message, registry)
  const sorted = signs.toSorted((a, b) => Math.abs(WEIGHTS[b]) - Math.abs(WEIGHTS[a]))
  return {
    certainty: certaintyOf(signs),
    certaintyToBlock: certaintyOf(signsToBlock(signs)),
    signs: sorted,
    speaksFor: sorted.filter((sign) => WEIGHTS[sign] > 0),
    speaksAgainst: sorted.filter((sign) => WEIGHTS[sign] < 0),
    neutral: sorted.filter((sign) => WEIGHTS[sign] === 0),
    mayBlock:
      claim !== undefined &&
      claim.brand.verified !== false &&
      !(claim.by === 'mention' && message.label === 'personal') &&
      !staysWithSender(claim, signs, message) &&
      mayBlock(signs),
  }
}

function certaintyOf(signs: readonly Sign[]): number {
  return 1 / (1 + Math.exp(-signs.reduce((sum, sign) => sum + WEIGHTS[sign], BIAS)))
}

/** What can be answered to the number that wrote, without anything else. */
const ANSWERED: readonly Sign[] = ['asks:payment', 'asks:secret', 'asks:reply']
/** What nobody names who settles a claim: a password, the digits of a payment code, an account to which money is to go. */
const TAKES = new RegExp(
  String.raw`密码|支付码|付款码|验证码|校验码|动态码|短信码|\d位|四位|六位|(?<!\d)${ACCOUNT_DIGITS}(?!\d)`,
)
/** Where the reader wants to be paid is to be told. */
const PAYS_READER =
  /(?:收款[码人]|卡号|账号|帐号)[^,.。!?;]{0,12}(?:发|报|给|告诉)(?:给|到|一下|下)?(?:我|这|本)/

/** What is settled: a loss, and nothing that forgers have the reader undo. */
const SETTLES = /赔|破损|丢|洒/
const UNDOES = /扣费|会员|保障|征信|注销/

/**
 * Whether a mobile that only names a brand wants an answer to itself and leads nowhere else, or one that speaks as the
 * brand's man wants to know where to pay the reader, or to be added at the number it writes from: so write couriers and
 * insurers who settle a claim.
 */
function staysWithSender({ by }: Claim, signs: readonly Sign[], message: AnalysedMessage): boolean {
  const { text } = message.normalised
  const answered = (sign: Sign) =>
    ANSWERED.includes(sign) || (sign === 'asks:follow' && isOwnContact(message))
  const elsewhere = signs.some(
    (sign) => STRANGERS.includes(sign) || (sign.startsWith('asks:') && !answered(sign)),
  )
  if (elsewhere || !signs.includes('sender:mobile') || TAKES.test(text)) return false
  if (by === 'mention') return true
  if (by !== 'speaker' || signs.includes('asks:secret')) return false
  if (UNDOES.test(text)) return false
  return signs.includes('asks:follow') || (PAYS_READER.test(text) && SETTLES.test(text))
}

/** Whether the only number or handle is the sender's own: who is to be added there is who wrote. */
function isOwnContact({ contacts, from }: AnalysedMessage): boolean {
  return contacts.length > 0 && contacts.every(({ value }) => value === from)
}

/** With what a reader is moved to act: a club that names its app, or a shop its courier, has none of them. */
const MOVES_READER: readonly Sign[] = [
  'words:lure',
  'words:pressure',
  'asks:payment',
  'asks:secret',
  'asks:reply',
  'asks:follow',
]

/** The text model takes the text for fraud or an illicit offer, or at least does not rule it out. */
const SURE: readonly Sign[] = ['text:90-98%', 'text:from-98%']
const PROBABLE: readonly Sign[] = ['text:60-90%', ...SURE]
const LIKELY: readonly Sign[] = ['text:30-60%', ...PROBABLE]
const POSSIBLE: readonly Sign[] = ['text:10-30%', ...LIKELY]
/** The words are not unlike those of forgeries, like them, or plainly so. */
const PLAINLY_WORDED: readonly Sign[] = ['wording:88-98%', 'wording:from-98%']
const WORDED: readonly Sign[] = ['wording:73-88%', ...PLAINLY_WORDED]
const HALF_WORDED: readonly Sign[] = ['wording:27-50%', 'wording:50-73%', ...WORDED]

/**
 * What may be blocked at all, however certain. Only a text that reads like fraud, with a way to somebody else:
 * - to the text model alone, a little (`POSSIBLE`); without it where a link imitates the brand's domain and the words bear
 *   that out;
 * - where no brand speaks and the link is of the kind that small shops and clubs have (a shop names the courier), where
 *   another name is signed, the brand is no more than named and no link is foreign (agents, employers and lawyers name it
 *   and give a number of their own), and where nothing is there but a request or a fixed number, more of both: requests
 *   are read from the same words, and companies have more lines than any list;
 * - from the brand's own port, a sure text with a foreign link (a courier's number in it is the brand's business);
 * - never what leads to the brand's own site and to nobody else, nor what names a fixed number alone and comes from a name
 *   or nobody.
 */
export function mayBlock(signs: readonly Sign[]): boolean {
  if (!leadsAway(signs) || !readsLikeFraud(signs)) return false
  const has = (some: readonly Sign[]) => signs.some((sign) => some.includes(sign))
  if (signs.includes('sender:unknown') && leadsToNumberAlone(signs)) return false
  if (signs.includes('sender:own')) return signs.includes('link:foreign') && has(SURE)
  return !signs.includes('link:own') || has(STRANGERS)
}

/** Another name is signed, the brand is no more than named, and no link leads to a stranger. */
function isThirdParty(signs: readonly Sign[]): boolean {
  return (
    signs.includes('signed:other') &&
    (signs.includes('claim:mention') || signs.includes('claim:faint-speaker')) &&
    !signs.includes('link:foreign')
  )
}

function readsLikeFraud(signs: readonly Sign[]): boolean {
  const has = (some: readonly Sign[]) => signs.some((sign) => some.includes(sign))
  if (has(SURE)) return true
  const plainly = (has(PROBABLE) && has(WORDED)) || (has(POSSIBLE) && has(PLAINLY_WORDED))
  if (signs.includes('link:cheap-stranger'))
    return plainly && (!signs.includes('claim:mention') || has(MOVES_READER))
  if (isThirdParty(signs) && !plainly) return false
  if (leadsByWordsOrNumber(signs)) {
    if (signs.includes('contact:account-stranger') && (has(POSSIBLE) || has(HALF_WORDED))) return true
    return (has(PROBABLE) && has(HALF_WORDED)) || (has(LIKELY) && has(WORDED))
  }
  return has(POSSIBLE) || (signs.includes('link:imitates') && has(HALF_WORDED))
}
