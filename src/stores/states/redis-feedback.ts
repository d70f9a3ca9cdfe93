import { randomUUID } from 'node:crypto'
import type { RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript } from '../../adapters/redis/script.ts'
import type { Allowance } from '../../domain/allowance.ts'
import { given } from '../../domain/given.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import type { FeedbackCheck, GivenFeedback, GivenFeedbackStore, PutDown } from '../../domain/state-store.ts'
import { DAY, HOUR } from '../../domain/time.ts'

export interface RedisFeedbackOptions {
  readonly link: RedisLink
  readonly clock: BoundedClock
  /** Hash tags of the state shards, and of the keys that exist once. */
  readonly tags: readonly string[]
  readonly control: string
  /** Called after Redis had lost feedback, with the number of releases and allowances put back. */
  readonly onPutBack?: (entries: number) => void
}

/** Identity of a place: see epoch.lua. */
export interface PlaceFacts {
  readonly epoch: string
  readonly changes: number
}

interface Place {
  readonly meta: string
  readonly entries: string
  /** Key of the suppression of a state by id; the places of allowances and of given feedback have none. */
  readonly suppression?: (id: string) => string
}

interface Known {
  facts: PlaceFacts
  entries: Map<string, string>
}

interface Entry {
  readonly place: number
  readonly id: string
  readonly value: string
}

const CHUNK = 500

const KEEP = loadScript(import.meta.url, 'keep-feedback')
const READ = loadScript(import.meta.url, 'read-feedback')

/**
 * Suppressions and allowances from analysts' feedback, shared by all instances: suppressions are stored with their
 * states, allowances in one place. This instance keeps a copy of all of it. A place that was emptied or restored to an
 * older state is refilled from the copy before anything is judged by it. Rejects with REDIS_UNREACHABLE.
 */
export class RedisFeedback {
  readonly #link: RedisLink
  readonly #places: readonly Place[]
  readonly #allowed: number
  readonly #given: number
  readonly #clock: BoundedClock
  readonly #onPutBack: (entries: number) => void
  readonly #known: (Known | undefined)[]
  #looking: Promise<void> | undefined
  #lost = false
  /** Counted since the last `check`. */
  #made = 0
  #putBackEntries = 0
  #putDown: PutDown[] = []

