import type { Change } from './change.ts'
import type { Label } from './labels.ts'

export interface Brand {
  readonly id: string
  readonly names: readonly string[]
  /** What people call it that means other things too: it counts only where the text opens with it or speaks as it. */
  readonly shortNames?: readonly string[]
  readonly domains: readonly string[]
  readonly hotlines: readonly string[]
  /** False for a shipped brand whose domains and hotlines were not looked up: it is no ground for a block. */
  readonly verified?: boolean
  /** A row of the operator that replaces the shipped ones that share its id or a name. */
  readonly replaces?: boolean
}

export interface Filing {
  readonly sp?: string
  readonly carrier?: string
  /** Exact ports, or prefixes that end with `*`. */
  readonly ports: readonly string[]
  /** Absent: no limit was filed. */
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
  /** Labels that may be sent here; absent: all. */
  readonly scope?: readonly Label[]
}

/** A brand name found in a text. */
export interface BrandMention {
  readonly brand: Brand
  readonly name: string
  /** Code units of the normalised text. */
  readonly start: number
  readonly end: number
}

/** What imitates what, and how. */
export interface Lookalike {
  readonly brand: Brand
  /** The registered name or domain. */
  readonly original: string
  readonly how: 'glyph' | 'sound' | 'edit' | 'added-word' | 'subdomain' | 'internationalised' | 'other-suffix'
  /** 0 to 1. */
  readonly similarity: number
}

/** What a registry is made of: enough to tell whether two are the same, and which part differs. */
export interface RegistryContent {
  /** The brand list that comes with sigwatch: its hash, and its brands. */
  readonly shipped: { readonly hash: string; readonly brands: readonly Brand[] }
  /** Hash of the operator's file. */
  readonly file: string
  /** How many rows hold, by kind. */
  readonly rows: { readonly brands: number; readonly signatures: number; readonly ports: number }
  /** Who changed the operator's file last, as it says. */
  readonly change?: Change
  /** Digest of the rows that the registry topic has put over the file, by kind; absent: none. */
  readonly topic: { readonly brands?: string; readonly signatures?: string; readonly ports?: string }
}

/** A brand that the message says to come from. */
export interface Claim {
  readonly brand: Brand
  readonly by: 'signature' | 'lookalike' | 'speaker' | 'domain' | 'mention'
  /** As the message writes it. */
  readonly claimed: string
  /** How plainly it speaks as the brand, 0 to 1. */
  readonly strength: number
  /** What the signature imitates, and how. */
  readonly lookalike?: Lookalike
}

/** The registry as detectors see it: immutable, swapped whole. Names are looked up in their normalised form. */
export interface Registry {
  readonly hash: string
  /** What the hash stands for; absent: the registry was built for a question and decides nothing. */
  readonly content?: RegistryContent
  /** False when only the shipped brand list serves: the filing codes are off. */
  readonly hasSignatures: boolean
  brand(id: string): Brand | undefined
  brandByName(name: string): Brand | undefined
  /** Official for any registered brand: the host is a listed domain or lies below one. */
  brandByHost(host: string): Brand | undefined
  brandByHotline(number: string): Brand | undefined
  /** Brands named in a normalised text, at word boundaries, longest first. */
  brandMentions(normalised: string): readonly BrandMention[]
  /** Short names of brands in a normalised text, likewise: most of them are ordinary words. */
  shortNameMentions(normalised: string): readonly BrandMention[]
  /** A registered name that `name` (normalised) imitates by glyph, sound or edit distance; none for registered or filed names. */
  lookalikeOfName(name: string): Lookalike | undefined
  /** A registered domain that `host` imitates; none for official hosts of any brand and public shorteners. */
  lookalikeOfHost(host: string): Lookalike | undefined
  signature(name: string): SignatureRow | undefined
  /** Row of the longest prefix that covers the port. */
  port(port: string): PortRow | undefined
  /** Filed at `ts` (for the carrier and enterprise when they are known), and in force. */
  filings(signature: SignatureRow, at: { ts: number; carrier?: string; sp?: string }): readonly Filing[]
  /** Ports filed for a brand by any of its signatures, revoked filings left out. */
  portsOfBrand(brandId: string): readonly string[]
  /** Whether an exact port is one of `portsOfBrand`. */
  ownsPort(brandId: string, port: string): boolean
  /** Whether a port, or some port of a prefix that ends in `*`, is filed for any signature; goes over all of them. */
  filesPort(pattern: string): boolean
  /** Whether a name is registered or filed in the spelling given, but for case and spaces: not only when disguises are folded. */
  isSpelled(name: string): boolean
  /** A public link shortener: a link there proves nothing, neither way. */
  isShortener(host: string): boolean
  /** A host of a service that many brands use (e-invoices, forms, e-signatures): a link there proves nothing either. */
  isNeutralHost(host: string): boolean
  /** Below a suffix that is given out on proof of identity only (`gov.cn`): never a foreign link. */
  isRestricted(host: string): boolean
}

const STAR = 42

/** Whether an exact port is covered by a pattern (`prefix*` or exact). */
export function portMatches(pattern: string, port: string): boolean {
  const length = pattern.length - 1
  if (pattern.charCodeAt(length) !== STAR) return port === pattern
  if (port.length < length) return false
  for (let i = 0; i < length; i++) if (port.charCodeAt(i) !== pattern.charCodeAt(i)) return false
  return true
}

/** Whether anybody could have registered the domain: no brand's own, of no public service, below no restricted suffix. */
export function isForeignDomain(host: string, registry: Registry): boolean {
  return (
    !registry.brandByHost(host) &&
    !registry.isShortener(host) &&
    !registry.isNeutralHost(host) &&
    !registry.isRestricted(host)
  )
}
