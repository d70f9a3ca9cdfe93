import { coversPort, isInForce } from '../../domain/filing.ts'
import { getOrInsert } from '../../domain/maps.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { BrandNotices, CarriedKind, LearnedNotice, Notice, Notices, Twin } from '../../domain/notices.ts'
import type { Registry } from '../../domain/registry.ts'
import { likeness, type Sketch } from '../../domain/sketch.ts'
import type { Sketcher } from '../../text/sketch.ts'

export interface SampleGroup {
  readonly brands: ReadonlySet<string>
  readonly carries: readonly CarriedKind[]
  readonly sketches: readonly Sketch[]
}

export interface Comparing {
  readonly sketcher: Sketcher
  readonly samples: readonly SampleGroup[]
}

/**
 * Similarity from which a text is a copy of a learned notice; tuned on corpus/writers, where 99.9% of advertisements stay below
 * 0.72 to any notice.
 */
const COPY = 0.75
/**
 * Similarity from which a text reads like notices of a trade worded by someone else: for the trade's own samples, and for any.
 */
const ALIKE_IN_TRADE = 0.6
const ALIKE = 0.64
/** Number of brands with the same notice from which it belongs to none. */
const SHARED_FROM = 3
/** Number of brands whose notices lead to a domain from which it is a shared service. */
const PROVIDER_FROM = 4

const NONE: ReadonlySet<never> = new Set()

/**
 * Notices of brands: shipped samples, and those learned from brands' own traffic. Samples are used until a brand has notices of
 * its own.
 */
export class NoticeIndex implements Notices {
  readonly #open: () => Comparing
  #opened: Comparing | undefined
  readonly #learned = new Map<string, readonly LearnedNotice[]>()
  /** Brands whose notices lead to a domain. */
  readonly #leads = new Map<string, Set<string>>()

  /** `open` loads the resources for comparing, once and on first use. */
  constructor(open: () => Comparing) {
    this.#open = open
  }

  get #comparing(): Comparing {
    this.#opened ??= this.#open()
    return this.#opened
  }

  get sketcher(): Sketcher {
    return this.#comparing.sketcher
  }

  /** Id of the sketch table; sketches of other tables cannot be compared. */
  get table(): string {
    return this.sketcher.id
  }

  put(brands: readonly BrandNotices[]): void {
    for (const { brand, notices } of brands) {
      for (const { hosts } of this.#learned.get(brand) ?? [])
        for (const host of hosts) this.#leads.get(host)?.delete(brand)
      const mine = notices.filter(({ table }) => table === this.table)
      if (mine.length === 0) this.#learned.delete(brand)
      else this.#learned.set(brand, mine)
      for (const { hosts } of mine)
        for (const host of hosts) getOrInsert(this.#leads, host, () => new Set()).add(brand)
    }
  }

  /** Learned notices whose filing is no longer in force. */
  ended(registry: Registry, ts: number): readonly LearnedNotice[] {
    return [...this.#learned.values()].flat().filter((notice) => !holds(notice, registry, ts))
  }

  learnedOf(brand: string): readonly LearnedNotice[] {
    return this.#learned.get(brand) ?? []
  }

  isProvider(domain: string): boolean {
    return (this.#leads.get(domain)?.size ?? 0) >= PROVIDER_FROM
  }

  isKnown(brand: string, domain: string, { ts }: AnalysedMessage, registry: Registry): boolean {
    if (this.isProvider(domain)) return true
    return this.learnedOf(brand).some(
      (notice) => notice.hosts.includes(domain) && holds(notice, registry, ts),
    )
  }

  sketchOf(message: AnalysedMessage): Sketch | undefined {
    const memo = message.memo.alike ?? message.memo
    if (memo.sketched?.by !== this.table)
      memo.sketched = { by: this.table, sketch: this.sketcher.sketch(message) }
    return memo.sketched.sketch
  }

  twinOf(brand: string, message: AnalysedMessage, registry: Registry): Twin | undefined {
    const sketch = this.sketchOf(message)
    if (sketch === undefined) return undefined
    const own = this.learnedOf(brand).filter((notice) => holds(notice, registry, message.ts))
    const copied = nearest(sketch, own)
    if (copied >= COPY) return this.#isShared(sketch, brand) ? undefined : twin(copied, false, own)
    return this.#sampleLike(brand, sketch, own)
  }

  #isShared(sketch: Sketch, brand: string): boolean {
    let others = 0
    for (const [other, notices] of this.#learned)
      if (other !== brand && notices.some((notice) => likeness(sketch, notice.sketch) >= COPY)) others++
    return others + 1 >= SHARED_FROM
  }

  #sampleLike(brand: string, sketch: Sketch, own: readonly LearnedNotice[]): Twin | undefined {
    let similarity = 0
    const carries = new Set<CarriedKind>()
    for (const group of this.#comparing.samples) {
      const isOfTrade = group.brands.has(brand)
      if (isOfTrade) for (const kind of group.carries) carries.add(kind)
      const least = isOfTrade ? ALIKE_IN_TRADE : ALIKE
      for (const sample of group.sketches) {
        const like = likeness(sketch, sample)
        if (like >= least && like > similarity) similarity = like
      }
    }
    return similarity === 0 ? undefined : twin(similarity, true, own, carries)
  }
}

/** Similarity of the most similar notice; -1 without notices. */
function nearest(sketch: Sketch, notices: readonly LearnedNotice[]): number {
  return notices.reduce((most, notice) => Math.max(most, likeness(sketch, notice.sketch)), -1)
}

/** Hosts and numbers from all of a brand's notices belong to the brand, whichever notice is copied. */
function twin(
  similarity: number,
  isSample: boolean,
  own: readonly Notice[],
  carries: ReadonlySet<CarriedKind> = NONE,
): Twin {
  return {
    similarity,
    isSample,
    hosts: new Set(own.flatMap(({ hosts }) => hosts)),
    numbers: new Set(own.flatMap(({ numbers }) => numbers)),
    carries: new Set([...carries, ...own.flatMap((notice) => notice.carries)]),
  }
}

/** Whether the port or signature a notice was learned from still belongs to the brand. */
function holds({ brand, signature, port }: LearnedNotice, registry: Registry, ts: number): boolean {
  if (signature === undefined) return registry.brandByHotline(port)?.id === brand
  const row = registry.signature(signature)
  return (
    row?.brand === brand && row.filings.some((filing) => isInForce(filing, ts) && coversPort(filing, port))
  )
}
