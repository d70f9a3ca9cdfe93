import { randomUUID } from 'node:crypto'
import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import type { Allowance } from '../../domain/allowance.ts'
import type { BoundedClock } from '../../domain/ports.ts'
import type { FeedbackCheck, GivenFeedback, GivenFeedbackStore, PutDown } from '../../domain/state-store.ts'
import { DAY, HOUR } from '../../domain/time.ts'

export interface RedisFeedbackOptions {
  readonly link: RedisLink
  readonly clock: BoundedClock
  /** Hash tags of the shards of the states, and of what is there once. */
  readonly tags: readonly string[]
  readonly control: string
  /** Called when Redis had lost feedback, with how many releases and allowances were put back. */
  readonly onPutBack?: (entries: number) => void
}

/** What a place said of itself: see epoch.lua. */
export interface PlaceFacts {
  readonly epoch: string
  readonly changes: number
}

interface Place {
  readonly meta: string
  /** Hash of its entries by id. */
  readonly entries: string
  /** Key of the suppression of a state by id; the places of allowances and of what was given have none. */
  readonly suppression?: (id: string) => string
}

interface Known {
  facts: PlaceFacts
  entries: Map<string, string>
}

/** An entry as it is written. */
interface Entry {
  readonly place: number
  readonly id: string
  readonly value: string
}

/** Reading everything is no part of the way of a message and may take longer than its budget, ms. */
const BULK_BUDGET = 2000
const CHUNK = 500

const KEEP = loadScript(new URL('./keep-feedback.lua', import.meta.url), 'keep-feedback')
const READ = loadScript(new URL('./read-feedback.lua', import.meta.url), 'read-feedback')

/**
 * What analysts' feedback keeps down and allows, shared by all instances: releases next to their states,
 * allowances in one place. This instance remembers all of it. A place that is empty or older than it was is written to
 * again from there before anything is judged by it. Rejects with REDIS_UNREACHABLE.
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
  /** Since `check` was last asked. */
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

  /** What the shard is known to be; read if nothing is known yet. */
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

  /** See StateStore. What was found in between by whatever else reads or writes here is part of the answer. */
  async check(): Promise<FeedbackCheck> {
    await this.look()
    const found = { made: this.#made, putBack: this.#putBackEntries }
    this.#made = 0
    this.#putBackEntries = 0
    return found
  }

  /** Reads all places, and puts back what they lost. */
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
    // Nothing was known of the place before, or what it held is lost.
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

  /** How long the suppression of a state is kept, ms. Its time is event time, which lags on a backlog. */
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
    const replies = (await this.#link.run(calls, BULK_BUDGET)) as [string, number, ...string[]][]
    const missing: Entry[] = []
    const refilled: (() => void)[] = []
    for (const [place, [epoch, changes, ...flat]] of replies.entries()) {
      // Deployments of earlier versions kept nothing of what was given.
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
        // The changes that putting back makes are learnt by the next look.
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
        BULK_BUDGET,
      )
    for (const { place, id, value } of missing) {
      if (!this.#places[place]!.suppression) continue
      const [until, ...by] = value.split(' ')
      this.#putDown.push({ id, until: Number(until), ...(by.length > 0 ? { by: by.join(' ') } : {}) })
    }
    const inForce = missing.filter(({ place }) => place !== this.#given).length
    this.#putBackEntries += inForce
    if (inForce > 0) this.#onPutBack(inForce)
  }

  /** The entries of a place that may still be in force; the others are deleted. Their time is event time, which may lag. */
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
