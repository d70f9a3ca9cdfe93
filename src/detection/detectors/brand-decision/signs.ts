import { isFiledHere } from '../../../domain/filing.ts'
import type { AnalysedMessage, ContactMention, UrlMention } from '../../../domain/message.ts'
import { type Claim, isForeignDomain, type Registry } from '../../../domain/registry.ts'
import { callsAboutAccount, isStranger } from '../shared/account-call.ts'
import { isCheapSuffix } from '../shared/cheap-suffixes.ts'
import { signatureClaim } from '../shared/claims.ts'
import { isPublicBody } from '../shared/public-body.ts'
import { REQUESTS, type Request, requestsIn } from '../shared/requests.ts'
import { isPersonal } from '../shared/sender-kind.ts'
import { isHandle, isOfficialNumber, isSubject, type Traces } from '../shared/traces.ts'
import { wordsOf } from '../shared/wording.ts'
import { wordingOpinion } from './wording-opinion.ts'

const REQUEST_NAMES = Object.keys(REQUESTS) as Request[]
const ASKS = Object.fromEntries(
  REQUEST_NAMES.map((request) => [`asks:${request}`, `it asks ${REQUESTS[request]}`]),
) as Readonly<Record<`asks:${Request}`, string>>

/** Signs for and against a forgery, by name: each is present or not, and has one weight. */
export const SIGNS = {
  'claim:signature': 'the signature is a name of the brand',
  'claim:imitation': 'the signature imitates a name of the brand',
  'claim:speaker': 'the text clearly speaks as the brand',
  'claim:faint-speaker': 'the text seems to speak as the brand',
  'claim:domain': 'a link imitates a domain of the brand that the text names',
  'claim:mention': 'the text mentions the brand',
  'claim:none': 'it claims no registered brand',
  'sender:own': 'it comes from a port or number of the brand',
  'sender:filed': 'it comes from a port that is filed for its signature',
  'sender:official': 'it comes from an official number of another registered brand or office',
  'sender:foreign-port': 'it comes from a port that is not filed for the brand',
  'sender:port': 'it comes from a port, and none is filed for the brand',
  'sender:mobile': 'it comes from a mobile',
  'sender:landline': 'it comes from a landline',
  'sender:overseas': 'it comes from overseas',
  'sender:unknown': 'the sender is unknown',
  'signed:other': 'it is signed with another name',
  'signed:anybody': 'it has a signature, but comes from a number that anyone can get',
  'signed:public-body': 'it is signed by a public body and comes from a port filed for it',
  'link:own': 'a link leads to the brand',
  'link:official': 'a link leads to another registered brand or office',
  'link:neutral': 'a link leads to a public shortener',
  'link:foreign': 'a link leads to a domain that anyone could have registered',
  'link:cheap': 'it speaks as the brand and leads to a domain with a cheap suffix',
  'link:cheap-stranger': 'it does not speak as a brand and leads to a domain with a cheap suffix',
  'link:imitates': 'a link imitates an official domain',
  'link:disguised': 'a link is disguised or is a public IP address',
  'contact:official': 'it names an official number',
  'contact:mobile': 'it names a mobile',
  'contact:landline': 'it names a landline or another service number',
  'contact:overseas': 'it names a number overseas',
  'contact:handle': 'it names a handle of a chat service',
  'contact:spaced': 'the characters of a number or handle are spaced out',
  'contact:account': 'it asks to call an unofficial number about an account',
  'contact:account-stranger':
    'it asks to call an unofficial number about an account, and the sender is not the brand’s',
  ...ASKS,
  'leads:nowhere': 'it gives no unofficial link, number or handle, and asks for no more than a reply',
  'words:lure': 'it mentions refunds, losses or prizes',
  'words:pressure': 'it puts pressure on the reader',
  'words:errand': 'it mentions staff with an honest reason to call',
  'words:warning': 'it warns of fraud',
  'words:trade': 'it mentions jobs, shops or goods',
  'words:opt-out': 'it offers a way to opt out',
  'words:disguised': 'characters are disguised',
  'words:one-time-password': 'it is a one-time password',
  'text:personal': 'one person writes to another, according to the text model',
  'text:advertises': 'it advertises, according to the text model',
  'text:below-2%': 'the text model is less than 2% sure of fraud or an illicit offer',
  'text:2-10%': 'the text model is 2 to 10% sure of fraud or an illicit offer',
  'text:10-30%': 'the text model is 10 to 30% sure of fraud or an illicit offer',
  'text:30-60%': 'the text model is 30 to 60% sure of fraud or an illicit offer',
  'text:60-90%': 'the text model is 60 to 90% sure of fraud or an illicit offer',
  'text:90-98%': 'the text model is 90 to 98% sure of fraud or an illicit offer',
  'text:from-98%': 'the text model is more than 98% sure of fraud or an illicit offer',
  'wording:below-2%': 'its words are less than 2% like those of forgeries',
  'wording:2-12%': 'its words are 2 to 12% like those of forgeries',
  'wording:12-27%': 'its words are 12 to 27% like those of forgeries',
  'wording:27-50%': 'its words are 27 to 50% like those of forgeries',
  'wording:50-73%': 'its words are 50 to 73% like those of forgeries',
  'wording:73-88%': 'its words are 73 to 88% like those of forgeries',
  'wording:88-98%': 'its words are 88 to 98% like those of forgeries',
  'wording:from-98%': 'its words are more than 98% like those of forgeries',
} as const satisfies Readonly<Record<string, string>>

