import type { BoundedClock } from './ports.ts'
import { DAY } from './time.ts'

export const CLOCK_REFERENCES = ['redis', 'kafka', 'postgres'] as const
export type ClockReference = (typeof CLOCK_REFERENCES)[number]

/** When a server read its clock, in monotonic time of this process, ms. */
export interface Reading {
  /** Earliest possible time of the reading; absent if unbounded, as for a record that was appended long ago. */
  readonly after?: number
  readonly before: number
  /** The server, if the reference has several: each counts for a part of its reference. */
  readonly member?: string
}

export interface TrustedClockOptions {
  /** Wall clock of the host, epoch ms. It may be wrong, and it may jump. */
  readonly host: () => number
  /** Monotonic clock, ms; may stop while the host is suspended. */
  readonly monotonic: () => number
  /** Largest difference between clocks that agree, ms. */
  readonly maxSkew: number
}

export interface ClockStanding {
  /** Host minus reference, ms. For a reference with only a lower bound: 0 unless the host is behind it. */
  readonly skews: ReadonlyMap<ClockReference, number>
  /** Whether a reference provides more than a lower bound: otherwise nothing is ended by the clock. */
  readonly confirmed: boolean
  /** Clocks outside the majority; empty if there is no majority. */
  readonly odd: readonly (ClockReference | 'host')[]
}

/** Offset of a clock from the monotonic clock, ms: constant while both run. `high` is Infinity if only a lower bound is known. */
interface Offset {
  readonly low: number
  readonly high: number
}

interface Observed extends Offset {
  readonly at: number
}

interface Source extends Offset {
  readonly name: ClockReference | 'host'
}

interface Estimate extends Offset {
  readonly best: number
  readonly standing: ClockStanding
}

/** How long an observation is kept, carried by the monotonic clock, ms: a day without its server. */
const KEPT = DAY
/** A lower bound is replaced by a smaller one after this time, ms: the clock it came from may have been corrected. */
const LEAST_KEPT = 600_000
/** Largest assumed drift of the monotonic clock, as a ratio. */
const DRIFT = 2e-4
/** Gain of the host on the monotonic clock, ms, that counts as a jump of the one or a standstill of the other. */
const JUMP = 1_000
/** The estimate is reused until the host has moved this much against the monotonic clock, or for `ESTIMATE_KEPT`, ms. */
const HOST_STEP = 50
const ESTIMATE_KEPT = 1_000
/** Limit of servers tracked per reference. */
const MAX_MEMBERS = 64

/**
 * The time that a deployment agrees on, from the clock of the host and observed clocks of servers, carried on by the monotonic
 * clock. The largest set of clocks that agree within `maxSkew` wins (Marzullo's algorithm, with the host as one of the clocks).
 * If two sets are equally large, the bounds cover both, so that nothing ends by the wrong one.
 *
 * A reference that is no longer observed counts for a day. When the host gains a second or more on the monotonic clock, either
 * may be wrong: the upper bounds of the references grow by the gain until they are observed again.
 */
export class TrustedClock implements BoundedClock {
  readonly #options: TrustedClockOptions
  readonly #references = new Map<ClockReference, Map<string, Observed>>()
  #hostOffset: number
  #jumped: (() => void) | undefined
  #estimate: Estimate | undefined
  #estimatedAt = Number.NEGATIVE_INFINITY

  constructor(options: TrustedClockOptions) {
    this.#options = options
    this.#hostOffset = this.#lookAtHost()
  }

  /**
   * Registers a callback for when the host gains or loses more than a second on the monotonic clock: the references should be
   * queried.
   */
  onJump(jumped: () => void): void {
    this.#jumped = jumped
  }

  /** Records a reading of a server's clock, epoch ms. Invalid times are ignored. */
  observe(reference: ClockReference, time: number, { after, before, member = '' }: Reading): void {
    if (!Number.isFinite(time) || time <= 0) return
    this.#followHost()
    const seen = { low: time - before, high: after === undefined ? Number.POSITIVE_INFINITY : time - after }
    const members = this.#references.get(reference) ?? new Map<string, Observed>()
    this.#references.set(reference, members)
    // Records read and acknowledgements come from the same clocks, but only the latter show the current time.
    const key = after === undefined ? 'least' : `at ${member}`
    const held = members.get(key)
    if (held && isBetter(held, seen, before - held.at)) return
    members.delete(key)
    members.set(key, { ...seen, at: before })
    if (members.size > MAX_MEMBERS) members.delete(members.keys().next().value!)
    this.#estimate = undefined
  }

