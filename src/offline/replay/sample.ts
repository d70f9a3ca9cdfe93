import { hashOf } from '../../domain/hash.ts'
import { type Interval, wilson } from '../../domain/wilson.ts'
import { ASKING, type Difference } from './difference.ts'

/** Number of ports whose draw is cached. */
const MAX_KNOWN = 100_000
/** A number is made of this many hex digits of a hash; `NUMBERS` is how many such numbers there are. */
const DIGITS = 13
const NUMBERS = 16 ** DIGITS

/** Draws whole ports, so that the rates and states of a drawn sender are the same as without sampling. */
export class SenderSample {
  readonly #share: number
  readonly #seed: number
  readonly #known = new Map<string, boolean>()

  /** `share`: above 0, at most 1. */
  constructor(share: number, seed: number) {
    this.#share = share
    this.#seed = seed
  }

  /** `from`: in canonical form. */
  has(from: string): boolean {
    const known = this.#known.get(from)
    if (known !== undefined) return known
    const rank = Number.parseInt(hashOf('sample', this.#seed, from).slice(0, DIGITS), 16) / NUMBERS
    const isDrawn = rank < this.#share
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    this.#known.set(from, isDrawn)
    return isDrawn
  }
}

/** The estimated figures, in the order of the report. */
const FIGURES = [
  'changed',
  ...ASKING.toReversed().map((action) => `newly.${action}`),
  ...ASKING.toReversed().map((action) => `released.${action}`),
]

/** Estimates for all senders with 95% intervals: as a percentage of the records, and as a number of records in the range. */
export interface Estimate {
  readonly percent: { readonly value: number; readonly low: number; readonly high: number }
  readonly records: { readonly value: number; readonly low: number; readonly high: number }
}

/** The sample and its estimates. */
export interface SampleReport {
  readonly percent: number
  /** Number of drawn ports with compared records. */
  readonly senders: number
  /** Readable records in the range, drawn or not. */
  readonly population: number
  readonly estimates: Readonly<Record<string, Estimate>>
}

/** Counts differences by port. Its JSON can be passed to the constructor to resume. */
export class SenderTally {
  /** By port: number of compared records, then each of FIGURES. */
  readonly #bySender: Map<string, number[]>

  constructor(from: readonly (readonly [string, readonly number[]])[] = []) {
    this.#bySender = new Map(from.map(([sender, counts]) => [sender, [...counts]]))
  }

  add(from: string, difference: Difference | undefined): void {
    let counts = this.#bySender.get(from)
    if (!counts) {
      counts = new Array<number>(FIGURES.length + 1).fill(0)
      this.#bySender.set(from, counts)
    }
    counts[0]!++
    if (!difference) return
    const { newly, released } = difference
    for (const figure of ['changed', newly && `newly.${newly}`, released && `released.${released}`])
      if (figure) counts[FIGURES.indexOf(figure) + 1]!++
  }

  report(share: number, population: number): SampleReport {
    const rows = [...this.#bySender.values()]
    const estimates = FIGURES.flatMap((figure, i) => {
      const estimate = estimated(
        rows.map((counts) => ({ all: counts[0]!, of: counts[i + 1]! })),
        share,
      )
      return estimate ? [[figure, scaled(estimate, population)] as const] : []
    })
    return {
      percent: Number((share * 100).toPrecision(12)),
      senders: rows.length,
      population,
      estimates: Object.fromEntries(estimates),
    }
  }

  toJSON(): [string, number[]][] {
    return [...this.#bySender]
  }
}

/**
 * The share of records with its 95% interval, or undefined without records. Records of a sender resemble one another, so
 * senders are the sampling unit: the variance is that of a ratio estimator over senders, and the interval is Wilson's for the
 * number of independent records that would have this variance. That number is limited to the effective number of senders by
 * size (Kish), because a sender that was not drawn may differ in all of its records, which a small sample does not show.
 */
export function estimated(
  senders: readonly { readonly all: number; readonly of: number }[],
  share: number,
): Interval | undefined {
  let [all, of, squares] = [0, 0, 0]
  for (const sender of senders) {
    all += sender.all
    of += sender.of
    squares += sender.all ** 2
  }
  if (all === 0) return undefined
  const ratio = of / all
  if (share >= 1) return { share: ratio, low: ratio, high: ratio }
  const residuals = senders.reduce((sum, sender) => sum + (sender.of - ratio * sender.all) ** 2, 0)
  const variance = ((1 - share) * residuals) / all ** 2
  const seen = variance > 0 ? (ratio * (1 - ratio)) / variance : Number.POSITIVE_INFINITY
  const independent = Math.min(seen, all ** 2 / squares / (1 - share))
  return { ...wilson(ratio * independent, independent)!, share: ratio }
}

function scaled({ share, low, high }: Interval, population: number): Estimate {
  const to = (factor: number) => ({ value: share * factor, low: low * factor, high: high * factor })
  const { value, ...range } = to(population)
  return {
    percent: to(100),
    records: { value: Math.round(value), low: Math.floor(range.low), high: Math.ceil(range.high) },
  }
}
