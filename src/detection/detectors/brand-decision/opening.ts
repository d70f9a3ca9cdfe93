import type { AnalysedMessage } from '../../../domain/message.ts'
import type { BrandMention, Claim, Registry } from '../../../domain/registry.ts'
import { openingWords } from '../../rules/patterns.generated.ts'
import { speaksAs } from '../shared/claims.ts'
import { isSpokenOf } from '../shared/objects.ts'

/** Strength of the claim of a text that only opens with a short or imitated name of a brand, 0 to 1. */
const FAINT = 0.5

/** Characters searched for the speaker of a text. */
const OPENING = 24
/** A region or a form of address before the short name of an office or a company: `广州人社:`, `成都锦江区法院`, `您好,移动…`. */
const MAX_BEFORE = 8
const WORD = /^[\p{L}\p{N}]*$/u

/**
 * The claimed speaker of a suspicious text without a full brand name: the text opens or is signed with a short name of the brand
 * (`移动用户`, `【法院传票】`), introduces itself by one (`我是供电所的`), or opens with an imitation of a name (`拼👀多多`, `货啦啦`) or a name with
 * separated characters (`抖*音`).
 */
export function openingClaim(message: AnalysedMessage, registry: Registry): Claim | undefined {
  const { text } = message.normalised
  const spokenOf = registry.brandMentions(text).filter((one) => isSpokenOf(text, one))
  const mention = registry
    .shortNameMentions(text)
    .find((one) => isSpeaker(text, one) && !isSpokenOf(text, one) && !spokenOf.some((of) => isIn(one, of)))
  if (mention) return { brand: mention.brand, by: 'speaker', claimed: mention.name, strength: FAINT }
  return spokenOf.some(({ start }) => start < OPENING) ? undefined : imitatedOpening(text, registry)
}

function isIn(part: BrandMention, whole: BrandMention): boolean {
  return part.start >= whole.start && part.end <= whole.end
}

function isSpeaker(text: string, mention: BrandMention): boolean {
  if (isContacted(text, mention)) return true
  if (mention.start > OPENING) return speaksAs(text, mention)
  const before = text.slice(0, mention.start).replace(ADDRESSED, '')
  // Only a region or nothing may precede the short name.
  const opening = before.slice(before.search(/[^\s【[(「『]*$/))
  if (opening.length <= MAX_BEFORE && WORD.test(opening)) {
    return (
      before.length - opening.length <= 2 || GREETING.test(before.slice(0, before.length - opening.length))
    )
  }
  return speaksAs(text, mention)
}

/** The reader is told to contact someone of the brand: `请添加移动督查专员`. */
const CONTACT = openingWords.contact
const STAFF = openingWords.staff

function isContacted(text: string, { start, end }: BrandMention): boolean {
  return STAFF.test(text.slice(end, end + 12)) && CONTACT.test(text.slice(Math.max(0, start - 6), start))
}

const GREETING = openingWords.greeting

/** Addressees before the speaker: `家长您好,教育局…`, `粤A车主:ETC…`. */
const ADDRESSED = openingWords.addressed

/** Lengths of an opening that may imitate a name, longest first. */
const LENGTHS = [8, 7, 6, 5, 4, 3, 2]
/** Similarity from which a name is imitated; two characters that only sound alike may be another company. */
const IMITATED = 0.8

/** Addressees before the name, which are not part of it. */
const ADDRESS = openingWords.address

function imitatedOpening(text: string, registry: Registry): Claim | undefined {
  const opens = text.slice(0, OPENING)
  const start = Math.max(...[ADDRESS, ADDRESSED].map((form) => form.exec(opens)?.[0].length ?? 0))
  const letters = text.slice(start, start + OPENING).replace(/[^\p{L}\p{N}]/gu, '')
  for (const length of LENGTHS) {
    if (length > letters.length) continue
    const claimed = letters.slice(0, length)
    // Amounts and codes look like names made of digits.
    if (/\p{N}/u.test(claimed) && !text.startsWith(claimed, start)) continue
    const apart = isSpeltApart(text.slice(start, start + OPENING), claimed)
      ? registry.brandByName(claimed)
      : undefined
    if (apart) return { brand: apart, by: 'speaker', claimed, strength: FAINT }
    const like = registry.lookalikeOfName(claimed)
    if (like && like.how !== 'added-word' && like.similarity >= IMITATED)
      return { brand: like.brand, by: 'speaker', claimed, strength: FAINT }
  }
  return undefined
}

const SEPARATOR = /[,.:;!?、。()[\]【】"'“”-]/

/**
 * Whether the characters of a name are separated in a way its owner does not write it (`抖*音`, `收-钱-吧`), and not as two words
 * separated by a comma.
 */
function isSpeltApart(opening: string, claimed: string): boolean {
  if (opening.startsWith(claimed)) return false
  let seen = 0
  let between = ''
  const gaps: string[] = []
  for (const sign of opening) {
    if (seen === claimed.length) break
    if (claimed.startsWith(sign, seen)) {
      if (seen > 0) gaps.push(between.slice(gaps.join('').length))
      seen += sign.length
    } else if (seen > 0) between += sign
  }
  // The same separator between all characters.
  if (gaps.length > 1 && gaps[0] !== '' && gaps.every((gap) => gap === gaps[0])) return true
  return between !== '' && !SEPARATOR.test(between) && (claimed.length > 2 || !/\s/.test(between))
}