  /** The best estimate, epoch ms: the host's time unless it is outvoted. May step. */
  now(): number {
    return Math.round(this.#current().best + this.#options.monotonic())
  }

  /** Lower bound from the references; without one, the clock of the host. */
  earliest(): number {
    return Math.floor(this.#current().low + this.#options.monotonic())
  }

  /** Upper bound; Infinity if no reference provides one. */
  latest(): number {
    return Math.ceil(this.#current().high + this.#options.monotonic())
  }

  /** Whether a time has passed on more evidence than the clock of the host. */
  passed(time: number): boolean {
    const { low, standing } = this.#current()
    const least = standing.confirmed ? low : Math.min(low, this.#least())
    return least + this.#options.monotonic() > time
  }

  standing(): ClockStanding {
    return this.#current().standing
  }

  #lookAtHost(): number {
    return this.#options.host() - this.#options.monotonic()
  }

  /** The highest lower bound observed, as an offset; -Infinity if none. */
  #least(): number {
    const leasts = [...this.#references.values()].flatMap((members) => members.get('least')?.low ?? [])
    return Math.max(Number.NEGATIVE_INFINITY, ...leasts)
  }

  #followHost(): number {
    const offset = this.#lookAtHost()
    const gained = offset - this.#hostOffset
    if (Math.abs(gained) > HOST_STEP) this.#estimate = undefined
    if (gained > JUMP) {
      for (const members of this.#references.values())
        for (const [key, held] of members) members.set(key, { ...held, high: held.high + gained })
    }
    if (Math.abs(gained) > HOST_STEP) this.#hostOffset = offset
    if (Math.abs(gained) > JUMP) this.#jumped?.()
    return offset
  }

  #current(): Estimate {
    const host = this.#followHost()
    const now = this.#options.monotonic()
    if (this.#estimate === undefined || now - this.#estimatedAt > ESTIMATE_KEPT) {
      this.#estimate = estimateOf(host, this.#sources(now), this.#options.maxSkew)
      this.#estimatedAt = now
      this.#hostOffset = host
    }
    return this.#estimate
  }

  /** One per reference: the median of its servers. */
  #sources(now: number): Source[] {
    const sources: Source[] = []
    for (const [name, members] of this.#references) {
      for (const [key, { at }] of members) if (now - at > KEPT) members.delete(key)
      const exact = [...members].filter(([key]) => key !== 'least').map(([, held]) => aged(held, now))
      const [median] = exact.sort((a, b) => middle(a) - middle(b)).slice(exact.length >> 1)
      const least = members.get('least')
      if (median) sources.push({ name, ...median })
      else if (least) sources.push({ name, ...aged(least, now) })
    }
    return sources
  }
}

function aged({ low, high, at }: Observed, now: number): Offset {
  const drift = Math.max(0, now - at) * DRIFT
  return { low: low - drift, high: high + drift }
}

function middle({ low, high }: Offset): number {
  return high === Number.POSITIVE_INFINITY ? low : (low + high) / 2
}

/** Whether the stored reading, aged by `age` ms, is narrower than the new one and does not contradict it. */
function isBetter(held: Observed, seen: Offset, age: number): boolean {
  if (seen.high === Number.POSITIVE_INFINITY) return held.low > seen.low && age < LEAST_KEPT
  const { low, high } = aged(held, held.at + age)
  return low <= seen.high && high >= seen.low && high - low < seen.high - seen.low
}

function estimateOf(hostOffset: number, references: readonly Source[], maxSkew: number): Estimate {
  const host: Source = { name: 'host', low: hostOffset, high: hostOffset }
  const groups = largestGroups([host, ...references], maxSkew)
  const [sole] = groups.length === 1 ? groups : []
  const confirmed = references.some(({ high }) => high !== Number.POSITIVE_INFINITY)
  const believed = groups.map(boundsOf)
  // If groups disagree, prefer the one without the host: all instances share it.
  const shared = groups.findIndex((group) => !group.includes(host))
  const isHost = shared === -1
  const low = confirmed ? Math.min(...believed.map((group) => group.low)) : hostOffset
  const odd = sole ? [host, ...references].filter((source) => !sole.includes(source)) : []
  return {
    best: isHost ? hostOffset : middle(believed[shared]!),
    low,
    high: confirmed ? Math.max(...believed.map((group) => group.high)) : Number.POSITIVE_INFINITY,
    standing: {
      confirmed,
      odd: odd.map(({ name }) => name),
      skews: new Map(
        references.map((reference) => [reference.name as ClockReference, skewOf(hostOffset, reference)]),
      ),
    },
  }
}

function skewOf(host: number, { low, high }: Offset): number {
  return high === Number.POSITIVE_INFINITY ? Math.min(0, host - low) : host - (low + high) / 2
}

/** The largest sets of clocks that agree: there is a time within half of `maxSkew` of each of them. */
function largestGroups(sources: readonly Source[], maxSkew: number): Source[][] {
  const slack = maxSkew / 2
  const groups = sources.map(({ low }) =>
    sources.filter((other) => other.low - slack <= low - slack && low - slack <= other.high + slack),
  )
  const most = Math.max(...groups.map((group) => group.length))
  const largest = groups.filter((group) => group.length === most)
  return largest.filter((group, i) => i === largest.findIndex((other) => isSame(other, group)))
}

function isSame(one: readonly Source[], other: readonly Source[]): boolean {
  return one.every((source) => other.includes(source))
}

/** Bounds of a set of clocks, from those with more than a lower bound if there are any. */
function boundsOf(group: readonly Source[]): Offset {
  const exact = group.filter(({ high }) => high !== Number.POSITIVE_INFINITY)
  const meant = exact.length > 0 ? exact : group
  return {
    low: Math.min(...meant.map(({ low }) => low)),
    high: Math.max(...meant.map(({ high }) => high)),
  }
}
