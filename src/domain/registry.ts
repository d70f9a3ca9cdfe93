import type { Label } from './labels.ts'

export interface Brand {
  readonly id: string
  readonly names: readonly string[]
  readonly domains: readonly string[]
  readonly hotlines: readonly string[]
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

/** The registry as detectors see it: immutable, swapped whole. Names are looked up in their normalised form. */
export interface Registry {
  readonly hash: string
  /** False when only the shipped brand list serves: the filing codes are off. */
  readonly hasSignatures: boolean
  brand(id: string): Brand | undefined
  brandByName(name: string): Brand | undefined
  /** Official for any registered brand: the host is a listed domain or lies below one. */
  brandByHost(host: string): Brand | undefined
  brandByHotline(number: string): Brand | undefined
  /** Brands named in a normalised text, at word boundaries, longest first. */
  brandMentions(normalised: string): readonly BrandMention[]
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
  /** Whether a name is registered or filed in the spelling given, but for case and spaces: not only when disguises are folded. */
  isSpelled(name: string): boolean
  /** A public link shortener: a link there proves nothing, neither way. */
  isShortener(host: string): boolean
  /** Below a suffix that is given out on proof of identity only (`gov.cn`): never a foreign link. */
  isRestricted(host: string): boolean
}

/** Whether an exact port is covered by a pattern (`prefix*` or exact). */
export function portMatches(pattern: string, port: string): boolean {
  return pattern.endsWith('*') ? port.startsWith(pattern.slice(0, -1)) : port === pattern
}