export type Sign = keyof typeof SIGNS
export const SIGN_NAMES = Object.keys(SIGNS) as Sign[]

export function signsOf(
  claim: Claim | undefined,
  traces: Traces,
  message: AnalysedMessage,
  registry: Registry,
): Sign[] {
  const { text } = message.normalised
  const words = wordsOf(text)
  const signs: Sign[] = [
    claimSign(claim),
    senderSign(claim, traces, message, registry),
    textSign(message),
    wordingSign(message),
  ]
  const add = (there: boolean, sign: Sign) => {
    if (there) signs.push(sign)
  }
  add(isSignedByAnother(claim, message, registry), 'signed:other')
  add(message.signature !== undefined && isPersonal(traces.sender), 'signed:anybody')
  add(isPublicBody(message) && isFiledHere(message, registry), 'signed:public-body')
  addLinks(claim, traces, message, registry, add)
  addContacts(message, registry, add)
  if (callsAboutAccount(traces, message, registry))
    signs.push(isStranger(traces) ? 'contact:account-stranger' : 'contact:account')
  for (const request of requestsIn(text)) signs.push(`asks:${request}`)
  add(!leadsAway(signs), 'leads:nowhere')
  add(words.lure, 'words:lure')
  add(words.pressure, 'words:pressure')
  add(words.errand, 'words:errand')
  add(words.warning, 'words:warning')
  add(words.trade, 'words:trade')
  add(message.optOut, 'words:opt-out')
  add(message.otp, 'words:one-time-password')
  add(message.normalised.folded >= DISGUISED_FROM, 'words:disguised')
  add(message.label === 'personal', 'text:personal')
  add(message.label === 'marketing' || message.label === 'finance', 'text:advertises')
  return signs
}

/** Links, numbers and handles that do not belong to the brand. */
const STRANGERS: readonly Sign[] = [
  'link:neutral',
  'link:foreign',
  'contact:mobile',
  'contact:landline',
  'contact:overseas',
  'contact:handle',
]

const LEADS: ReadonlySet<Sign> = new Set<Sign>([
  ...STRANGERS,
  // A reply goes to the sender, which may be the brand.
  ...REQUEST_NAMES.filter((request) => request !== 'reply').map((request) => `asks:${request}` as const),
])

/** Whether the message offers an unofficial way to contact its author. */
export function leadsAway(signs: readonly Sign[]): boolean {
  return signs.some((sign) => LEADS.has(sign))
}

/**
 * The signs that justify a block. A request to call about an account, from what may be the brand, is reported and blocked only if
 * the rest of the message is certain enough: nothing contradicts the sender, and no list of numbers is complete.
 */
export function signsToBlock(signs: readonly Sign[]): readonly Sign[] {
  return signs.includes('contact:account') ? signs.filter((sign) => sign !== 'contact:account') : signs
}

type Add = (there: boolean, sign: Sign) => void

/** Strength from which a speaker is explicit. */
const PLAIN = 0.8

/** Number of disguised characters from which it is not a slip. */
export const DISGUISED_FROM = 2

function claimSign(claim: Claim | undefined): Sign {
  if (claim === undefined) return 'claim:none'
  const { by, strength } = claim
  if (by === 'signature') return 'claim:signature'
  if (by === 'lookalike') return 'claim:imitation'
  if (by === 'domain') return 'claim:domain'
  if (by === 'mention') return 'claim:mention'
  return strength >= PLAIN ? 'claim:speaker' : 'claim:faint-speaker'
}

