import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import { Feed } from './feed.ts'
import { type FeatureKeys, LIMITS } from './layout.ts'

const FEED = loadScript(import.meta.url, 'feed')
/** TTL of an hour, seconds: an instance may take long to read a backlog. */
const HOUR_TTL = 2 * LIMITS.missingHours * 3600

/** Presence of the input, as seen by all instances of the deployment. */
export class SharedFeed extends Feed {
  readonly #link: RedisLink
  readonly #keys: FeatureKeys
  /** Hours already read that other instances hardly add to any more. */
  #read = new Set<number>()
  #exchangedAt = Number.NaN

  constructor(link: RedisLink, keys: FeatureKeys) {
    super()
    this.#link = link
    this.#keys = keys
  }

  /**
   * Shares what this instance has seen and reads what others have, once per slot; without an answer it retries in the
   * next slot.
   */
  async exchange(budgetMs: number): Promise<void> {
    if (Object.is(this.lastAdded, this.#exchangedAt)) return
    this.#exchangedAt = this.lastAdded
    // The hour of the event time, and the next, for clocks that are ahead.
    const newest = this.oldest + LIMITS.missingHours + 1
    const added = new Set([...this.news.values()].flatMap((hours) => [...hours]))
    const hours: number[] = []
    for (let hour = this.oldest; hour <= newest; hour++)
      if (added.has(hour) || !this.#read.has(hour)) hours.push(hour)
    const args: (string | number)[] = [LIMITS.baselineTtl, HOUR_TTL]
    for (const [key, own] of this.news) {
      const slots = this.of(key)
      for (const hour of own) {
        const at = hours.indexOf(hour)
        // Times far ahead are not shared.
        if (at >= 0) args.push(key, slots.first, at + 2, slots.mask(hour))
      }
    }
    const keys = [this.#keys.feed, ...hours.map((hour) => this.#keys.feedHour(hour))]
    const [outcome] = await this.#link.settle([{ script: FEED, keys, args }], { budgetMs })
    if (outcome!.error) return
    this.news.clear()
    this.#learn(hours, outcome!.reply as string[][])
    this.#read = new Set([...this.#read, ...hours].filter((hour) => this.oldest <= hour && hour < newest - 2))
  }

  #learn(hours: readonly number[], [first, ...masks]: readonly string[][]): void {
    for (let i = 0; i < first!.length; i += 2) this.began(first![i]!, Number(first![i + 1]))
    for (const [n, hour] of hours.entries()) {
      const all = masks[n]!
      for (let i = 0; i < all.length; i += 2) this.add(all[i]!, hour, Number(all[i + 1]))
    }
  }
}
