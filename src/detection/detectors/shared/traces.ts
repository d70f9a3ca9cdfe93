import { hasFilingHere } from '../../../domain/filing.ts'
import type { AnalysedMessage, ContactMention, Span, UrlMention } from '../../../domain/message.ts'
import { type Brand, isForeignDomain, type Registry } from '../../../domain/registry.ts'
import { tracesWords } from '../../rules/patterns.generated.ts'
import { wordingOpinion } from '../brand-decision/wording-opinion.ts'
import { type Request, requestsIn } from './requests.ts'
import { isPersonal, type SenderKind, senderKind } from './sender-kind.ts'

/** Something in a message that does not belong to the brand it claims to be from. */
export interface ForeignPart {
  readonly kind: 'domain' | 'shortener' | 'callback' | 'request' | 'port' | 'sender'
  readonly value: string
}

export interface Surroundings {
  readonly sender: SenderKind
  readonly foreignLink: UrlMention | undefined
  /** A link of a public shortener, which hides its destination. */
  readonly shortener: UrlMention | undefined
  readonly foreignCallback: ContactMention | undefined
  /** Request of a suspicious text besides links and calls: brands make requests too, but not in such wording. */
  readonly request: Request | undefined
}

export interface Traces extends Surroundings {
  /** Sent from a filed port of the brand, or its own short number. */
  readonly ownPort: boolean
  /** The brand has filed ports and this is not one of them. */
  readonly foreignPort: boolean
  /** Sent from a number anyone can use: a mobile, a landline, a number from overseas. */
  readonly personal: boolean
}

/** Whether a span borders on a missing part: it may be cut and proves nothing. */
export function touchesSeam(message: AnalysedMessage, span: Span): boolean {
  return message.partial && message.seams.some((seam) => span.start <= seam && seam <= span.end)
}

/** Placeholder hosts (`do not open xxx.cc`). */
const PLACEHOLDER = /^(?:x{2,}|example)\./

/** Text before a host that is the subject of the message (a notice of a registrar or cloud provider) and not a destination. */
const SUBJECT = tracesWords.subject

export function isSubject(message: AnalysedMessage, url: UrlMention): boolean {
  const before = message.text.slice(Math.max(0, url.span.start - 16), url.span.start)
  return url.path.length <= 1 && !url.disguised && SUBJECT.test(before)
}

/** A link to a domain that anyone could have registered and that is not just the subject of the text. */
function foreignLink(message: AnalysedMessage, registry: Registry): UrlMention | undefined {
  return message.urls.find(
    (url) =>
      isForeignDomain(url.host, registry) &&
      !isSubject(message, url) &&
      !PLACEHOLDER.test(url.domain) &&
      !touchesSeam(message, url.span),
  )
}

/** Fraud score from which a shortener or a request matters: honest senders use them too. */
const SUSPICIOUS = 0.3
/** The same if the wording is similar to forgeries. */
const DOUBTFUL = 0.1

export function isSuspicious(message: AnalysedMessage): boolean {
  const malicious = message.scores.fraud + message.scores.illicit
  return malicious >= SUSPICIOUS || (malicious >= DOUBTFUL && wordingOpinion(message) >= 0)
}

function shortener(message: AnalysedMessage, registry: Registry): UrlMention | undefined {
  return message.urls.find(({ host, span }) => registry.isShortener(host) && !touchesSeam(message, span))
}

const HANDLES: ReadonlySet<ContactMention['kind']> = new Set(['qq', 'wechat', 'telegram', 'line'])

/** Whether a contact is a messenger handle, and so not a phone number even if it has digits only. */
export function isHandle({ kind }: ContactMention): boolean {
  return HANDLES.has(kind)
}

export function isOfficialNumber(contact: ContactMention, registry: Registry): boolean {
  return !isHandle(contact) && registry.brandByHotline(contact.value) !== undefined
}

export function surroundingsOf(message: AnalysedMessage, registry: Registry): Surroundings {
  const suspicious = isSuspicious(message)
  return {
    sender: senderKind(message.from),
    foreignLink: message.urls.length === 0 ? undefined : foreignLink(message, registry),
    shortener: suspicious && message.urls.length > 0 ? shortener(message, registry) : undefined,
    foreignCallback: message.contacts.length === 0 ? undefined : foreignCallback(message, registry),
    request: suspicious ? requestsIn(message.normalised.text)[0] : undefined,
  }
}

function foreignCallback(message: AnalysedMessage, registry: Registry): ContactMention | undefined {
  return message.contacts.find(
    (contact) =>
      !isOfficialNumber(contact, registry) &&
      contact.value !== message.from &&
      contact.value !== message.to &&
      !touchesSeam(message, contact.span),
  )
}

/** Traces of a message relative to a brand; `brand` is undefined if it claims none. */
export function tracesOf(
  brand: Brand | undefined,
  message: AnalysedMessage,
  registry: Registry,
  surroundings = surroundingsOf(message, registry),
): Traces {
  if (brand === undefined) return tracesIn(surroundings, false, false, isPersonal(surroundings.sender))
  const { from } = message
  const row = message.signature && registry.signature(message.signature.key)
  // A filing without ports covers every port.
  const filed = row?.brand === brand.id && hasFilingHere(row, message)
  const ownPort = filed || registry.ownsPort(brand.id, from) || isOwnNumber(brand, from)
  // A text scored on its own has no sender.
  const foreignPort = !ownPort && message.from !== '' && registry.portsOfBrand(brand.id).length > 0
  return tracesIn(surroundings, ownPort, foreignPort, !ownPort && isPersonal(surroundings.sender))
}

/** A single literal: spreading into a new object costs several times as much. */
function tracesIn(
  { sender, foreignLink, shortener, foreignCallback, request }: Surroundings,
  ownPort: boolean,
  foreignPort: boolean,
  personal: boolean,
): Traces {
  return { sender, foreignLink, shortener, foreignCallback, request, ownPort, foreignPort, personal }
}

function isOwnNumber({ hotlines }: Brand, from: string): boolean {
  for (const hotline of hotlines) if (isNumberOf(hotline, from)) return true
  return false
}

/** A sender is a brand's short number, optionally followed by up to five digits of a branch. */
function isNumberOf(hotline: string, from: string): boolean {
  return (
    from === hotline || (hotline.length <= 6 && from.startsWith(hotline) && from.length <= hotline.length + 5)
  )
}

/** Whether a message has an unofficial destination, or comes from a number anyone can use. */
export function leadsAnywhere(surroundings: Surroundings): boolean {
  const { foreignLink, shortener, foreignCallback, request, sender } = surroundings
  return (
    foreignLink !== undefined ||
    shortener !== undefined ||
    foreignCallback !== undefined ||
    request !== undefined ||
    isPersonal(sender)
  )
}

/** The parts of a message that do not belong to the brand. */
export function foreignParts(traces: Traces, from: string): ForeignPart[] {
  const found: ForeignPart[] = []
  if (traces.foreignLink) found.push({ kind: 'domain', value: traces.foreignLink.domain })
  if (traces.shortener) found.push({ kind: 'shortener', value: traces.shortener.domain })
  if (traces.foreignCallback) found.push({ kind: 'callback', value: traces.foreignCallback.value })
  if (traces.request) found.push({ kind: 'request', value: traces.request })
  if (traces.foreignPort) found.push({ kind: 'port', value: from })
  else if (traces.personal) found.push({ kind: 'sender', value: from })
  return found
}
