import type { RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript, type ScriptCall } from '../../adapters/redis/script.ts'
import { SigwatchError } from '../../domain/errors.ts'
import type { EventTime } from '../../domain/event-time.ts'
import { addTo, getOrInsert } from '../../domain/maps.ts'
import { type BoundedClock, type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { DueMinute, SenderCount, SenderMinutes } from '../../domain/sender-minutes.ts'
import { MINUTE } from '../../domain/time.ts'
import { NewestTimes } from '../newest-times.ts'
import {
  countField,
  enterpriseField,
  enterpriseOf,
  isDue,
  KEPT,
  type MinuteState,
  SENDER_CAP,
  sendersOf,
} from './layout.ts'

const COUNT = loadScript(import.meta.url, 'count-senders')
const READ = loadScript(import.meta.url, 'read-minutes')
const WRITTEN = loadScript(import.meta.url, 'written-minutes')

/** A refusal returns the stored offset, so the second attempt succeeds unless another instance counts the partition now. */
const TRIES = 4

export interface RedisSenderMinutesOptions {
  readonly link: RedisLink
  /** Prefix of every key: deployment, cluster id, topic. No braces. */
  readonly prefix: string
  readonly clock: BoundedClock
}

interface CountGroup {
  readonly once: string | undefined
  readonly minutes: Map<number, { counts: Map<string, number>; enterprises: Map<string, string> }>
}

/** Versions of a minute by partition, read when it was found due. */
type Mark = ReadonlyMap<string, number>

/**
 * Statistics shared by all instances. The counts of an input partition share a hash tag with the last counted offset,
 * so that a repeated batch is not counted again; the partitions of a minute are summed up when it is written.
 */
export class RedisSenderMinutes implements SenderMinutes {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #clock: BoundedClock
  readonly #offsets = new Map<string, number>()
  readonly #known = new Set<string>()
  readonly #newest = new NewestTimes()

  constructor({ link, prefix, clock }: RedisSenderMinutesOptions) {
    this.#clock = clock
    this.#link = link
    this.#prefix = prefix
  }

  async count(batch: readonly SenderCount[]): Promise<void> {
    const byPartition = new Map<string, SenderCount[]>()
    for (const one of batch) {
      addTo(byPartition, partitionKey(one.position), one)
    }
    await this.#learn([...byPartition.keys()])
    let open = [...byPartition]
    for (let attempt = 0; open.length > 0; attempt++) {
      if (attempt === TRIES)
        throw new SigwatchError('STORE_CONFLICT', 'another instance counts the same partition now')
      const replies = await this.#link.run(open.map(([key, some]) => this.#call(key, some)))
      open = open.filter(([key], i) => {
        const [counted, stored] = replies[i] as [number, number?]
        if (counted === 1) {
          const [, some] = open[i]!
          this.#offsets.set(key, reachedBy(some, this.#offsets.get(key) ?? -1))
        } else this.#offsets.set(key, stored!)
        return counted !== 1
      })
    }
  }

  async reset(partitions: readonly PartitionId[]): Promise<void> {
    for (const partition of partitions) {
      const key = partitionKey(partition)
      await this.#link.command('DEL', this.#key(key, 'offset'))
      this.#offsets.delete(key)
    }
  }

  async due(watermark: number | undefined, now: number): Promise<readonly DueMinute[]> {
    const states = await this.#states()
    const minutes = new Map<number, Map<string, MinuteState>>()
    for (const [partition, some] of states) {
      for (const [minute, state] of some) {
        getOrInsert(minutes, minute, () => new Map()).set(partition, state)
      }
    }
    const due = [...minutes].filter(([minute, parts]) => isDue(minute, [...parts.values()], watermark, now))
    due.sort(([a], [b]) => a - b)
    const out: DueMinute[] = []
    for (const [minute, parts] of due) {
      const partitions = [...parts.keys()]
      const calls = partitions.map((p) => ({ script: READ, keys: [this.#key(p, `m:${minute}`)], args: [] }))
      const replies = (await this.#link.run(calls, BACKGROUND_MS)) as [string[]][]
      const mark: Mark = new Map([...parts].map(([partition, { version }]) => [partition, version]))
      out.push({ minute, senders: sendersOf(replies.map(([flat]) => pairsOf(flat))), mark })
    }
    return out
  }

  async written(minutes: readonly DueMinute[], now: number): Promise<void> {
    const states = await this.#states()
    const before = Math.min(now, this.#clock.earliest()) - KEPT
    const calls = [...states].map(([partition, some]): ScriptCall => {
      const gone = [...some].filter(([, { touched }]) => touched < before).map(([minute]) => minute)
      const marks = minutes.flatMap(({ minute, mark }) => {
        const version = (mark as Mark).get(partition)
        return version === undefined ? [] : [minute, version]
      })
      return {
        script: WRITTEN,
        keys: [this.#key(partition, 'minutes')],
        args: [now, gone.length, ...gone, ...marks],
      }
    })
    await this.#link.run(calls, BACKGROUND_MS)
  }

  #key(partition: string, name: string): string {
    return `{${this.#prefix}:stats:${partition}}:${name}`
  }

  get #partitions(): string {
    return `${this.#prefix}:stats:partitions`
  }

  /** Announces partitions to the other instances that this one has not counted before. */
  async #learn(partitions: readonly string[]): Promise<void> {
    const unknown = partitions.filter((key) => !this.#known.has(key))
    if (unknown.length === 0) return
    await this.#link.command('SADD', this.#partitions, ...unknown)
    for (const key of unknown) this.#known.add(key)
  }

  #call(partition: string, batch: readonly SenderCount[]): ScriptCall {
    const expected = this.#offsets.get(partition) ?? -1
    const keys = [this.#key(partition, 'offset'), this.#key(partition, 'minutes')]
    this.#newest.begin()
    for (const { position, minute } of batch)
      this.#newest.observe(partition, position.offset, minute * MINUTE)
    const groups = groupsOf(batch, expected, this.#newest.startOf(partition)).map(({ once, minutes }) => [
      once === undefined ? 0 : keys.push(this.#key(partition, `once:${once}`)),
      [...minutes].map(([minute, { counts, enterprises }]) => [
        keys.push(this.#key(partition, `m:${minute}`)),
        minute,
        [...counts].flat(),
        [...enterprises].flat(),
      ]),
    ])
    const args = [
      expected,
      reachedBy(batch, expected),
      this.#clock.now(),
      KEPT / 1000,
      SENDER_CAP,
      JSON.stringify(groups),
    ]
    return { script: COUNT, keys, args }
  }

  async #states(): Promise<Map<string, Map<number, MinuteState>>> {
    const partitions = ((await this.#link.command('SMEMBERS', this.#partitions)) as string[]).sort()
    const calls = partitions.map((p) => ({ script: READ, keys: [this.#key(p, 'minutes')], args: [] }))
    const replies = (await this.#link.run(calls, BACKGROUND_MS)) as [string[]][]
    return new Map(partitions.map((partition, i) => [partition, statesOf(replies[i]![0])]))
  }
}

function reachedBy(batch: readonly SenderCount[], before: number): number {
  return batch.reduce(
    (most, { once, position }) => (once === undefined ? Math.max(most, position.offset) : most),
    before,
  )
}

/** Counts that are added together or not at all: by offset, or by one `once` key. */
function groupsOf(batch: readonly SenderCount[], counted: number, reached: EventTime): CountGroup[] {
  const groups = new Map<string | undefined, CountGroup>()
  for (const one of batch) {
    const ts = one.minute * MINUTE
    if (ts < reached.observe(ts) - KEPT || (one.once === undefined && one.position.offset <= counted))
      continue
    const group = getOrInsert(groups, one.once, () => ({ once: one.once, minutes: new Map() }))
    const minute = getOrInsert(group.minutes, one.minute, () => ({
      counts: new Map(),
      enterprises: new Map(),
    }))
    const field = countField(one)
    minute.counts.set(field, (minute.counts.get(field) ?? 0) + 1)
    const sp = enterpriseOf(one)
    if (sp !== undefined) minute.enterprises.set(enterpriseField(one), sp)
  }
  return [...groups.values()]
}

function* pairsOf(flat: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i < flat.length; i += 2) yield [flat[i]!, flat[i + 1]!]
}

function statesOf(flat: readonly string[]): Map<number, MinuteState> {
  const fields = new Map(pairsOf(flat))
  const states = new Map<number, MinuteState>()
  for (const [field, value] of fields) {
    if (field[0] === 't' || field[0] === 'w') continue
    const [version, at] = (fields.get(`w${field}`) ?? '').split(' ')
    const written = at === undefined ? {} : { written: { version: Number(version), at: Number(at) } }
    states.set(Number(field), {
      version: Number(value),
      touched: Number(fields.get(`t${field}`) ?? 0),
      ...written,
    })
  }
  return states
}
