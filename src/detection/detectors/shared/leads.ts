import { hash32 } from '../../../domain/hash32.ts'
import type { AnalysedMessage, ContactMention, UrlMention } from '../../../domain/message.ts'
import type { Registry } from '../../../domain/registry.ts'
import { leadsWords } from '../../rules/patterns.generated.ts'
import { isCheapSuffix } from './cheap-suffixes.ts'
import { requestsIn } from './requests.ts'
import { isHandle, surroundingsOf } from './traces.ts'

/** Destination of an advertisement that does not belong to a brand. */
export interface Lead {
  /** Short key, equal for related destinations: hosts that differ only in digits share one. */
  readonly place: string
  /**
   * Whether it belongs to a single party: a mobile, a chat handle, a nearly free domain linked without path. A hotline may be a
   * mall's, and a domain with a subdomain or path a platform's, which serve many.
   */
  readonly own: boolean
  /** The domain, if the place is exactly that one. */
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
  // Names made of digits only are unrelated, so such domains are kept apart.
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

/** Whether a text gives its reader a way to respond: a link, a contact, or a request. */
export function leadsSomewhere({ urls, contacts, normalised }: AnalysedMessage): boolean {
  return urls.length > 0 || contacts.length > 0 || requestsIn(normalised.text).length > 0
}

const BRANCH = leadsWords.branch
/** Regions at the start of enterprise names; kept if the brand is the region's own (上海银行). */
const REGION = leadsWords.region
/** A two-character brand before the location of its branch. */
const PLACED = leadsWords.placed

/**
 * Number of enterprises among signatures, counting the branches of a chain once: their names end like branches and share the
 * first three characters after the region, or two if the rest is a location.
 */
export function enterprisesAmong(signatures: readonly string[]): number {
  const names = new Set(signatures.filter((name) => !BRANCH.test(name)))
  const brands = new Set(signatures.filter((name) => BRANCH.test(name)).map(brandOf))
  const isOfShorter = (brand: string) => brand.length > 2 && brands.has(brand.slice(0, 2))
  return names.size + [...brands].filter((brand) => !isOfShorter(brand)).length
}

function brandOf(branch: string): string {
  const local = branch.replace(REGION, '')
  const name = local.replace(BRANCH, '').length < 2 ? branch : local
  const beforeBracket = /^[^(（]{2,}(?=[(（])/.exec(name)?.[0]
  return beforeBracket?.slice(0, 3) ?? PLACED.exec(name)?.[1] ?? name.slice(0, 3)
}
