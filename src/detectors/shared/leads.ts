import { hash32 } from '../../domain/hash32.ts'
import type { AnalysedMessage, ContactMention, UrlMention } from '../../domain/message.ts'
import type { Registry } from '../../domain/registry.ts'
import { isCheapSuffix } from './cheap-suffixes.ts'
import { requestsIn } from './requests.ts'
import { isHandle, surroundingsOf } from './traces.ts'

/** Where an advertisement leads that is no brand's. */
export interface Lead {
  /** Short and the same for what belongs together: hosts that differ in their digits alone are one. */
  readonly place: string
  /**
   * Somebody's own: a mobile, a chat handle, a domain that costs next to nothing. A hotline may be a mall's and a domain
   * a platform's, which serve many.
   */
  readonly own: boolean
}

export function leadOf(message: AnalysedMessage, registry: Registry): Lead | undefined {
  const { foreignLink, foreignCallback } = surroundingsOf(message, registry)
  if (foreignLink) return leadOfLink(foreignLink)
  return foreignCallback && leadOfContact(foreignCallback)
}

function leadOfLink({ domain, host }: UrlMention): Lead {
  const family = domain.replace(/\d+/g, '0')
  const own = isCheapSuffix(host)
  // A name of digits alone says nothing: such domains are told apart.
  return { place: named(/[a-z]{2}.*\./.test(family) ? family : domain), own }
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

/** Signatures, the branches of one chain once: their names begin alike and end as those of branches. */
export function enterprisesAmong(signatures: readonly string[]): number {
  return new Set(signatures.map((name) => (BRANCH.test(name) ? name.slice(0, 2) : name))).size
}
