import type { AnalysedMessage } from './message.ts'
import type { Registry } from './registry.ts'
import type { Sketch } from './sketch.ts'

/** Kinds of numbers that vary between notices of the same wording: a courier's mobile, a branch's landline. */
export type CarriedKind = 'mobile' | 'landline'

/** Wording (as a sketch) and destinations of a brand's notice. Holds no text. */
export interface Notice {
  readonly sketch: Sketch
  readonly hosts: readonly string[]
  readonly numbers: readonly string[]
  /** Kinds of numbers in the notice that may differ next time. */
  readonly carries: readonly CarriedKind[]
}

export interface LearnedNotice extends Notice {
  /** Derived from brand and wording, so that a repeated notice is learned once. */
  readonly id: string
  readonly brand: string
  /** Id of the table the sketch was made with. */
  readonly table: string
  /** Port it was sent from: the notice counts only while the filing of that port is in force. */
  readonly port: string
  /** Normalised signature; absent if it was sent from a number of the brand itself. */
  readonly signature?: string
}

export interface Twin {
  /** Cosine of the sketches. */
  readonly similarity: number
  /** True for a shipped sample, false if learned from the brand's own traffic. */
  readonly isSample: boolean
  readonly hosts: ReadonlySet<string>
  readonly numbers: ReadonlySet<string>
  readonly carries: ReadonlySet<CarriedKind>
}

/** Notices of brands as seen by detectors. Synchronous: notices learned by other instances were fetched before. */
export interface Notices {
  /** The sketch of a message's text; undefined if the text has too few features. */
  sketchOf(message: AnalysedMessage): Sketch | undefined
  /** The brand's notice that a message resembles; undefined if there is none, or if several brands use such a notice. */
  twinOf(brand: string, message: AnalysedMessage, registry: Registry): Twin | undefined
  /** Whether a learned notice of the brand, or notices of many brands, lead to a registrable domain. */
  isKnown(brand: string, domain: string, message: AnalysedMessage, registry: Registry): boolean
  /** Whether notices of many brands lead to a registrable domain, which is then a shared service. */
  isProvider(domain: string): boolean
}

/** Limits on notices per brand and on brands; the oldest learned are evicted first. */
export const NOTICES_OF_BRAND = 64
export const BRANDS_WITH_NOTICES = 512

/** Brands returned by one call of `changes`. */
export const BRANDS_AT_ONCE = 32

export interface BrandNotices {
  readonly brand: string
  readonly notices: readonly LearnedNotice[]
}

/**
 * Learned notices, shared by all instances: at most 64 per brand and 512 brands. Learning a known notice again refreshes it and
 * merges hosts and numbers.
 */
export interface NoticeStore {
  /** Rejects with REDIS_UNREACHABLE; some notices may have been learned then. Idempotent. */
  learn(notices: readonly LearnedNotice[]): Promise<void>
  forget(notices: readonly Pick<LearnedNotice, 'brand' | 'id'>[]): Promise<void>
  /**
   * Brands that changed after `mark` (undefined: all), at most 32, and the mark for the next call. An empty result means there
   * are no more.
   */
  changes(
    mark: string | undefined,
  ): Promise<{ readonly brands: readonly BrandNotices[]; readonly mark: string }>
}
