import type { RedisLink } from '../../adapters/redis/link.ts'
import { loadScript } from '../../adapters/redis/script.ts'
import type { ConsentChange, ConsentRow, SentMessage, SharedLedger } from '../../domain/consent-ledger.ts'
import { EventTime } from '../../domain/event-time.ts'
import { DAY_SECONDS } from '../../domain/time.ts'
import { changesOf, mergeChanges } from './memory.ts'
import { keyedPlaces, type Place, plainField, SHARDS } from './places.ts'
import { movePlainRows } from './plain-rows.ts'
import { SentLogs } from './redis-sent-logs.ts'
import { CHUNK, LedgerShards, type Row } from './redis-shards.ts'
import { REMEMBERED_SIGNATURES, type SentSignature } from './sent-log.ts'
import { ShardEpochs } from './shard-epochs.ts'
import {
  MONTH,
  monthOf,
  packChanges,
  REMEMBERED_MONTHS,
  SENT_TTL,
  type SentEntry,
  unpackChanges,
} from './stored-form.ts'

export interface RedisLedgerOptions {
  readonly link: RedisLink
  /** Prefix of every key: the deployment. No braces. */
  readonly prefix: string
  /** HMAC key for naming pairs: the token key of the deployment. */
  readonly key: string
  /** Former keys: data written under them is still read. */
  readonly previousKeys?: readonly string[]
  /**
   * Number of hashes that pairs are spread over. With the default, each stays in the compact encoding (128 fields) up
   * to 67 million pairs.
   */
  readonly slots?: number
  /** Time limit for applying rows, ms: base files with millions of rows are read in chunks. */
  readonly applyBudget?: number
  /**
   * Called when Redis has lost consents and refusals: they must be read again, followed by `restored`. A process that
   * only reads omits it.
   */
  readonly onLost?: () => void
}

interface Request {
  readonly signature: string
  readonly to: string
  readonly ts: number
}

const ASKED_MONTHS = 6
const ASKED_TTL = String((ASKED_MONTHS + 1) * 30 * DAY_SECONDS)

const SCRIPTS = {
  merge: loadScript(import.meta.url, 'merge-consents'),
  read: loadScript(import.meta.url, 'read-fields'),
  erase: loadScript(import.meta.url, 'erase-fields'),
  remember: loadScript(import.meta.url, 'remember-sent'),
  firstAsked: loadScript(import.meta.url, 'first-asked'),
}

/**
 * Consent ledger in Redis. A pair is a field of a small hash, named by 96 bits of an HMAC, and its two changes take at
 * most 20 characters, so a hash stays in the compact encoding. Sent signatures are appended to logs. Data expires by
 * whole hashes and logs of a month.
 */
class RedisConsentLedger implements SharedLedger {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #shards: LedgerShards
  readonly #applyBudget: number
  readonly #places: readonly ((plain: string) => Place)[]
  readonly #logs: SentLogs
  readonly #epochs: ShardEpochs
  readonly #eventTime = new EventTime(1)

  constructor(options: RedisLedgerOptions) {
    const { link, prefix, key, previousKeys = [], slots = 1 << 19, applyBudget = 10_000, onLost } = options
    this.#link = link
    this.#prefix = prefix
    this.#applyBudget = applyBudget
    this.#places = [key, ...previousKeys].map((one) => keyedPlaces(one, slots))
    this.#epochs = new ShardEpochs(() => void this.#reportLoss(onLost))
    this.#shards = new LedgerShards(link, prefix, this.#epochs)
    this.#logs = new SentLogs(this.#shards, [key, ...previousKeys])
  }

