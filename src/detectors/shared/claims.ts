import type { AnalysedMessage, SignatureMention } from '../../domain/message.ts'
import type { Brand, BrandMention, Claim, Lookalike, Registry } from '../../domain/registry.ts'
import { isSpokenOf } from './objects.ts'
import { PerRegistry } from './per-registry.ts'

/** The brand that a signature claims: registered in this spelling, or imitated. */
export function signatureClaim(signature: SignatureMention, registry: Registry): Claim | undefined {
  return signatureClaims.get(registry, signature.name, () => claimOfName(signature, registry))
}

/** A few names sign nearly all messages. */
const signatureClaims = new PerRegistry<Claim | undefined>(8_192)

function claimOfName({ key, name }: SignatureMention, registry: Registry): Claim | undefined {
  const brand = registry.brandByName(key)
  if (brand) {
    if (registry.isSpelled(name)) return { brand, by: 'signature', claimed: name, strength: 1 }
    const lookalike: Lookalike = {
      brand,
      original: nameOf(brand, key, registry),
      how: 'glyph',
      similarity: 0.84,
    }
    return { brand, by: 'lookalike', claimed: name, strength: 1, lookalike }
  }
  const lookalike = registry.lookalikeOfName(key)
  if (!lookalike) return undefined
  return { brand: lookalike.brand, by: 'lookalike', claimed: name, strength: lookalike.similarity, lookalike }
}

function nameOf(brand: Brand, key: string, registry: Registry): string {
  return (
    brand.names.find((name) => registry.brandMentions(key)[0]?.name === name) ?? (brand.names[0] as string)
  )
}

/** Right after the brand's name: it is the one who speaks. */
const SPEAKS =
  /^(?:官方|人工|在线|售后)?(?:客服|客户服务|服务中心|客服中心|风控|安全中心|理赔|售后|退款中心|工作人员|专员)|^(?:温馨)?(?:提醒您|提醒你|提醒:|提醒：|提示您|提示:|通知您|通知:|温馨提示|温馨提醒|敬告|官方提醒|官方通知|系统通知|系统提醒|公告)/
/** Right before it. */
const INTRODUCES = /(?:我[是系]|我们是|我哋系|这里[是系]|呢[度边]系|这边是|我这边是|本人是|您好,?我是)$/
/** After an introduction: who is no forger (`我是京东的快递员`). */
const VISITORS =
  /^(?:的|公司)?(?:快递|配送|送货|派件|小哥|骑手|师傅|司机|安装|快运|员工|客户经理|粉丝|用户|会员)/
/** `尊敬的建行客户`, `您的京东订单`. */
const ADDRESSES =
  /(?:您的|你的|您在|你在|尊敬的|亲爱的|致|您有一?[笔个件条份]?|你有一?[笔个件条份]?|用户您好,?您的|关于您的|您(?:办理|名下|绑定|使用|持有|开通)的|您在?|your )$/
const BELONGINGS =
  /^(?:的)?(?:订单|账户|账号|帐户|帐号|会员|积分|用户|客户|白条|金条|信用卡|储蓄卡|银行卡|e?卡|网银|手机银行|包裹|快递|快件|邮件|余额|钱包|支付|保障|主播|直播|etc|社保|医保|电子凭证|实名|百万|账单|贷款|车主|号码|手机号|宽带|机主|旅客|乘客|业务|app|购买|购物|网购|买的|account|parcel|package|order|id|card|membership)/
/** Names that are things of the recipient: `您的顺丰快递`. */
const THINGS = /(?:快递|速递|白条|信用卡|花呗|借呗|微粒贷|支付)$/
/** The last words before a signature at the end. */
const ENDS = /(?:^|[。!?！？;；\n\s—\-–~([（【])$/
const TAIL = /^[\])）】\s。.!！]*$/
/** Names before whose colon a contact stands: `QQ: 171…`. */
const CONTACT = /^(?:qq|微信|企业微信|wechat|weixin|whatsapp|telegram|line|支付宝)$/
/** Behind it: an id, or how it is found. */
const CONTACT_ID = /^(?:同|扫|好友|群|公众号|小程序|客服|号)|^[^\p{Script=Han}]{0,4}[a-z0-9][a-z0-9_-]{3}/u

/**
 * Whether a mention may be no more than the service in which a contact is: `客服QQ 812…`. At the beginning, before no id,
 * it speaks: `微信:您的…`.
 */
export function namesContactService(text: string, { start, end }: BrandMention): boolean {
  if (!CONTACT.test(text.slice(start, end))) return false
  return start > startOf(text) || CONTACT_ID.test(text.slice(end, end + 12))
}
/** Between a name at the beginning and what it says. */
const SEPARATES = /^[,:】\])」]/

/**
 * Brands whose name the text says as its speaker: at the beginning, `我是京东客服`, `工商银行提醒您`, `您的京东订单`, or signed
 * at the end. What is only spoken of (`京东搜索某某旗舰店`, `支持支付宝付款`) is no claim here.
 */
export function speakerClaim(message: AnalysedMessage, mentions: readonly BrandMention[]): Claim | undefined {
  const { text } = message.normalised
  let best: Claim | undefined
  for (const mention of mentions) {
    if (isSpokenOf(text, mention)) continue
    const strength = speakerStrength(text, mention, startOf(text))
    if (strength > (best?.strength ?? 0)) {
      best = { brand: mention.brand, by: 'speaker', claimed: mention.name, strength }
    }
  }
  return best
}

/** Whether the text plainly speaks as the one who is mentioned. */
export function speaksAs(text: string, mention: BrandMention): boolean {
  return speakerStrength(text, mention, startOf(text)) > 0
}

function speakerStrength(text: string, mention: BrandMention, start: number): number {
  const before = text.slice(Math.max(0, mention.start - 12), mention.start)
  const after = text.slice(mention.end, mention.end + 12)
  if (INTRODUCES.test(before)) return VISITORS.test(after) ? 0 : 0.9
  const opens = mention.start <= start || /[。!?\n\s,:【(]$/.test(before)
  if (opens && SPEAKS.test(after)) return 0.9
  if (mention.start <= start && SEPARATES.test(after) && !namesContactService(text, mention)) return 0.8
  if (TAIL.test(text.slice(mention.end)) && mention.start > start && ENDS.test(before)) return 0.8
  if (ADDRESSES.test(before) && (BELONGINGS.test(after) || THINGS.test(mention.name))) return 0.7
  if (mention.start <= start && BELONGINGS.test(after)) return 0.5
  return 0
}

/** Where the text begins to speak: behind a leading signature and greetings. */
function startOf(text: string): number {
  let at = 0
  if (text[0] === '【' || text[0] === '[') {
    const end = text.search(/[】\]]/)
    if (end > 0 && end < 36) at = end + 1
  }
  const greeting = /^[\s!]*(?:尊敬的(?:客户|用户)|亲爱的(?:客户|用户)|您好|你好|亲)?[\s,:!。]*/.exec(
    text.slice(at, at + 24),
  )
  return at + (greeting?.[0].length ?? 0)
}

/** Whether the message claims the brand by signature or as its speaker, or names it. */
export function namesBrand(message: AnalysedMessage, brand: Brand, registry: Registry): boolean {
  const claim = message.signature && signatureClaim(message.signature, registry)
  if (claim?.brand.id === brand.id) return true
  return registry.brandMentions(message.normalised.text).some((mention) => mention.brand.id === brand.id)
}
