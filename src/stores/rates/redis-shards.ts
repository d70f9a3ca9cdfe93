import type { RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript } from '../../adapters/redis/script.ts'
import type { LostCounts } from '../../domain/feature-store.ts'
import { MINUTE } from '../../domain/time.ts'
import { type FeatureKeys, LIMITS, RATE_MINUTES, SHARDS } from './layout.ts'
import { UncountedBuckets } from './uncounted-buckets.ts'

const MARK_MISSING = loadScript(import.meta.url, 'mark-missing', {
  limits: LIMITS,
})

/** Wall-clock interval between attempts to mark buckets that no batch has marked, ms. */
const MARK_EVERY = 1000
/** Delay between the first shard found to have lost counts and the report, ms. */
const REPORT_AFTER = 50
/** How long the store reports a loss, ms. */
const LOST_FOR = MINUTE

interface Shard {
  /** '' if unknown. */
  epoch: string
  readonly uncounted: UncountedBuckets
}

/** Tracks what each shard in Redis has missed or lost, until it is marked there. */
export class FeatureShards {
  readonly #link: RedisLink
  readonly #keys: FeatureKeys
  readonly #onLost: ((lost: LostCounts) => void) | undefined
  readonly #shards: readonly Shard[] = Array.from({ length: SHARDS }, () => ({
    epoch: '',
    uncounted: new UncountedBuckets(),
  }))
  /** Newest counted event time, ms. */
  #newest = 0
  #lostAt = Number.NEGATIVE_INFINITY
  #losses: { how: LostCounts['how']; from: number }[] = []
  #marking: NodeJS.Timeout | undefined
  #closed = false

  constructor(link: RedisLink, keys: FeatureKeys, onLost: ((lost: LostCounts) => void) | undefined) {
    this.#link = link
    this.#keys = keys
    this.#onLost = onLost
  }

  of(shard: number): Readonly<Shard> {
    return this.#shards[shard]!
  }

  /** Records an event time that is being counted, ms. */
  saw(ts: number): void {
    this.#newest = Math.max(this.#newest, ts)
  }

  /** Start of the largest window, ms of event time. */
  get hourAgo(): number {
    return this.#newest - RATE_MINUTES * MINUTE
  }

  get recentlyLost(): boolean {
    return performance.now() - this.#lostAt < LOST_FOR
  }

  /** Records the epoch of a shard. Returns whether it has changed, which means that the shard lost its data. */
  noteEpoch(shard: number, epoch: string): boolean {
    const state = this.#shards[shard]!
    const before = state.epoch
    state.epoch = epoch
    return before !== '' && before !== epoch
  }

  /** A shard lost the counts of event times from `from` on: windows that include them are not used for judging. */
  lost(shard: number, from: number, how: LostCounts['how']): void {
    if (this.#newest === 0) return
    this.#shards[shard]!.uncounted.noteAll(from, this.#newest)
    this.#lostAt = performance.now()
    this.markSoon()
    // Shards are found one by one but belong to the same loss.
    if (this.#losses.length === 0) setTimeout(() => this.#reportLosses(), REPORT_AFTER).unref()
    this.#losses.push({ how, from })
  }

  /** Each shard may have lost counts of the last hour. */
  evicted(): void {
    for (let shard = 0; shard < SHARDS; shard++) this.lost(shard, this.hourAgo, 'evicted')
  }

  /** A shard did not count these buckets (event times in units of 10 s), and the counting is not retried. */
  miss(shard: number, buckets: Iterable<number>): void {
    this.#shards[shard]!.uncounted.noteBuckets(buckets)
    this.markSoon()
  }

  #reportLosses(): void {
    const losses = this.#losses.splice(0)
    const from = Math.min(...losses.map((loss) => loss.from))
    const how = (['emptied', 'older', 'evicted'] as const).find((one) =>
      losses.some((loss) => loss.how === one),
    )!
    this.#onLost?.({ how, from, share: Math.min(1, losses.length / SHARDS) })
  }

  markSoon(): void {
    if (this.#closed) return
    this.#marking ??= setTimeout(() => void this.#mark(), MARK_EVERY).unref()
  }

  async #mark(): Promise<void> {
    const due = this.#shards.flatMap(({ uncounted }, shard) =>
      uncounted.size > 0 ? [{ shard, uncounted, marks: uncounted.newest() }] : [],
    )
    const calls = due.map(({ shard, marks }) => ({
      script: MARK_MISSING,
      keys: [this.#keys.offsets(shard), this.#keys.missing(shard)],
      args: [JSON.stringify(marks.flat())],
    }))
    const outcomes = await this.#link.settle(calls, { budgetMs: BACKGROUND_MS })
    for (const [i, { error }] of outcomes.entries()) if (!error) due[i]!.uncounted.marked(due[i]!.marks)
    this.#marking = undefined
    if (this.#shards.some(({ uncounted }) => uncounted.size > 0)) this.markSoon()
  }

  /** Marks the remaining buckets, if Redis answers. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#marking)
    if (this.#shards.some(({ uncounted }) => uncounted.size > 0)) await this.#mark()
  }
}
