import type { RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript } from '../../adapters/redis/script.ts'
import { given } from '../../domain/given.ts'
import { jsonOf } from '../../domain/json.ts'
import { addTo } from '../../domain/maps.ts'
import {
  BRANDS_AT_ONCE,
  BRANDS_WITH_NOTICES,
  type BrandNotices,
  type LearnedNotice,
  NOTICES_OF_BRAND,
  type NoticeStore,
} from '../../domain/notices.ts'
import { SKETCH_SIZE } from '../../domain/sketch.ts'
import { DAY } from '../../domain/time.ts'

const LEARN = loadScript(import.meta.url, 'learn-notices')
const CHANGED = loadScript(import.meta.url, 'changed-notices')

/** A brand without new notices for this long is forgotten, seconds. */
const KEPT = (90 * DAY) / 1000

/** A notice as stored, with its sketch in base64. */
type Stored = Omit<LearnedNotice, 'sketch' | 'brand' | 'id'> & { readonly sketch: string }

/**
 * Notices shared by all instances. All keys share one hash tag: there are at most 512 brands with 64 notices each, and
 * few writes.
 */
export class RedisNoticeStore implements NoticeStore {
  readonly #link: RedisLink
  readonly #prefix: string

  /** `prefix` of every key: deployment, cluster id, topic. No braces. */
  constructor({ link, prefix }: { readonly link: RedisLink; readonly prefix: string }) {
    this.#link = link
    this.#prefix = prefix
  }

  async learn(notices: readonly LearnedNotice[]): Promise<void> {
    await this.#change(
      [...byBrand(notices)].map(([brand, some]) => [
        brand,
        [0, ...some.flatMap((notice) => [notice.id, stored(notice)])],
      ]),
    )
  }

  async forget(notices: readonly Pick<LearnedNotice, 'brand' | 'id'>[]): Promise<void> {
    await this.#change(
      [...byBrand(notices)].map(([brand, some]) => [brand, [some.length, ...some.map(({ id }) => id)]]),
    )
  }

  async changes(mark: string | undefined): Promise<{ brands: BrandNotices[]; mark: string }> {
    const keys = [this.#key('changes'), this.#key('last')]
    const [reply] = await this.#link.run(
      [{ script: CHANGED, keys, args: [mark ?? 0, BRANDS_AT_ONCE] }],
      BACKGROUND_MS,
    )
    const [last, found] = reply as [number, string[]]
    const names = found.filter((_, i) => i % 2 === 0)
    const kept = await Promise.all(
      names.map((brand) => this.#link.command('HGETALL', this.#key(`brand:${brand}`))),
    )
    const brands = names.map((brand, i) => ({ brand, notices: noticesIn(brand, kept[i]) }))
    return { brands, mark: String(last) }
  }

  async #change(brands: readonly (readonly [string, readonly (string | number)[]])[]): Promise<void> {
    const calls = brands.map(([brand, args]) => ({
      script: LEARN,
      keys: [this.#key(`brand:${brand}`), this.#key('changes'), this.#key('last')],
      args: [brand, NOTICES_OF_BRAND, BRANDS_WITH_NOTICES, KEPT, ...args],
    }))
    const dropped = (await this.#link.run(calls, BACKGROUND_MS)) as string[][]
    for (const brand of dropped.flat()) await this.#link.command('DEL', this.#key(`brand:${brand}`))
  }

  #key(name: string): string {
    return `{${this.#prefix}:notices}:${name}`
  }
}

function byBrand<T extends { readonly brand: string }>(notices: readonly T[]): Map<string, T[]> {
  const brands = new Map<string, T[]>()
  for (const notice of notices) addTo(brands, notice.brand, notice)
  return brands
}

function stored({ sketch, table, hosts, numbers, carries, port, signature }: LearnedNotice): string {
  const bytes = Buffer.from(sketch.buffer, sketch.byteOffset, sketch.byteLength)
  const value: Stored = {
    sketch: bytes.toString('base64'),
    table,
    hosts,
    numbers,
    carries,
    port,
    ...given({ signature }),
  }
  return JSON.stringify(value)
}

/** Oldest change first. Entries in an unknown format of another version are skipped. */
function noticesIn(brand: string, flat: unknown): LearnedNotice[] {
  const pairs = Array.isArray(flat)
    ? Array.from(
        { length: flat.length / 2 },
        (_, i) => [String(flat[2 * i]), String(flat[2 * i + 1])] as const,
      )
    : Object.entries(flat as Record<string, string>)
  return pairs
    .map(([id, value]) => ({ id, at: Number.parseInt(value, 10), json: value.slice(value.indexOf(' ') + 1) }))
    .sort((a, b) => a.at - b.at)
    .flatMap(({ id, json }) => {
      const notice = storedIn(json)
      return notice
        ? [{ ...notice, id, brand, sketch: new Int8Array(Buffer.from(notice.sketch, 'base64')) }]
        : []
    })
    .filter(({ sketch }) => sketch.length === SKETCH_SIZE)
}

/** Undefined if written in an unknown format of another version. */
function storedIn(json: string): Stored | undefined {
  const value = jsonOf<Partial<Stored> | null>(json)
  const { sketch, table, hosts, numbers, carries, port } = value ?? {}
  const isKnown =
    [sketch, table, port].every((text) => typeof text === 'string') &&
    [hosts, numbers, carries].every((items) => Array.isArray(items))
  return isKnown ? (value as Stored) : undefined
}
