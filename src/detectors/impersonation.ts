import type { MessageContext } from '../domain/detector.ts'
import { filingsHere } from '../domain/filing.ts'
import type { AnalysedMessage, ContactMention, Span, UrlMention } from '../domain/message.ts'
import type { Brand, Registry } from '../domain/registry.ts'
import { isPersonal, type SenderKind, senderKind } from './sender-kind.ts'

/** What does not belong to the brand that a message claims to be from. */
export interface Found {
  readonly kind: 'domain' | 'callback' | 'port' | 'sender'
  readonly value: string
}

/** Where a message leads, and what kind of number it comes from. */
export interface Surroundings {
  readonly sender: SenderKind
  readonly foreignLink: UrlMention | undefined
  readonly foreignCallback: ContactMention | undefined
}

/** The same, seen from one brand. */
export interface Traces extends Surroundings {
  /** A filed port of the brand, or its own short number. */
  readonly ownPort: boolean
  /** The brand has filed ports and this is none of them. */
  readonly foreignPort: boolean
  /** Anybody's number: a mobile, a landline, a number from overseas. */
  readonly personal: boolean
}

/** Text that touches a part that did not come may be cut: it proves nothing. */
export function touchesSeam(message: AnalysedMessage, span: Span): boolean {
  return message.partial && message.seams.some((seam) => span.start <= seam && seam <= span.end)
}

/** Hosts that stand for any (`do not open xxx.cc`). */
const PLACEHOLDER = /^(?:x{2,}|example)\./

/** Before a host: the text is about it (a registrar's notice), and does not lead there. */
const SUBJECT = /(?:域名|网站|站点|主机|邮箱|domain(?: name)?)[\s:"“'‘【(]*$/

function isSubject(message: AnalysedMessage, url: UrlMention): boolean {
  const before = message.text.slice(Math.max(0, url.span.start - 16), url.span.start)
  return url.path.length <= 1 && !url.disguised && SUBJECT.test(before)
}

/** A link that belongs to no registered brand and to no public shortener, and that anybody could have registered. */
export function foreignLink(message: AnalysedMessage, registry: Registry): UrlMention | undefined {
  return message.urls.find(
    (url) =>
      !registry.brandByHost(url.host) &&
      !registry.isShortener(url.host) &&
      !registry.isRestricted(url.host) &&
      !isSubject(message, url) &&
      !PLACEHOLDER.test(url.domain) &&
      !touchesSeam(message, url.span),
  )
}

export function surroundingsOf(message: AnalysedMessage, registry: Registry): Surroundings {
  return {
    sender: senderKind(message.from),
    foreignLink: message.urls.length === 0 ? undefined : foreignLink(message, registry),
    foreignCallback: message.contacts.find(
      (contact) =>
        !registry.brandByHotline(contact.value) &&
        contact.value !== message.from &&
        contact.value !== message.to &&
        !touchesSeam(message, contact.span),
    ),
  }
}

export function tracesOf(
  brand: Brand,
  message: AnalysedMessage,
  context: MessageContext,
  surroundings = surroundingsOf(message, context.registry),
): Traces {
  const { registry } = context
  const ownNumber = brand.hotlines.some((hotline) => isNumberOf(hotline, message.from))
  const row = message.signature && registry.signature(message.signature.key)
  // A filing without ports makes every port the brand's own.
  const filed = row?.brand === brand.id && filingsHere(row, message, registry).length > 0
  const ownPort = ownNumber || filed || registry.ownsPort(brand.id, message.from)
  return {
    ...surroundings,
    ownPort,
    // A text to be scored by itself has no sender.
    foreignPort: !ownPort && message.from !== '' && registry.portsOfBrand(brand.id).length > 0,
    personal: !ownPort && isPersonal(surroundings.sender),
  }
}

/** A short number answers for the brand, with up to five digits of a branch behind it. */
function isNumberOf(hotline: string, from: string): boolean {
  return (
    from === hotline || (hotline.length <= 6 && from.startsWith(hotline) && from.length <= hotline.length + 5)
  )
}

export function findings(traces: Traces, from: string): Found[] {
  const found: Found[] = []
  if (traces.foreignLink) found.push({ kind: 'domain', value: traces.foreignLink.domain })
  if (traces.foreignCallback) found.push({ kind: 'callback', value: traces.foreignCallback.value })
  if (traces.foreignPort) found.push({ kind: 'port', value: from })
  else if (traces.personal) found.push({ kind: 'sender', value: from })
  return found
}
