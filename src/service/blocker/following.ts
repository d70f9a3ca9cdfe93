import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import { createTableSource, type TableRow, type TableSource } from '../../adapters/sources/table.ts'
import type { BlockTable } from '../../detection/blocking/block-table.ts'
import type { Order } from '../../detection/blocking/records.ts'
import { FOLLOWED, type Followed } from '../../domain/blocking-events.ts'
import type { Emit } from '../../domain/events.ts'
import { MINUTE } from '../../domain/time.ts'
import type { ServerClock } from './server-clock.ts'

export interface FollowingOptions {
  readonly connection: KafkaConnection
  readonly topics: Readonly<Record<Followed, string>>
  readonly groupId: string
  readonly table: BlockTable
  readonly clock: Pick<ServerClock, 'now' | 'read'>
  /** Called with the ids of message parts that an alert blocks. */
  readonly blocked: (ids: readonly string[]) => void
  readonly emit: Emit
}

/** How far back each topic is read, ms: older alerts have expired, and verdicts are looked up within seconds. */
const SINCE = { alerts: 16 * MINUTE, verdicts: 2 * MINUTE } as const
/** How long no record must arrive before a topic counts as read, ms: compaction may have removed its last records. */
const SETTLED_AFTER = 1_000

/**
 * Reads the block table from the beginning and alerts and verdicts from the last minutes, then follows all three. Nothing is
 * committed: each start reads them again.
 */
export class Following {
  readonly #options: FollowingOptions
  readonly #sources = new Map<Followed, TableSource>()
  readonly #unread = new Set<Followed>(FOLLOWED)
  readonly #instance = randomUUID()
  #recordAt = performance.now()
  #isRead = false

  constructor(options: FollowingOptions) {
    this.#options = options
  }

  /** Whether everything present at the start has been read. */
  get isRead(): boolean {
    return this.#isRead
  }

  /** ms since a broker last answered, for the topic that waits longest, and since the last record of any topic. */
  silence(): { readonly brokers: number; readonly records: number } {
    const now = performance.now()
    const heard = [...this.#sources.values()].map(({ heardAt }) => heardAt)
    return { brokers: now - Math.min(now, ...heard), records: now - this.#recordAt }
  }

  unready(): readonly string[] {
    return [...this.#sources.values()].flatMap((source) => source.unready())
  }

  /** Stops waiting for a topic that does not exist. */
  leaveOut(what: Followed): void {
    this.#unread.delete(what)
    this.#check()
  }

  /** Runs until `stop`. Rejects with the errors of TableSource. */
  run(what: Followed): Promise<void> {
    const { connection, topics, groupId, clock } = this.#options
    const topic = topics[what]
    const source = createTableSource({
      ...{ connection, topic, groupId: `${groupId}-blocker-${this.#instance}-${what}` },
      settledAfter: SETTLED_AFTER,
      ...(what === 'blocks' ? {} : { since: clock.now() - SINCE[what] }),
    })
    this.#sources.set(what, source)
    let isFollowing = false
    void source.caughtUp.then(() => {
      isFollowing = true
      this.leaveOut(what)
    })
    return source.run(async (rows) => {
      this.#recordAt = performance.now()
      const { timestamp, timestampType, position } = rows.at(-1)!
      if (timestampType === 'LogAppendTime') clock.read(position, timestamp, isFollowing)
      this.#take(what, rows)
    })
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((source) => source.stop()))
  }

  #check(): void {
    if (this.#unread.size > 0 || this.#isRead) return
    this.#isRead = true
    const { table, clock, emit } = this.#options
    emit({ name: 'block_table_read', states: table.inForce(clock.now()) })
  }

  /** Applies the rows; an unreadable one is counted and skipped. */
  #take(what: Followed, rows: readonly TableRow[]): void {
    const { table, clock, blocked, emit } = this.#options
    const now = clock.now()
    let unread = 0
    for (const { key, value, headers } of rows) {
      if (what === 'blocks') {
        if (!table.takeBlock(key, value?.toString() ?? null, now, orderOf(headers))) unread++
      } else if (value === null) unread++
      else if (what === 'verdicts') unread += table.takeVerdict(value.toString(), now) ? 0 : 1
      else {
        const ids = table.takeAlert(value.toString(), now)
        if (ids && ids.length > 0) blocked(ids)
      }
    }
    emit({ name: 'blocking_records', topic: what, records: rows.length, unread })
  }
}

/** Episode and revision from the headers of a tombstone, or undefined if they are missing. */
function orderOf(headers: TableRow['headers']): Order | undefined {
  const [episode, revision] = ['sigwatch-episode', 'sigwatch-revision'].map((name) =>
    Number.parseInt(String(headers?.get(name)), 10),
  ) as [number, number]
  return Number.isFinite(episode) && Number.isFinite(revision) ? { episode, revision } : undefined
}