  constructor({ link, clock, tags, control, onPutBack = () => {} }: RedisFeedbackOptions) {
    this.#link = link
    this.#clock = clock
    this.#onPutBack = onPutBack
    const meta = (tag: string) => `${tag}:feedback`
    this.#places = [
      ...tags.map((tag) => ({
        meta: meta(tag),
        entries: `${tag}:releases`,
        suppression: (id: string) => `${tag}:suppressed:${id}`,
      })),
      { meta: meta(control), entries: `${control}:allowances` },
      { meta: `${control}:given-feedback`, entries: `${control}:given` },
    ]
    this.#allowed = tags.length
    this.#given = tags.length + 1
    this.#known = this.#places.map(() => undefined)
  }

  metaOf(shard: number): string {
    return this.#places[shard]!.meta
  }

  suppressionOf(shard: number, id: string): string {
    return this.#places[shard]!.suppression!(id)
  }

  /** The known identity of the shard, read first if necessary. */
  async factsOf(shard: number): Promise<PlaceFacts> {
    if (this.#known[shard] === undefined) await this.look()
    return this.#known[shard]!.facts
  }

  suppress(shard: number, id: string, until: number, by?: string): Promise<void> {
    return this.#keep({ place: shard, id, value: by === undefined ? `${until}` : `${until} ${by}` })
  }

  allow(allowance: Allowance): Promise<void> {
    return this.#keep({ place: this.#allowed, id: allowance.id, value: JSON.stringify(allowance) })
  }

  async allowances(): Promise<Allowance[]> {
    await this.look()
    const values = this.#known[this.#allowed]!.entries.values()
    return [...values].map((value) => JSON.parse(value) as Allowance)
  }

  readonly given: GivenFeedbackStore = {
    keep: (given) => this.#keep({ place: this.#given, id: given.id, value: JSON.stringify(given) }),
    get: async (id) => {
      const value = await this.#link.command('HGET', this.#places[this.#given]!.entries, id)
      return typeof value === 'string' ? (JSON.parse(value) as GivenFeedback) : undefined
    },
    all: async () => {
      await this.look()
      const values = this.#known[this.#given]!.entries.values()
      return [...values].map((value) => JSON.parse(value) as GivenFeedback)
    },
  }

  /** See StateStore. Includes losses found by other reads and writes since the last call. */
  async check(): Promise<FeedbackCheck> {
    await this.look()
    const found = { made: this.#made, putBack: this.#putBackEntries }
    this.#made = 0
    this.#putBackEntries = 0
    return found
  }

  /** Reads all places, and puts back lost entries. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  takePutDown(): PutDown[] {
    return this.#putDown.splice(0)
  }

  unready(): string[] {
    return this.#lost ? ['redis: feedback was lost and is being put back'] : []
  }

  async #keep(entry: Entry): Promise<void> {
    const { place, id, value } = entry
    const before = this.#known[place]?.facts
    const [[epoch, changes]] = (await this.#link.run([this.#callOf(entry)])) as [[string, number]]
    const known = this.#known[place]
    known?.entries.set(id, value)
    if (known && epoch === before?.epoch && changes > before.changes)
      this.#noteFacts(known, { epoch, changes })
    // The place was unknown, or its data was lost.
    else await this.look()
  }

  #noteFacts(known: Known, facts: PlaceFacts): void {
    if (known.facts.epoch !== facts.epoch || known.facts.changes < facts.changes) known.facts = facts
  }

  #callOf({ place, id, value }: Entry) {
    const { meta, entries, suppression } = this.#places[place]!
    const keys = [meta, entries, ...(suppression ? [suppression(id)] : [])]
    return { script: KEEP, keys, args: [randomUUID(), id, value, this.#keptFor(place, value)] }
  }

  /** TTL of a suppression, ms. Its end is in event time, which lags in a backlog. */
  #keptFor(place: number, value: string): number {
    return Math.max(DAY, this.#untilOf(place, value) - this.#clock.earliest() + HOUR)
  }

  #isOver(place: number, value: string): boolean {
    return this.#clock.passed(this.#untilOf(place, value) + DAY)
  }

  #untilOf(place: number, value: string): number {
    if (this.#places[place]!.suppression) return Number.parseInt(value, 10)
    return (JSON.parse(value) as Pick<Allowance, 'until'>).until
  }

  async #look(): Promise<void> {
    const calls = this.#places.map(({ meta, entries }) => ({
      script: READ,
      keys: [meta, entries],
      args: [randomUUID()],
    }))
    const before = this.#known.map((known) => known?.facts)
    const replies = (await this.#link.run(calls, BACKGROUND_MS)) as [string, number, ...string[]][]
    const missing: Entry[] = []
    const refilled: (() => void)[] = []
    for (const [place, [epoch, changes, ...flat]] of replies.entries()) {
      // Deployments of earlier versions did not store given feedback.
      const isMade = epoch === calls[place]!.args[0] && before[place] === undefined
      if (isMade && place !== this.#given) this.#made++
      const entries = await this.#current(place, flat)
      const known = this.#known[place]
      const last = before[place]
      const isLost = last !== undefined && (epoch !== last.epoch || changes < last.changes)
      if (known === undefined) this.#known[place] = { facts: { epoch, changes }, entries }
      else if (isLost) {
        for (const [id, value] of known.entries) {
          if (entries.get(id) === value || this.#isOver(place, value)) continue
          missing.push({ place, id, value })
        }
        // The change count after the refill is learned by the next look.
        refilled.push(() => {
          for (const [id, value] of entries) if (!known.entries.has(id)) known.entries.set(id, value)
          known.facts = { epoch, changes }
        })
      } else if (changes >= known.facts.changes) Object.assign(known, { facts: { epoch, changes }, entries })
    }
    if (missing.length > 0) this.#lost = true
    await this.#putBack(missing)
    for (const done of refilled) done()
    this.#lost = false
  }

  async #putBack(missing: readonly Entry[]): Promise<void> {
    if (missing.length === 0) return
    for (let from = 0; from < missing.length; from += CHUNK)
      await this.#link.run(
        missing.slice(from, from + CHUNK).map((entry) => this.#callOf(entry)),
        BACKGROUND_MS,
      )
    for (const { place, id, value } of missing) {
      if (!this.#places[place]!.suppression) continue
      const [until, ...by] = value.split(' ')
      this.#putDown.push({
        id,
        until: Number(until),
        ...given({ by: by.length > 0 ? by.join(' ') : undefined }),
      })
    }
    const inForce = missing.filter(({ place }) => place !== this.#given).length
    this.#putBackEntries += inForce
    if (inForce > 0) this.#onPutBack(inForce)
  }

  /** The entries of a place that may still be in force; others are deleted. They end by event time, which may lag. */
  async #current(place: number, flat: readonly string[]): Promise<Map<string, string>> {
    const entries = new Map<string, string>()
    const over: string[] = []
    for (let i = 0; i < flat.length; i += 2) {
      const [id, value] = [flat[i]!, flat[i + 1]!]
      if (this.#isOver(place, value)) over.push(id)
      else entries.set(id, value)
    }
    if (over.length > 0) await this.#link.command('HDEL', this.#places[place]!.entries, ...over)
    return entries
  }
}
