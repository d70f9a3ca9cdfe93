import type { AnalysedMessage, ContactMention } from '../../../domain/message.ts'
import type { Registry } from '../../../domain/registry.ts'
import { isHandle, isOfficialNumber, type Traces } from './traces.ts'
import { wordsOf } from './wording.ts'

/**
 * What has happened to an account, a card or a contract, and how the reader is to undo it by a call: the notice of a bank or
 * shop whose hotline was swapped. In normalised text; gaps are bounded and hold no end of a sentence.
 */
const HAPPENED =
  /消费|使用|报销|支付|转[出账帐]|汇出|扣[款费收]|划扣|代扣|提现|交易|盗刷|登[录陆]|绑定|新设备|变更|开通|办理|申请|暂停|停[用机]|冻结|止付|锁定|限制|异常|注销|挂失|年费|会员|套餐|协议|账单|贷|charged?\b|payment|transfer|order|purchase|log(?:ged)? ?in|sign(?:ed)? ?in|withdraw/
/** What the owner of an account has or has not done. */
const ACT = '(?:办理|开通|授权|申请|操作|同意|下单)'
/**
 * Only who owns the account can say so. `未办理` alone is a fact that the sender knows (`材料未办理完`): a condition, the reader
 * himself or the call itself stands beside it.
 */
const NOT_READER = new RegExp(
  [
    '[非经](?:您|你)?本人|不是(?:您|你)?本人',
    `[如若倘非][^。!?;,]{0,6}?(?:未|没有?)(?:曾)?${ACT}`,
    `(?:未|没有?)(?:曾)?${ACT}过?(?:的|者)?(?:本人|(?=,?(?:请(?:立即|速|尽快)?)?(?:致电|拨|回电)))`,
    '误(?:开|点|操作|办)|不同意',
    String.raw`\bnot you\b|wasn['’ ]?t you|was not you`,
    "(?:did|do)(?: not|n['’]?t) (?:authori[sz]e|make|request|recogni[sz]e)",
  ].join('|'),
)
const CALL =
  '(?:致电|拨打|请拨|可拨|拨|回电|来电|电话|热线|专线|座机|联系|咨询|客服|人工|call|phone|speak to|contact|dial)'
/** A number to call, of at least five digits: no date, no time and no amount. */
const NUMBER = String.raw`(?<!\d[./-]?)(?!(?:\d{4}[/-])?\d{1,2}[/-]\d{1,2}(?!\d))\+?\(?\d(?:[ ()./-]{0,3}\d){4,}(?![\d,.]*\s?(?:元|万|分(?!机)|积分|笔|%))`
const CALLS = new RegExp(`${CALL}[^。!?;]{0,24}${NUMBER}`)
const THEN_CALLS = new RegExp(`(?:${NOT_READER.source})[^。!;]{0,28}${CALLS.source}`)

/** What is to be undone, at the call. */
const UNDO =
  '(?:取消|撤销|撤回|解除|解冻|解约|解锁|解绑|退订|关闭|申诉|放行|拦截|止付|退回|退还|退保|注销|延期|恢复|cancel|reverse|stop|block)'
const UNDONE_BY_CALL = new RegExp(
  `${UNDO}[^。!?;]{0,14}${CALL}[^。!?;]{0,14}${NUMBER}|${CALL}[^。!?;]{0,14}${NUMBER}[^。!?;]{0,14}${UNDO}`,
)
/** Whom a customer knows, or finds at his branch or shop. */
const KNOWN_TO_READER = new RegExp(
  `(?:(?:客户|网格|理财)经理|业务员|网点|支行|分理处|商家|卖家)[^。!?;]{0,12}${NUMBER}`,
)
/** What nobody leaves as it is. */
const HARM =
  /盗刷|止付|冻结|异常|可疑|扣[款费收]|划扣|代扣|年费|手续费|征信|失信|停[用机]|锁定|限制|涉嫌|转出|断卡|销户|失效|charged|pending|suspicious|locked|suspended/

/** Whether a normalised text asks its reader to call about something that was done to an account of his. */
export function asksToCallAboutAccount(text: string): boolean {
  if (!HAPPENED.test(text) || !CALLS.test(text)) return false
  return THEN_CALLS.test(text) || (HARM.test(text) && UNDONE_BY_CALL.test(text))
}

/** What an account is threatened with, or its owner. */
const THREAT = /冻结|断卡|销户|盗刷|涉嫌|涉案|洗钱|传票|通缉|停[机用]|失信|征信|他人绑定/

/** Whether a message comes from a number that anybody can use, or from a port that is not filed for the brand. */
export function isStranger({ personal, foreignPort }: Traces): boolean {
  return personal || foreignPort
}

/**
 * Whether a text asks for such a call, and no number or link in it is official. Of a sender that is none of the brand's a
 * threat with a number is enough; of any other, a branch or an agent whom the reader knows may be called.
 */
export function callsAboutAccount(
  traces: Traces,
  { contacts, urls, from, to, normalised: { text } }: AnalysedMessage,
  registry: Registry,
): boolean {
  const isNumber = (contact: ContactMention) =>
    !isHandle(contact) && contact.value !== from && contact.value !== to
  if (!contacts.some(isNumber)) return false
  if (contacts.some((contact) => isOfficialNumber(contact, registry))) return false
  if (urls.some(({ host }) => registry.brandByHost(host) !== undefined)) return false
  if (!isStranger(traces)) return asksToCallAboutAccount(text) && !KNOWN_TO_READER.test(text)
  return asksToCallAboutAccount(text) || (THREAT.test(text) && CALLS.test(text) && !wordsOf(text).errand)
}
