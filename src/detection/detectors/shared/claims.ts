import type { AnalysedMessage, SignatureMention } from '../../../domain/message.ts'
import type { Brand, BrandMention, Claim, Lookalike, Registry } from '../../../domain/registry.ts'
import { claimsWords } from '../../rules/patterns.generated.ts'
import { isSpokenOf } from './objects.ts'
import { PerRegistry } from './per-registry.ts'

/** The brand claimed by a signature: registered in this spelling, or imitated. */
export function signatureClaim(signature: SignatureMention, registry: Registry): Claim | undefined {
  return signatureClaims.get(registry, signature.name, signature)
}

/** Cached, as few names sign nearly all messages. */
const signatureClaims = new PerRegistry(8_192, claimOfName)

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

/** Words right after the brand's name that make it the speaker. */
const SPEAKS = claimsWords.speaks
/** Words right before it. */
const INTRODUCES = claimsWords.introduces
/** After an introduction: visitors who do not impersonate the brand (`我是京东的快递员`). */
const VISITORS = claimsWords.visitors
/** Forms of address with the brand: `尊敬的建行客户`, `您的京东订单`. */
const ADDRESSES = claimsWords.addresses
const BELONGINGS = claimsWords.belongings
/** Things of the recipient named by the brand: `您的顺丰快递`. */
const THINGS = claimsWords.things
/**
 * A department or clerk as the writer: `医保中心小孙,`, `信用卡部:`. A personal name right after the brand is a courier's or an agent's:
 * `顺丰小李`. Matched from the last two characters of the brand's name, which may be the department.
 */
const DEPARTMENT_WRITES = claimsWords.departmentWrites
/** The same right after the name: only a department, or the number of a clerk. */
const CLERK_WRITES = claimsWords.clerkWrites
/** Headings of a brand's notice: `风险预警:`, `账单提醒:`. */
const NOTICE_WRITES = claimsWords.noticeWrites
/** A department in English: `Support:`, `billing team:`. */
const DESK_WRITES =
  /^ (?:[a-z]{2,12} )?(?:support|team|alerts?|security|fraud|services?|care|notice|billing|delivery|help ?desk)(?: [a-z]{2,12})?:/
/** A region before the name of an office: `市`, `成都市`, `重庆`. */
const REGION = claimsWords.region
const OFFICE = claimsWords.office
/** Right after a thing of the reader's: it costs money. */
const CHARGED = claimsWords.charged
/** The last words before a signature at the end. */
const ENDS = /(?:^|[。!?！？;；\n\s—\-–~([（【])$/
const TAIL = /^[\])）】\s。.!！]*$/
/** Names followed by a colon and a contact: `QQ: 171…`. */
const CONTACT = claimsWords.contact
/** After it: an id, or how to find it. */
const CONTACT_ID = claimsWords.contactId

/**
 * Whether a mention may only name the service of a contact: `客服QQ 812…`. At the start and without an id after it, it is the
 * speaker: `微信:您的…`.
 */
export function namesContactService(text: string, { start, end }: BrandMention): boolean {
  if (!CONTACT.test(text.slice(start, end))) return false
  return start > startOf(text) || CONTACT_ID.test(text.slice(end, end + 12))
}
/** Separators between a name at the start and the message. */
const SEPARATES = /^[,:】\])」]/

/**
 * The brand that the text names as its speaker: at the start, `我是京东客服`, `工商银行提醒您`, `您的京东订单`, or signed at the end. Brands only
 * mentioned (`京东搜索某某旗舰店`, `支持支付宝付款`) are not claims here.
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

/** Start of the message proper: after a leading signature and greetings. */
function startOf(text: string): number {
  let at = 0
  if (text[0] === '【' || text[0] === '[') {
    const end = text.search(/[】\]]/)
    if (end > 0 && end < 36) at = end + 1
  }
  const greeting = claimsWords.greeting.exec(text.slice(at, at + 24))
  return at + (greeting?.[0].length ?? 0)
}

/** Whether the message claims the brand by signature or as its speaker, or mentions it. */
export function namesBrand(message: AnalysedMessage, brand: Brand, registry: Registry): boolean {
  const claim = message.signature && signatureClaim(message.signature, registry)
  if (claim?.brand.id === brand.id) return true
  return registry.brandMentions(message.normalised.text).some((mention) => mention.brand.id === brand.id)
}
