import type { Change } from './change.ts'
import type { Label } from './labels.ts'
import type { Steps } from './steps.ts'

export interface Brand {
  readonly id: string
  readonly names: readonly string[]
  /** Common short names with other meanings: they count only if the text opens with one or speaks as the brand. */
  readonly shortNames?: readonly string[]
  readonly domains: readonly string[]
  readonly hotlines: readonly string[]
  /** False for a shipped brand whose domains and hotlines were not verified: no basis for a block. */
  readonly verified?: boolean
  /** Set on an operator's row that replaces shipped rows with the same id or a common name. */
  readonly replaces?: boolean
}

export interface Filing {
  readonly sp?: string
  readonly carrier?: string
  /** Exact ports, or prefixes that end with `*`. */
  readonly ports: readonly string[]
  /** Absent if filed without a limit. */
  readonly scope?: readonly Label[]
  readonly status: 'filed' | 'suspended' | 'revoked'
  readonly from?: number
  readonly to?: number
}

export interface DeclaredCampaign {
  readonly from: number
  readonly to: number
  readonly perMinute: number
}

export interface SignatureRow {
  readonly name: string
  readonly brand?: string
  readonly consent: 'unless-refused' | 'required'
  readonly campaigns: readonly DeclaredCampaign[]
  readonly filings: readonly Filing[]
}

export interface PortRow {
  readonly port: string
  readonly sp?: string
  readonly sharedBy: number
  readonly signatureAdded?: 'downstream'
  /** Labels allowed on this port; absent: all. */
  readonly scope?: readonly Label[]
}

export interface BrandMention {
  readonly brand: Brand
  readonly name: string
  /** Offset in the normalised text, code units. */
  readonly start: number
  readonly end: number
}

export interface Lookalike {
  readonly brand: Brand
  readonly original: string
  readonly how: 'glyph' | 'sound' | 'edit' | 'added-word' | 'subdomain' | 'internationalised' | 'other-suffix'
  /** 0 to 1. */
  readonly similarity: number
}

/** Composition of a registry: enough to tell whether two are the same, and which part differs. */
export interface RegistryContent {
  readonly shipped: { readonly hash: string; readonly brands: readonly Brand[] }
  readonly file: string
  readonly rows: { readonly brands: number; readonly signatures: number; readonly ports: number }
  readonly change?: Change
  /** Digest of the rows from the registry topic that override the file, by kind; absent: none. */
  readonly topic: { readonly brands?: string; readonly signatures?: string; readonly ports?: string }
}

export interface Claim {
  readonly brand: Brand
  readonly by: 'signature' | 'lookalike' | 'speaker' | 'domain' | 'mention'
  readonly claimed: string
  /** Strength of the claim, 0 to 1. */
  readonly strength: number
  readonly lookalike?: Lookalike
}

/** The registry as seen by detectors: immutable, replaced as a whole. Names are looked up in normalised form. */
export interface Registry {
  readonly hash: string
  /** The content covered by the hash; absent if the registry was built for a query and not for decisions. */
  readonly content?: RegistryContent
  /** False if there is only the shipped brand list: the codes about filings are off. */
  readonly hasSignatures: boolean
  brand(id: string): Brand | undefined
  brandByName(name: string): Brand | undefined
  /** The brand that owns a host: a listed domain or a subdomain of one. */
  brandByHost(host: string): Brand | undefined
  brandByHotline(number: string): Brand | undefined
  /** Brands named in a normalised text, at word boundaries, longest first. */
  brandMentions(normalised: string): readonly BrandMention[]
  /** Like `brandMentions` for short names, most of which are ordinary words. */
  shortNameMentions(normalised: string): readonly BrandMention[]
  /** A registered name that `name` (normalised) imitates by glyph, sound or edit distance; none for registered or filed names. */
  lookalikeOfName(name: string): Lookalike | undefined
  /** A registered domain that `host` imitates; none for official hosts of any brand and public shorteners. */
  lookalikeOfHost(host: string): Lookalike | undefined
  signature(name: string): SignatureRow | undefined
  port(port: string): PortRow | undefined
  /** Filings in force at `ts`, for the carrier and enterprise if they are known. */
  filings(signature: SignatureRow, at: { ts: number; carrier?: string; sp?: string }): readonly Filing[]
  /** Ports filed for a brand by any of its signatures, without revoked filings. */
  portsOfBrand(brandId: string): readonly string[]
  /** Whether an exact port is one of `portsOfBrand`. */
  ownsPort(brandId: string, port: string): boolean
  /** Whether a port, or any port of a prefix that ends in `*`, is filed for any signature. Searches all filings, in steps. */
  filesPort(pattern: string): Steps<boolean>
  /** Whether a name is registered or filed in this spelling up to case and spaces, not only after folding disguises. */
  isSpelled(name: string): boolean
  /** Whether the host is a public link shortener: its links prove nothing either way. */
  isShortener(host: string): boolean
  /**
   * Whether the host belongs to a service used by many brands (e-invoices, forms, e-signatures): its links prove nothing either
   * way.
   */
  isNeutralHost(host: string): boolean
  /** Whether the host is below a suffix assigned only on proof of identity (`gov.cn`): never a foreign link. */
  isRestricted(host: string): boolean
}

const STAR = 42

/** Whether a pattern (`prefix*` or exact) covers a port. */
export function portMatches(pattern: string, port: string): boolean {
  const length = pattern.length - 1
  if (pattern.charCodeAt(length) !== STAR) return port === pattern
  if (port.length < length) return false
  for (let i = 0; i < length; i++) if (port.charCodeAt(i) !== pattern.charCodeAt(i)) return false
  return true
}

/** Addresses of RFC 1918, 3927 and 1122: of the reader's own network or device. */
const PRIVATE_ADDRESS = /^(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}$/

/**
 * Whether anyone could have registered the domain: it belongs to no brand or public service, is below no restricted suffix, and is
 * no private address, which leads nowhere outside the reader's network.
 */
export function isForeignDomain(host: string, registry: Registry): boolean {
  return (
    !PRIVATE_ADDRESS.test(host) &&
    !registry.brandByHost(host) &&
    !registry.isShortener(host) &&
    !registry.isNeutralHost(host) &&
    !registry.isRestricted(host)
  )
}
