import type { BoundedClock } from './ports.ts'
import { DAY } from './time.ts'

/** Servers whose clocks are compared with that of the host. */
export const CLOCK_REFERENCES = ['redis', 'kafka', 'postgres'] as const
export type ClockReference = (typeof CLOCK_REFERENCES)[number]

/** When a server read its clock, by the monotonic clock of this process, ms. */
export interface Reading {
  /** Not before this; absent: any time before, as of a record that was appended long ago. */
  readonly after?: number
  readonly before: number
  /** Which of several servers it was: each counts for a part of its reference. */
  readonly member?: string
}

export interface TrustedClockOptions {
  /** Wall clock of the host, epoch ms. It may be wrong, and it may jump. */
  readonly host: () => number
  /** ms; never goes back, may stand still while the host is suspended. */
  readonly monotonic: () => number
  /** Clocks that differ by more do not agree, ms. */
  readonly maxSkew: number
}

/** How the clocks stand to one another. */
export interface ClockStanding {
  /** Host minus reference, ms; of a reference of which only the least is known: 0 unless the host is behind it. */
  readonly skews: ReadonlyMap<ClockReference, number>
  /** Whether a reference says more than a least time: without one nothing is ended by the clock. */
  readonly confirmed: boolean
  /** Clocks outside of the majority; empty where there is none. */
  readonly odd: readonly (ClockReference | 'host')[]
}

/** What a clock shows, less the monotonic clock, ms: constant while both run. `high` is Infinity where only the least is known. */
interface Offset {
  readonly low: number
  readonly high: number
}

interface Observed extends Offset {
  /** By the monotonic clock. */
  readonly at: number
}

interface Source extends Offset {
  readonly name: ClockReference | 'host'
}

interface Estimate extends Offset {
  readonly best: number
  readonly standing: ClockStanding
}

/** The monotonic clock carries an observation for so long, ms: a day without its server. */
const KEPT = DAY
/** A least time gives way to a lower one after so long, ms: the clock that it came from may have been set right. */
const LEAST_KEPT = 600_000
/** By how much the monotonic clock may run wrong. */
const DRIFT = 2e-4
/** What the host gains on the monotonic clock at once, ms, is a jump of the one or a standstill of the other. */
const JUMP = 1_000
/** The estimate holds until the host has moved by so much against the monotonic clock, ms, or so long. */
const HOST_STEP = 50
const ESTIMATE_KEPT = 1_000
/** Servers of one reference that are kept apart. */
const MAX_MEMBERS = 64

/**
 * The time that a deployment agrees on: the clock of the host, and those of servers as they were observed, carried on by the
 * monotonic clock. The largest set of clocks that agree within `maxSkew` is believed (Marzullo's algorithm, with the host
 * as one of the clocks); where two sets are equally large, the bounds take in both, so that nothing ends by the wrong one.
 *
 * A reference that is not observed any more counts for a day. When the host gains a second or more on the monotonic
 * clock, either may be wrong: until a reference is observed again its upper bound is later by as much.
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

  /** Called when the host has gained or lost a second or more on the monotonic clock: the references should be asked. */
  onJump(jumped: () => void): void {
    this.#jumped = jumped
  }

  /** Takes note of what a server's clock showed, epoch ms. What is no time is passed over. */
  observe(reference: ClockReference, time: number, { after, before, member = '' }: Reading): void {
    if (!Number.isFinite(time) || time <= 0) return
    this.#followHost()
    const seen = { low: time - before, high: after === undefined ? Number.POSITIVE_INFINITY : time - after }
    const members = this.#references.get(reference) ?? new Map<string, Observed>()
    this.#references.set(reference, members)
    // What is read and what is acknowledged come from the same clocks, and only the latter says what they show now.
    const key = after === undefined ? 'least' : `at ${member}`
    const held = members.get(key)
    if (held && isBetter(held, seen, before - held.at)) return
    members.delete(key)
    members.set(key, { ...seen, at: before })
    if (members.size > MAX_MEMBERS) members.delete(members.keys().next().value!)
    this.#estimate = undefined
  }

  /** The best estimate, epoch ms: the host where it is not outvoted. It may step. */
  now(): number {
    return Math.round(this.#current().best + this.#options.monotonic())
  }

  /** It is not earlier, as far as the references show; without one: the clock of the host. */
  earliest(): number {
    return Math.floor(this.#current().low + this.#options.monotonic())
  }

  /** It is not later; Infinity without a reference that shows it. */
  latest(): number {
    return Math.ceil(this.#current().high + this.#options.monotonic())
  }

  /** Whether a time lies behind us on more evidence than the clock of the host. */
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

  /** Highest least time that was read, as an offset; -Infinity: none was. */
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

  /** One for each reference: the median of its servers. */
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

/** Whether what is held of a server, `age` ms later, says more than what was seen now, and does not contradict it. */
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
  // Of two that disagree, the one that all instances share.
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

/** The largest sets of clocks that agree: some time is at most half of `maxSkew` away from each of them. */
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

/** What a set of clocks says: of those of which more than the least is known, where there are such. */
function boundsOf(group: readonly Source[]): Offset {
  const exact = group.filter(({ high }) => high !== Number.POSITIVE_INFINITY)
  const meant = exact.length > 0 ? exact : group
  return {
    low: Math.min(...meant.map(({ low }) => low)),
    high: Math.max(...meant.map(({ high }) => high)),
  }
}
