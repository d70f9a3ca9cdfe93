import type { AnalysedMessage, ContactMention } from '../../../domain/message.ts'
import type { Notices, Twin } from '../../../domain/notices.ts'
import { type Claim, isForeignDomain, type Registry } from '../../../domain/registry.ts'
import * as fields from '../evidence-fields.ts'
import { ACCOUNT_DIGITS } from '../shared/objects.ts'
import { requestsIn } from '../shared/requests.ts'
import { isHandle, isOfficialNumber, isSubject, type Traces, touchesSeam } from '../shared/traces.ts'

/** Signs of a message worded like a notice of the brand it claims. */
export const TWIN_SIGNS = {
  'twin:copy': 'it nearly copies a notice that the brand sent',
  'twin:alike': 'it nearly copies a shipped sample of notices',
  'twin:link':
    'a copy with a link to a domain that is in none of the brand’s notices, and that few brands use',
  'twin:number': 'a copy with a number that is in none of the brand’s notices',
  'twin:handle': 'a copy with a handle of a chat service that is in none of them',
  'twin:known': 'every unofficial link is in notices of the brand, or of many brands',
  'twin:account': 'a copy that asks to pay to an account or card',
} as const satisfies Readonly<Record<string, string>>

export type TwinSign = keyof typeof TWIN_SIGNS

/** Links, numbers and accounts in evidence. */
const LISTED = 5

export const TWIN_EVIDENCE = fields.optional(
  fields.group(
    {
      brand: fields.text('id of the brand whose notice it is like'),
      similarity: fields.share('how like, by the cosine of the sketches'),
      own: fields.list(fields.text('a domain or number'), 'where such notices of the brand lead', LISTED),
      found: fields.list(fields.text('a domain, number or handle'), 'where this one leads instead', LISTED),
    },
    'the notice of the brand that the message is like',
  ),
)

interface Copied {
  readonly signs: readonly TwinSign[]
  readonly evidence: {
    readonly brand: string
    readonly similarity: number
    readonly own: readonly string[]
    readonly found: readonly string[]
  }
}

const ACCOUNT = new RegExp(String.raw`(?<!\d)${ACCOUNT_DIGITS}(?!\d)`)

/** Compares a message with the notices of the brand it claims: the resulting signs, and the copied notice. */
export function comparedNotices(
  claim: Claim,
  traces: Traces,
  message: AnalysedMessage,
  registry: Registry,
  notices: Notices | undefined,
): { readonly signs: readonly TwinSign[]; readonly evidence?: Copied['evidence'] } {
  if (notices === undefined) return { signs: [] }
  const isKnown =
    traces.foreignLink !== undefined &&
    message.urls.every(
      ({ host, domain }) =>
        !isForeignDomain(host, registry) || notices.isKnown(claim.brand.id, domain, message, registry),
    )
  const copied = copiedNotice(claim, traces, message, registry, notices)
  if (!isKnown) return copied ?? { signs: [] }
  return { ...copied, signs: ['twin:known', ...(copied?.signs ?? [])] }
}

/** Undefined if it resembles no notice of the brand, or leads only where these do. */
function copiedNotice(
  { brand }: Claim,
  traces: Traces,
  message: AnalysedMessage,
  registry: Registry,
  notices: Notices,
): Copied | undefined {
  if (traces.ownPort) return undefined
  const isPaid = asksForAccount(message)
  // Most messages lead only to the brand: skip the comparison.
  if (traces.foreignLink === undefined && traces.foreignCallback === undefined && !isPaid) return undefined
  const twin = notices.twinOf(brand.id, message, registry)
  if (twin === undefined) return undefined
  const links = strangeLinks(twin, message, registry, notices)
  const contacts = strangeContacts(twin, message, registry)
  const [handles, numbers] = [contacts.filter(isHandle), contacts.filter((contact) => !isHandle(contact))]
  const signs: TwinSign[] = [twin.isSample ? 'twin:alike' : 'twin:copy']
  if (links.length > 0) signs.push('twin:link')
  if (numbers.length > 0) signs.push('twin:number')
  if (handles.length > 0) signs.push('twin:handle')
  if (isPaid) signs.push('twin:account')
  if (signs.length === 1) return undefined
  return {
    signs,
    evidence: {
      brand: brand.id,
      similarity: Math.round(Math.min(1, twin.similarity) * 1000) / 1000,
      own: [...(twin.hosts.size > 0 ? twin.hosts : brand.domains), ...twin.numbers, ...brand.hotlines].slice(
        0,
        LISTED,
      ),
      found: [...links, ...[...numbers, ...handles].map(({ value }) => value)].slice(0, LISTED),
    },
  }
}

/** Whether a message asks for a payment to an account or a card. */
export function asksForAccount({ normalised: { text } }: AnalysedMessage): boolean {
  return ACCOUNT.test(text) && requestsIn(text).includes('payment')
}

/** Unofficial link domains that no notice of the brand leads to. */
export function strangeLinks(
  twin: Pick<Twin, 'hosts'>,
  message: AnalysedMessage,
  registry: Registry,
  notices: Notices | undefined,
): string[] {
  return message.urls
    .filter(
      (url) =>
        isForeignDomain(url.host, registry) &&
        !isSubject(message, url) &&
        !touchesSeam(message, url.span) &&
        !twin.hosts.has(url.domain) &&
        !notices?.isProvider(url.domain),
    )
    .map(({ domain }) => domain)
}

/** Unofficial numbers and handles that no notice of the brand names. */
export function strangeContacts(
  { numbers, carries }: Pick<Twin, 'numbers' | 'carries'>,
  message: AnalysedMessage,
  registry: Registry,
): ContactMention[] {
  return message.contacts.filter(
    (contact) =>
      contact.value !== message.from &&
      contact.value !== message.to &&
      !touchesSeam(message, contact.span) &&
      !isOfficialNumber(contact, registry) &&
      !numbers.has(contact.value) &&
      !isCarried(contact, carries),
  )
}

function isCarried({ kind }: ContactMention, carries: Twin['carries']): boolean {
  return (kind === 'mobile' || kind === 'landline') && carries.has(kind)
}