  async #reportLoss(onLost: () => void = () => {}): Promise<void> {
    // Shards are rarely lost one at a time: check the others before reading everything again.
    await this.check().catch(() => {})
    this.#epochs.reading()
    onLost()
  }

  #place(a: string, b: string): Place {
    return this.#places[0]!(plainField(a, b))
  }

  /** Reads fields of pairs from all places they may be stored in: under the key, under former keys, and unkeyed. */
  async #read(
    pairs: readonly { readonly plain: string; readonly kind: 'c' | 's' | 'a'; readonly month?: number }[],
  ): Promise<string[][]> {
    const rows: Row[] = []
    const owners: number[] = []
    pairs.forEach(({ plain, kind, month }, i) => {
      for (const place of this.#places) {
        rows.push(this.#shards.row(kind, place(plain), month))
        owners.push(i)
      }
    })
    const found = pairs.map((): string[] => [])
    const values = await this.#shards.run(SCRIPTS.read, rows)
    for (const [r, value] of values.entries()) if (value) found[owners[r]!]!.push(value)
    return found
  }

  async lookup(
    pairs: readonly { readonly signature: string; readonly to: string }[],
  ): Promise<readonly (readonly ConsentChange[])[]> {
    const found = await this.#read(
      pairs.map(({ signature, to }) => ({ plain: plainField(signature, to), kind: 'c' })),
    )
    return found.map(([first = '', ...others]) =>
      others.reduce((changes, packed) => mergeChanges(changes, unpackChanges(packed)), unpackChanges(first)),
    )
  }

  async apply(changes: readonly ConsentRow[]): Promise<void> {
    const rows = changes.map((row) =>
      this.#shards.row(
        'c',
        this.#place(row.signature, row.to),
        undefined,
        packChanges(mergeChanges([], changesOf(row))),
      ),
    )
    const step = CHUNK * SHARDS
    for (let from = 0; from < rows.length; from += step)
      await this.#shards.run(SCRIPTS.merge, rows.slice(from, from + step), [], this.#applyBudget)
  }

  async erase(pairs: readonly { readonly signature: string; readonly to: string }[]): Promise<void> {
    const rows = pairs.flatMap(({ signature, to }) => {
      const plain = plainField(signature, to)
      return this.#places.map((place) => this.#shards.row('c', place(plain)))
    })
    await this.#shards.run(SCRIPTS.erase, rows, [], this.#applyBudget)
  }

  async remember(sent: readonly SentMessage[]): Promise<void> {
    const oldest = this.#monthsBack(sent, REMEMBERED_MONTHS)
    await this.#logs.remember(sent.filter(({ ts }) => monthOf(ts) >= oldest))
  }

  async sentBy(port: string, to: string, ts: number): Promise<readonly string[]> {
    const months = Array.from({ length: REMEMBERED_MONTHS + 1 }, (_, back) => monthOf(ts) - back)
    const [logged, before] = await Promise.all([
      this.#logs.of(port, to, months),
      this.#sentBefore(port, to, months),
    ])
    const found = new Map<string, number>()
    for (const { signature, first, last } of [...logged.flat(), ...before.flat()])
      if (first <= ts && ts - last < REMEMBERED_MONTHS * MONTH)
        found.set(signature, Math.max(last, found.get(signature) ?? last))
    // Logs of several levels are not in order.
    const latest = [...found].sort(([, one], [, other]) => other - one)
    return latest.slice(0, REMEMBERED_SIGNATURES).map(([signature]) => signature)
  }

  /** The same, from the hashes used before there were logs; they expire within four months. */
  async #sentBefore(port: string, to: string, months: readonly number[]): Promise<SentSignature[][]> {
    const plain = plainField(port, to)
    const packed = await this.#read(months.map((month) => ({ plain, kind: 's', month })))
    return packed.map((values) =>
      values.flatMap((value) =>
        (JSON.parse(value) as SentEntry[]).map(([signature, last, first]) => ({
          signature,
          first: Number.parseInt(first ?? last, 36),
          last: Number.parseInt(last, 36),
        })),
      ),
    )
  }

  async asked(requests: readonly Request[]): Promise<readonly (number | undefined)[]> {
    const earlier = await this.#requests(requests)
    const oldest = this.#monthsBack(requests, ASKED_MONTHS)
    const kept = requests.filter(({ ts }) => monthOf(ts) >= oldest)
    const rows = kept.map(({ signature, to, ts }) =>
      this.#shards.row('a', this.#place(signature, to), monthOf(ts), ts.toString(36)),
    )
    const own = await this.#shards.run(SCRIPTS.firstAsked, rows, [ASKED_TTL])
    const first = new Map(kept.map((request, i) => [request, own[i]!]))
    return requests.map((request, i) => firstBefore(request.ts, [...earlier[i]!, first.get(request) ?? '']))
  }

  /** The number of the month `months` before the event time; older data no longer counts. */
  #monthsBack(rows: readonly { readonly ts: number }[], months: number): number {
    for (const { ts } of rows) this.#eventTime.observe(ts)
    return monthOf(this.#eventTime.value) - months
  }

  async askedBefore(requests: readonly Request[]): Promise<readonly (number | undefined)[]> {
    const earlier = await this.#requests(requests)
    return requests.map(({ ts }, i) => firstBefore(ts, earlier[i]!))
  }

  /** Times of the known requests of each pair, in base 36, of the months that still count. */
  async #requests(requests: readonly Request[]): Promise<string[][]> {
    const months = await Promise.all(
      Array.from({ length: ASKED_MONTHS + 1 }, (_, back) =>
        this.#read(
          requests.map(({ signature, to, ts }) => ({
            plain: plainField(signature, to),
            kind: 'a',
            month: monthOf(ts) - back,
          })),
        ),
      ),
    )
    return requests.map((_, i) => months.flatMap((month) => month[i]!))
  }

  async migrate(): Promise<number> {
    const place = this.#places[0]!
    const searched = `{${this.#prefix}:ledger:0}:searched`
    if ((await this.#link.command('EXISTS', searched)) === 1) return 0
    const moved = await movePlainRows(this.#link, this.#prefix, {
      consents: (rows) =>
        this.#shards.run(
          SCRIPTS.merge,
          rows.map(({ field, value }) => this.#shards.row('c', place(field), undefined, value)),
          [],
          this.#applyBudget,
        ),
      sent: (rows, month) =>
        this.#shards.write(
          SCRIPTS.remember,
          // The list has the last one written first.
          rows.flatMap(({ field, value }) =>
            (JSON.parse(value) as SentEntry[])
              .reverse()
              .map(([signature, last, first]) =>
                this.#shards.row('s', place(field), month, signature, last, first ?? last),
              ),
          ),
          [SENT_TTL],
          this.#applyBudget,
        ),
      asked: (rows, month) =>
        this.#shards.run(
          SCRIPTS.firstAsked,
          rows.map(({ field, value }) => this.#shards.row('a', place(field), month, value)),
          [ASKED_TTL],
          this.#applyBudget,
        ),
    })
    // The search scans all keys: after finding nothing it is not repeated for a week.
    if (moved === 0) await this.#link.command('SET', searched, 1, 'EX', 7 * DAY_SECONDS)
    return moved
  }

  check(): Promise<number> {
    return this.#shards.check(SCRIPTS.read)
  }

  evicted(): void {
    this.#epochs.evicted()
  }

  restored(): void {
    this.#epochs.restored()
  }

  unready(): readonly string[] {
    return this.#epochs.lost ? ['redis: consents and refusals were lost and are being read again'] : []
  }

  async close(): Promise<void> {}
}

/** The earliest of the times before `ts` and within the months that count. */
function firstBefore(ts: number, times: readonly string[]): number | undefined {
  const first = Math.min(...times.filter((t) => t).map((t) => Number.parseInt(t, 36)))
  return Number.isFinite(first) && first < ts && ts - first <= ASKED_MONTHS * MONTH ? first : undefined
}

/** The caller keeps ownership of `link`. */
export function redisLedger(options: RedisLedgerOptions): SharedLedger {
  return new RedisConsentLedger(options)
}
