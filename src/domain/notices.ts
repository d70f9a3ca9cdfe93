import type { AnalysedMessage } from './message.ts'
import type { Registry } from './registry.ts'
import type { Sketch } from './sketch.ts'

/** Kinds of numbers that notices name and that differ from one to the next: a courier's mobile, the desk of a branch. */
export type CarriedKind = 'mobile' | 'landline'

/** What a notice of a brand looks like and where it leads. Holds no text. */
export interface Notice {
  readonly sketch: Sketch
  /** Registrable domains of its links. */
  readonly hosts: readonly string[]
  /** Landlines and service numbers that it names. */
  readonly numbers: readonly string[]
  /** It names numbers of these kinds, which may be others the next time. */
  readonly carries: readonly CarriedKind[]
}

/** A notice that was learned from the traffic of a brand. */
export interface LearnedNotice extends Notice {
  /** Of the brand, by its wording: a notice that comes again is learned once. */
  readonly id: string
  readonly brand: string
  /** Table of the sketch. */
  readonly table: string
  /** Where it came from: the filing has to hold for the notice to count. */
  readonly port: string
  /** Normalised signature; absent: it came from a number of the brand itself. */
  readonly signature?: string
}

/** The notice of a brand that a message is most like. */
export interface Twin {
  /** Cosine of the sketches. */
  readonly similarity: number
  /** A sample that is shipped, not learned from the brand's own traffic. */
  readonly isSample: boolean
  readonly hosts: ReadonlySet<string>
  readonly numbers: ReadonlySet<string>
  readonly carries: ReadonlySet<CarriedKind>
}

/** Notices of brands as detectors see them. Synchronous: what is learned elsewhere was fetched before. */
export interface Notices {
  /** The sketch of a message's text; undefined: it has too little for one. */
  sketchOf(message: AnalysedMessage): Sketch | undefined
  /** The notice of the brand that a message is like; undefined: none, or several brands write so. */
  twinOf(brand: string, message: AnalysedMessage, registry: Registry): Twin | undefined
  /** Whether a notice that was learned of the brand leads to a registrable domain, or many brands' notices do. */
  isKnown(brand: string, domain: string, message: AnalysedMessage, registry: Registry): boolean
  /** Whether notices of many brands lead to a registrable domain: a service that they all use. */
  isProvider(domain: string): boolean
}

/** Most notices of one brand, and most brands: the ones learned longest ago are forgotten first. */
export const NOTICES_OF_BRAND = 64
export const BRANDS_WITH_NOTICES = 512

/** Brands that a store gives back at once. */
export const BRANDS_AT_ONCE = 32

/** All that is known of one brand, after a change. */
export interface BrandNotices {
  readonly brand: string
  readonly notices: readonly LearnedNotice[]
}

/**
 * What was learned, shared by all instances: at most 64 notices a brand and 512 brands. A notice that is learned again
 * stays, with the hosts and numbers of both.
 */
export interface NoticeStore {
  /** Rejects with REDIS_UNREACHABLE; then some may have been learned, and learning again does no harm. */
  learn(notices: readonly LearnedNotice[]): Promise<void>
  forget(notices: readonly Pick<LearnedNotice, 'brand' | 'id'>[]): Promise<void>
  /**
   * Brands that changed after `mark` (undefined: all), and the mark for the next call. At most 32 of them at once: there are no
   * more when none comes.
   */
  changes(
    mark: string | undefined,
  ): Promise<{ readonly brands: readonly BrandNotices[]; readonly mark: string }>
}
