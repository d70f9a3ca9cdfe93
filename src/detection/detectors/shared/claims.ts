import type { AnalysedMessage, SignatureMention } from '../../../domain/message.ts'
import type { Brand, BrandMention, Claim, Lookalike, Registry } from '../../../domain/registry.ts'
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
/** Part of a company or an office: `信用卡部`, `医保中心`. */
const DEPARTMENT = '(?:[^\\s,.:;!?。]{0,8}(?:[部科处组室厅局院所]|中心|公司|支行|分行|大队|专线))'
const NAMED_STAFF =
  '(?:小(?![时区额微学心店票事哥姐妹])\\p{Script=Han}(?!序)|\\p{Script=Han}(?:经理|主管|专员|警官|主任|科长|会计|老师|医生))'
/**
 * Who of them writes: `医保中心小孙,`, `信用卡部:`. A name behind the brand alone is a courier's or an agent's: `顺丰小李`. Read
 * from the last two signs of the brand's name on, which may be the department.
 */
const DEPARTMENT_WRITES = new RegExp(`^${DEPARTMENT}(?:客服)?${NAMED_STAFF}[,:!]`, 'u')
/** The same right behind the name: a department alone, or the number of a clerk. */
const CLERK_WRITES = new RegExp(
  `^(?:${DEPARTMENT}:|${DEPARTMENT}?(?:客服|坐席|座席|专员|经理)?(?:工号|编号)[\\s:]?[a-z]{0,4}\\d)`,
)
/** A notice of theirs: `风险预警:`, `账单提醒:`. */
const NOTICE_WRITES = /^[^\s,.:;!?。]{0,6}(?:预警|告警|警告|警示|警报|通告|告知|通知|提醒|提示|公告):/
/** A department in English: `Support:`, `billing team:`. */
const DESK_WRITES =
  /^ (?:[a-z]{2,12} )?(?:support|team|alerts?|security|fraud|services?|care|notice|billing|delivery|help ?desk)(?: [a-z]{2,12})?:/
/** A region before the name of an office: `市`, `成都市`, `重庆`. */
const REGION =
  /^(?!联系|咨询|拨打|致电|通过|我|你|您|关注|登录|打开|根据|由|[给到去找问在])(?:\p{Script=Han}{0,4}[省市区县州]|\p{Script=Han}{2})$/u
/** Names of which every region has one. */
const OFFICE = /(?:[局院所队]|中心|支队|税务|社保|医保|公积金|交警|法院)$/
/** Right behind what is the reader's: it costs money. */
const CHARGED = /^[^\s,.:;!?。]{0,18}(?:扣除|扣费|扣款|划扣|续费|代扣)/
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
  const begins = mention.start <= start || isOfficeOfRegion(text, mention, start)
  if ((opens || begins) && SPEAKS.test(after)) return 0.9
  if (mention.start <= start && SEPARATES.test(after) && !namesContactService(text, mention)) return 0.8
  if (TAIL.test(text.slice(mention.end)) && mention.start > start && ENDS.test(before)) return 0.8
  const tail = text.slice(mention.end, mention.end + 24)
  if (begins) {
    const department = text.slice(Math.max(mention.start, mention.end - 2), mention.end + 24)
    if (DEPARTMENT_WRITES.test(department)) return 0.7
    if ([CLERK_WRITES, NOTICE_WRITES, DESK_WRITES].some((form) => form.test(tail))) return 0.7
  }
  if (ADDRESSES.test(before)) {
    if (BELONGINGS.test(after) || THINGS.test(mention.name)) return 0.7
    if (CHARGED.test(tail)) return 0.7
  }
  if (mention.start <= start && BELONGINGS.test(after)) return 0.5
  return 0
}

function isOfficeOfRegion(text: string, mention: BrandMention, start: number): boolean {
  return (
    mention.start - start <= 5 && OFFICE.test(mention.name) && REGION.test(text.slice(start, mention.start))
  )
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
