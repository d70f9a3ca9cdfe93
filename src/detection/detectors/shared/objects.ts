import type { BrandMention } from '../../../domain/registry.ts'
import { objectsWords } from '../../rules/patterns.generated.ts'

/** Digits of a card or a company account (20 or more), grouped or not, as a pattern fragment. */
export const ACCOUNT_DIGITS = String.raw`\d(?:[ -]?\d){14,20}`

/** Whether a brand is only mentioned: the bank of an account, or something sold, let or won. */
export function isSpokenOf(text: string, mention: BrandMention): boolean {
  return namesAccount(text, mention) || namesGoods(text, mention)
}

const BANK = objectsWords.bank
/** Before it: the account's owner, or that money goes there. */
const OWNER = objectsWords.owner
const CARD = objectsWords.card
/** After it: an account or card number, grouped or not. */
const ACCOUNT_NUMBER = objectsWords.accountNumber

/** After it: branch, owner and account number as separate fields. */
const FIELDS_AFTER = objectsWords.fieldsAfter
const HOLDER_AFTER = objectsWords.holderAfter
/** Before it: the same fields in another order. */
const FIELDS_BEFORE = objectsWords.fieldsBefore
const HOLDER_BEFORE = objectsWords.holderBefore

/** Wording of a bank, or of someone posing as one: the account is the reader's, or one the reader's money should be moved to. */
const BANK_WRITES = objectsWords.bankWrites

/** Actions of a bank on an account, or required of its customer: not used by someone who only gives their account. */
const BANK_ACTS = objectsWords.bankActs
/** First-person wording of individuals: a bank says 我行. */
const WRITES_OF_OWN = objectsWords.writesOfOwn

/** Whether a mention only names the bank of someone's account: `打我农行卡`, `工行6222…`, `卡号6222…，工行`, `户名王某，开户行：建行`. */
export function namesAccount(text: string, { start, end }: BrandMention): boolean {
  if (!BANK.test(text.slice(start, end))) return false
  const after = text.slice(end, end + 60)
  if (OWNER.test(text.slice(Math.max(0, start - 6), start)) && CARD.test(after)) return true
  if (ACCOUNT_NUMBER.test(after)) return !BANK_ACTS.test(text) || WRITES_OF_OWN.test(text)
  const before = text.slice(Math.max(0, start - 64), start)
  const fields =
    FIELDS_AFTER.test(after) ||
    HOLDER_AFTER.test(after) ||
    FIELDS_BEFORE.test(before) ||
    HOLDER_BEFORE.test(before)
  return fields && !BANK_WRITES.test(text)
}

/** After a name: the writer lets, sells, cashes out or looks up accounts. */
const DEALT_IN = objectsWords.dealtIn
/** Before it: the same. */
const DEALS = objectsWords.deals
/** A prize before it, or a quantity after it. */
const PRIZE = objectsWords.prize
const PIECE = objectsWords.piece

/** Wording addressed to a customer: their own account or parcel, or a page to open. */
const TO_CUSTOMER = objectsWords.toCustomer

/** Whether a mention is merchandise: `抖音号出租`, `花呗套现`, `二等奖华为平板一台`. */
function namesGoods(text: string, { start, end }: BrandMention): boolean {
  if (TO_CUSTOMER.test(text)) return false
  const before = text.slice(Math.max(0, start - 20), start)
  const after = text.slice(end, end + 24)
  return DEALT_IN.test(after) || DEALS.test(before) || PRIZE.test(before) || PIECE.test(after)
}
