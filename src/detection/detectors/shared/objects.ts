import type { BrandMention } from '../../../domain/registry.ts'

/** Digits of a card, or of an account of a company (20 and more), in groups or not, as part of a pattern. */
export const ACCOUNT_DIGITS = String.raw`\d(?:[ -]?\d){14,20}`

/** Whether a brand is only what a text speaks of: where an account lies, what is sold, let or won. */
export function isSpokenOf(text: string, mention: BrandMention): boolean {
  return namesAccount(text, mention) || namesGoods(text, mention)
}

/** A place where people keep accounts. */
const BANK = /行$|农信|信用社|邮储|邮政储蓄|支付宝|bank|^[a-z]{3,5}$/
/** Before it: whose account it is, or that money goes there. */
const OWNER = /(?:我|他|她|咱|本人|个人|爸|妈|老公|老婆|[转打汇付存]|[这那]张|\bmy )的?\s?$/
const CARD =
  /^(?:的)?\s?(?:银行)?(?:[这那]张)?(?:储蓄|借记|工资)?(?:卡(?!中心|部)|账户|帐户|账号|帐号|card|account)/
/** Behind it: the number of an account or a card, in groups or not. */
const ACCOUNT_NUMBER = new RegExp(
  String.raw`^的?(?:储蓄|借记)?(?:卡|账户|帐户|账号|帐号|card|account)?号?[\s:,]{0,2}${ACCOUNT_DIGITS}(?!\d)`,
)

/** Behind it: a branch, whose account it is, and its number, each as a field of its own. */
const FIELDS_AFTER = new RegExp(
  String.raw`^(?:\p{Script=Han}{1,8}(?:支行|分行|营业部))?[\s:,、/]{1,2}(?:(?:户名|姓名|收款人)[\s:是]{0,2})?\p{Script=Han}{2,4}[\s:,、/]{1,2}(?:(?:卡号|账号|帐号|账户|帐户)[\s:是]{0,2})?${ACCOUNT_DIGITS}(?!\d)`,
  'u',
)
const HOLDER_AFTER =
  /^(?:\p{Script=Han}{1,8}(?:支行|分行|营业部))?[\s,、/]{0,2}(?:(?:户名|收款人)[\s:是]{0,2}\p{Script=Han}{2}|(?:账号|帐号|卡号)[\s:是]{0,2}\d{6})/u
/** Before it: the same in another order. */
const FIELDS_BEFORE = new RegExp(
  String.raw`(?<!\d)${ACCOUNT_DIGITS}[\s,、/(]{0,2}(?:(?:户名|姓名|收款人)?[\s:是]{0,2}\p{Script=Han}{2,4}[\s,、/]{1,2})?(?:开户行?)?[\s:是]{0,2}$`,
  'u',
)
const HOLDER_BEFORE =
  /户名[\s:是]{0,2}\p{Script=Han}{2,16}[\s,、/]{0,2}(?:开户行?)?[\s:是]{0,2}$|开户(?:银?行)?[\s:是为]{0,2}$/u

/** A bank writes, or who takes its place: the account is one to which the reader's money is to be moved, or the reader's. */
const BANK_WRITES =
  /安全账户|(?:监管|保护|清查|核查|验资)(?:账户|专户)|冻结|异常|涉嫌|风控|风险|停用|限制|认证|绑定|登录|点击|提醒|通知|客服|您的?(?:名下|尾号|[^,。!]{0,6}(?:卡|账户|存款|资金))/

/** What a bank does to an account, or has its customer do: nobody who only gives his account writes it. */
const BANK_ACTS =
  /安全账户|(?:监管|保护|清查|核查|验资)(?:账户|专户)|冻结|异常|涉嫌|停用|认证|登录|您的?(?:名下|尾号|[^,。!]{0,6}(?:卡|账户|存款|资金))/
/** A person writes of himself: a bank says 我行. */
const WRITES_OF_OWN = /我(?![行司们方处部局院]|中心)|咱|老公|老婆|爸|妈/

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

/** Behind a name: it is let, sold, emptied, drawn from or looked up in by whoever writes. */
const DEALT_IN =
  /^[^\s,.。!?;:]{0,6}\s?(?:出租|出售|转让|回收|收购|求购|套现|变现|[代贷][提办开还]|代缴(?!补贴|通知)|[可能]查(?![看询收阅]))/
/** Before it: the same. */
const DEALS = /(?:(?:高价|长期|大量|急|诚)(?:收|租|求)|出租|收购|求购|回收|强开|套取)[^,.。!?;:]{0,8}$/
/** A prize stands before it, or how many of it behind. */
const PRIZE = /(?:[一二三四特]等奖|奖品|大奖)[\s:为是]{0,2}(?:价值[\d.,]{1,8}万?元?的?)?$/
const PIECE =
  /^\s?(?:model|mate|手机|平板|笔记本|电脑|汽车|轿车|手表|手环|耳机|电视)[^\s,.。!?;:]{0,8}\s?(?:[一1][台部辆块只个]|使用权)/

/** Who writes speaks to a customer: of the reader's own account or parcel, or of a page to open. */
const TO_CUSTOMER = /您的|您有|请登录|请点击|派送|到期|作废|注销|认证|理赔/

/** Whether a mention is goods: `抖音号出租`, `花呗套现`, `二等奖华为平板一台`. */
function namesGoods(text: string, { start, end }: BrandMention): boolean {
  if (TO_CUSTOMER.test(text)) return false
  const before = text.slice(Math.max(0, start - 20), start)
  const after = text.slice(end, end + 24)
  return DEALT_IN.test(after) || DEALS.test(before) || PRIZE.test(before) || PIECE.test(after)
}
