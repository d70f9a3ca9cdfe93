import type { KafkaConnection } from '../adapters/kafka/client.ts'
import type { Client } from '../analyst/archive/database.ts'
import { type PartitionId, partitionKey, type RecordRun } from '../domain/ports.ts'
import type { TrustedClock } from '../domain/trusted-clock.ts'

/** Adds PostgreSQL's time to the clock. Rejects with the errors of PostgreSQL. */
export async function observePostgres(clock: TrustedClock, client: Pick<Client, 'query'>): Promise<void> {
  const after = performance.now()
  clock.observe('postgres', await postgresTime(client), { after, before: performance.now() })
}

/** PostgreSQL's time, epoch ms. Rejects with the errors of PostgreSQL. */
export async function postgresTime(client: Pick<Client, 'query'>): Promise<number> {
  const { rows } = await client.query<{ now: number }>(
    'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now',
  )
  return rows[0]!.now
}

/** Whether the host time agrees with the clock's bounds within `maxSkew`, ms. */
export function hostAgrees(clock: TrustedClock, maxSkew: number, host: number): boolean {
  return clock.latest() - host <= maxSkew && host - clock.earliest() <= maxSkew
}

/** Interval between requests for the end offsets of the partitions, ms. */
const ASK_EVERY = 10_000

/**
 * Adds the brokers' time to the clock where they set the timestamps. A record at or beyond a partition's end offset was
 * appended after that offset was read.
 */
export class AppendTimes {
  readonly #clock: TrustedClock
  readonly #kafka: Pick<KafkaConnection, 'boundsOf'>
  readonly #ends = new Map<string, { readonly offset: number; readonly at: number }>()
  #partitions: readonly PartitionId[] = []
  #askedAt = Number.NEGATIVE_INFINITY

  constructor(clock: TrustedClock, kafka: Pick<KafkaConnection, 'boundsOf'>) {
    this.#clock = clock
    this.#kafka = kafka
  }

  assigned(partitions: readonly PartitionId[]): void {
    this.#partitions = partitions
    this.#ends.clear()
  }

  /** Never rejects. A partition whose leader does not answer provides no time. */
  async ask(): Promise<void> {
    const at = performance.now()
    if (at - this.#askedAt < ASK_EVERY) return
    this.#askedAt = at
    const bounds = await this.#kafka.boundsOf(this.#partitions).catch(() => [])
    for (const bound of bounds) this.#ends.set(partitionKey(bound), { offset: bound.endOffset, at })
  }

  saw({ partition, records }: RecordRun): void {
    const last = records.at(-1)
    if (last?.timestampType !== 'LogAppendTime') return
    const before = performance.now()
    this.#clock.observe('kafka', last.timestamp, { before })
    const end = this.#ends.get(partitionKey(partition))
    if (end && last.position.offset >= end.offset)
      this.#clock.observe('kafka', last.timestamp, { after: end.at, before })
  }
}
