import type { BrandMention } from '../../../domain/registry.ts'
import { objectsWords } from '../../rules/patterns.generated.ts'

/** Digits of a card, or of an account of a company (20 and more), in groups or not, as part of a pattern. */
export const ACCOUNT_DIGITS = String.raw`\d(?:[ -]?\d){14,20}`

/** Whether a brand is only what a text speaks of: where an account lies, what is sold, let or won. */
export function isSpokenOf(text: string, mention: BrandMention): boolean {
  return namesAccount(text, mention) || namesGoods(text, mention)
}

/** A place where people keep accounts. */
const BANK = objectsWords.bank
/** Before it: whose account it is, or that money goes there. */
const OWNER = objectsWords.owner
const CARD = objectsWords.card
/** Behind it: the number of an account or a card, in groups or not. */
const ACCOUNT_NUMBER = objectsWords.accountNumber

/** Behind it: a branch, whose account it is, and its number, each as a field of its own. */
const FIELDS_AFTER = objectsWords.fieldsAfter
const HOLDER_AFTER = objectsWords.holderAfter
/** Before it: the same in another order. */
const FIELDS_BEFORE = objectsWords.fieldsBefore
const HOLDER_BEFORE = objectsWords.holderBefore

/** A bank writes, or who takes its place: the account is one to which the reader's money is to be moved, or the reader's. */
const BANK_WRITES = objectsWords.bankWrites

/** What a bank does to an account, or has its customer do: a sender who only gives his account does not write it. */
const BANK_ACTS = objectsWords.bankActs
/** A person writes of himself: a bank says 我行. */
const WRITES_OF_OWN = objectsWords.writesOfOwn

/**
 * Whether a mention is no more than the bank of somebody's account: `打我农行卡`, `工行6222…`, `卡号6222…，工行`,
 * `户名王某，开户行：建行`.
 */
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

/** Behind a name: it is let, sold, emptied, drawn from or looked up in by the writer. */
const DEALT_IN = objectsWords.dealtIn
/** Before it: the same. */
const DEALS = objectsWords.deals
/** A prize stands before it, or how many of it behind. */
const PRIZE = objectsWords.prize
const PIECE = objectsWords.piece

/** Who writes speaks to a customer: of the reader's own account or parcel, or of a page to open. */
const TO_CUSTOMER = objectsWords.toCustomer

/** Whether a mention is goods: `抖音号出租`, `花呗套现`, `二等奖华为平板一台`. */
function namesGoods(text: string, { start, end }: BrandMention): boolean {
  if (TO_CUSTOMER.test(text)) return false
  const before = text.slice(Math.max(0, start - 20), start)
  const after = text.slice(end, end + 24)
  return DEALT_IN.test(after) || DEALS.test(before) || PRIZE.test(before) || PIECE.test(after)
}
