import { hash32 } from '../../../domain/hash32.ts'
import type { AnalysedMessage, ContactMention, UrlMention } from '../../../domain/message.ts'
import type { Registry } from '../../../domain/registry.ts'
import { leadsWords } from '../../rules/patterns.generated.ts'
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
const BRANCH = leadsWords.branch
/** Regions that names of enterprises begin with; where the brand is the region's own (上海银行), it stays. */
const REGION = leadsWords.region
/** A brand of two signs before where its branch is. */
const PLACED = leadsWords.placed

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
