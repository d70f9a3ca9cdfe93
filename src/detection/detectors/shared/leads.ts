import { hash32 } from '../../../domain/hash32.ts'
import type { AnalysedMessage, ContactMention, UrlMention } from '../../../domain/message.ts'
import type { Registry } from '../../../domain/registry.ts'
import { isCheapSuffix } from './cheap-suffixes.ts'
import { requestsIn } from './requests.ts'
import { isHandle, surroundingsOf } from './traces.ts'

/** Where an advertisement leads that is no brand's. */
export interface Lead {
  /** Short and the same for what belongs together: hosts that differ in their digits alone are one. */
  readonly place: string
  /**
   * Somebody's own: a mobile, a chat handle, a domain that costs next to nothing, linked bare. A hotline may be a mall's,
   * and a domain with a subdomain or path a platform's, which serve many.
   */
  readonly own: boolean
  /** The domain, where the place is that one alone. */
  readonly domain?: string
}

export function leadOf(message: AnalysedMessage, registry: Registry): Lead | undefined {
  const { foreignLink, foreignCallback } = surroundingsOf(message, registry)
  if (foreignLink) return leadOfLink(foreignLink)
  return foreignCallback && leadOfContact(foreignCallback)
}

function leadOfLink({ domain, host, path }: UrlMention): Lead {
  const isBare = (host === domain || host === `www.${domain}`) && (path === '' || path === '/')
  const own = isBare && isCheapSuffix(host)
  // A name of digits alone says nothing: such domains are told apart.
  const isOfFamily = /\d/.test(domain) && /[a-z]{2}.*\./.test(domain)
  return isOfFamily
    ? { place: named(domain.replace(/\d+/g, '0')), own }
    : { place: named(domain), own, domain }
}

function leadOfContact(contact: ContactMention): Lead {
  const own = isHandle(contact) || contact.kind === 'mobile' || contact.kind === 'overseas'
  return { place: named(contact.value), own }
}

function named(place: string): string {
  return hash32(place).toString(16).padStart(8, '0')
}

/** Whether a text gives its reader a way to answer it: a link, a contact, or something to do. */
export function leadsSomewhere({ urls, contacts, normalised }: AnalysedMessage): boolean {
  return urls.length > 0 || contacts.length > 0 || requestsIn(normalised.text).length > 0
}

/** What the name of a branch ends with. */
const BRANCH = /(?:店|馆|分校|校区|分院|门诊部?|分公司|支行|营业部|专柜|网点|驿站|社区|服务站|中心)[)）]?$/
/** Regions that names of enterprises begin with; where the brand is the region's own (上海银行), it stays. */
const REGION =
  /^(?:北京|上海|天津|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古?|广西|西藏|宁夏|新疆|香港|澳门|广州|深圳|杭州|南京|苏州|成都|武汉|西安|青岛|郑州|长沙|沈阳|宁波|昆明|大连|厦门|合肥|福州|济南|哈尔滨|长春|石家庄|太原|南昌|南宁|贵阳|兰州|海口|无锡|佛山|东莞|温州|常州)(?!银行|农商|农信|移动|联通|电信|人寿|人保|证券)(?:省|市)?(?:[^区县]{2,3}[区县])?/
/** A brand of two signs before where its branch is. */
const PLACED = /^(..).{1,4}(?:路|街|道|城|区|县|镇|乡|村|广场|桥|门|站|湖|山)(?:分?店|馆|支行|中心)$/

/**
 * Signatures, the branches of one chain once: their names end as those of branches and begin alike after the region, by
 * three signs, or by two where the name says that the rest is a place.
 */
export function enterprisesAmong(signatures: readonly string[]): number {
  const names = new Set(signatures.filter((name) => !BRANCH.test(name)))
  const brands = new Set(signatures.filter((name) => BRANCH.test(name)).map(brandOf))
  const isOfShorter = (brand: string) => brand.length > 2 && brands.has(brand.slice(0, 2))
  return names.size + [...brands].filter((brand) => !isOfShorter(brand)).length
}

/** By what the branches of one chain are alike. */
function brandOf(branch: string): string {
  const local = branch.replace(REGION, '')
  const name = local.replace(BRANCH, '').length < 2 ? branch : local
  const beforeBracket = /^[^(（]{2,}(?=[(（])/.exec(name)?.[0]
  return beforeBracket?.slice(0, 3) ?? PLACED.exec(name)?.[1] ?? name.slice(0, 3)
}