function senderSign(
  claim: Claim | undefined,
  { ownPort, foreignPort, sender }: Traces,
  message: AnalysedMessage,
  registry: Registry,
): Sign {
  if (ownPort) return 'sender:own'
  if (claim?.by !== 'signature' && isFiledHere(message, registry)) return 'sender:filed'
  if (registry.brandByHotline(message.from)) return 'sender:official'
  if (sender === 'mobile' || sender === 'landline' || sender === 'overseas') return `sender:${sender}`
  if (sender === 'name' || message.from === '') return 'sender:unknown'
  return foreignPort ? 'sender:foreign-port' : 'sender:port'
}

/** Whether the message claims a brand by other means than its signature, and the signature is not a name of that brand. */
function isSignedByAnother(
  claim: Claim | undefined,
  { signature }: AnalysedMessage,
  registry: Registry,
): boolean {
  if (!signature || !claim || claim.by === 'signature' || claim.by === 'lookalike') return false
  return signatureClaim(signature, registry)?.brand.id !== claim.brand.id
}

function addLinks(
  claim: Claim | undefined,
  { foreignLink }: Traces,
  message: AnalysedMessage,
  registry: Registry,
  add: Add,
): void {
  const { urls } = message
  const official = urls.map(({ host }) => registry.brandByHost(host))
  const own = claim?.brand.id
  add(
    official.some((owner) => owner !== undefined && owner.id === own),
    'link:own',
  )
  add(
    urls.some(({ host }, i) => (official[i] && official[i].id !== own) || registry.isRestricted(host)),
    'link:official',
  )
  add(
    urls.some(({ host }) => registry.isShortener(host)),
    'link:neutral',
  )
  add(foreignLink !== undefined, 'link:foreign')
  // Small shops and clubs use such domains; brands have their own.
  const speaks = claim !== undefined && claim.by !== 'mention'
  add(
    foreignLink !== undefined && isCheapSuffix(foreignLink.host),
    speaks ? 'link:cheap' : 'link:cheap-stranger',
  )
  add(
    urls.some(({ host }) => registry.lookalikeOfHost(host) !== undefined),
    'link:imitates',
  )
  add(
    urls.some((url) => isForeignDomain(url.host, registry) && isDisguised(message, url)),
    'link:disguised',
  )
}

function isDisguised(message: AnalysedMessage, url: UrlMention): boolean {
  return url.disguised || (IP.test(url.host) && !isSubject(message, url))
}

const IP = /^\d{1,3}(?:\.\d{1,3}){3}$/

/** Digits separated by signs; a keycap (`1️⃣`) is a digit and two signs. */
const APART = /\d(?:\D{1,3}\d){5}/

function addContacts({ contacts, from, to, text }: AnalysedMessage, registry: Registry, add: Add): void {
  const others = contacts.filter(({ value }) => value !== from && value !== to)
  const official = (contact: ContactMention) => isOfficialNumber(contact, registry)
  const foreign = others.filter((contact) => !official(contact))
  add(others.some(official), 'contact:official')
  add(
    foreign.some(({ kind }) => kind === 'mobile'),
    'contact:mobile',
  )
  add(
    foreign.some(({ kind }) => kind === 'landline' || kind === 'hotline'),
    'contact:landline',
  )
  add(
    foreign.some(({ kind }) => kind === 'overseas'),
    'contact:overseas',
  )
  add(foreign.some(isHandle), 'contact:handle')
  add(
    foreign.some(({ span }) => APART.test(text.slice(span.start, span.end))),
    'contact:spaced',
  )
}

/** Probability of fraud or an illicit offer from which the text model counts as sure (the sign `sure-text` of the rules). */
export const SURE_TEXT = 0.9

export function textSign({ scores: { fraud, illicit } }: AnalysedMessage): Sign {
  const malicious = fraud + illicit
  if (malicious < 0.02) return 'text:below-2%'
  if (malicious < 0.1) return 'text:2-10%'
  if (malicious < 0.3) return 'text:10-30%'
  if (malicious < 0.6) return 'text:30-60%'
  if (malicious < SURE_TEXT) return 'text:60-90%'
  return malicious < 0.98 ? 'text:90-98%' : 'text:from-98%'
}

function wordingSign(message: AnalysedMessage): Sign {
  const opinion = wordingOpinion(message)
  if (opinion < -4) return 'wording:below-2%'
  if (opinion < -2) return 'wording:2-12%'
  if (opinion < -1) return 'wording:12-27%'
  if (opinion < 0) return 'wording:27-50%'
  if (opinion < 1) return 'wording:50-73%'
  if (opinion < 2) return 'wording:73-88%'
  return opinion < 4 ? 'wording:88-98%' : 'wording:from-98%'
}
