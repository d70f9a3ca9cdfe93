import type { PartitionId } from '../../domain/ports.ts'
import type { Consumer, KafkaConnection } from './client.ts'

export type StartFrom = 'earliest' | 'latest' | number

/** Attempts for which a member leaves it to another to place a topic: some 15 s. */
const LEFT_TO_OTHERS = 8

/**
 * Puts a new group (one that has committed nothing of a topic) at its start: the end of the log, or the first record
 * at or after a time (epoch ms). The start is committed at once and for every partition, so that records that come
 * between now and the first real commit are not lost to a restart, and a partition that is added later begins at its
 * own first record. A group that has committed is left alone.
 *
 * The member that holds the first partition of a topic places all of it, and the start is asked for once: another member or another
 * attempt would find a later end, and pass over what came between.
 */
export class GroupStart {
  readonly #connection: KafkaConnection
  readonly #groupId: string
  readonly #startFrom: StartFrom
  /** By topic and partition, of topics whose start is not committed yet. */
  readonly #starts = new Map<string, ReadonlyMap<number, number>>()

  constructor(connection: KafkaConnection, groupId: string, startFrom: StartFrom) {
    this.#connection = connection
    this.#groupId = groupId
    this.#startFrom = startFrom
  }

  /** One attempt, `attempt` from 0; rejects while another member has to place a topic. */
  async place(consumer: Consumer, held: readonly PartitionId[], attempt: number): Promise<void> {
    const startFrom = this.#startFrom
    if (startFrom === 'earliest') return
    const left: string[] = []
    for (const topic of new Set(held.map((p) => p.topic))) {
      if ((await this.#committed(topic)).size > 0) {
        this.#starts.delete(topic)
        continue
      }
      const own = held.filter((p) => p.topic === topic)
      if (attempt < LEFT_TO_OTHERS && !own.some(({ partition }) => partition === 0)) {
        left.push(topic)
        continue
      }
      const starts = this.#starts.get(topic) ?? (await this.#connection.offsetsAt(topic, startFrom))
      this.#starts.set(topic, starts)
      await this.#commit(consumer, topic, starts, own)
      this.#starts.delete(topic)
    }
    // After its own ones: members may wait for each other.
    if (left.length > 0) throw new Error(`another member has to say where ${left.join(', ')} begins`)
  }

  async #commit(
    consumer: Consumer,
    topic: string,
    starts: ReadonlyMap<number, number>,
    own: readonly PartitionId[],
  ): Promise<void> {
    // While the brokers said where it begins another member may have placed it, and gone on.
    const committed = await this.#committed(topic)
    const open = [...starts].filter(([partition]) => !committed.has(partition))
    if (open.length > 0)
      await consumer.commitOffsets(
        open.map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
      )
    for (const { partition } of own) {
      const offset = committed.get(partition) ?? starts.get(partition)
      if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) })
    }
  }

  /** What the group has committed of a topic, by partition. */
  async #committed(topic: string): Promise<Map<number, number>> {
    const found = await this.#connection.committed(this.#groupId, topic)
    return new Map(
      [...found].flatMap(([id, offset]) => (offset === undefined ? [] : [[id, offset] as const])),
    )
  }
}
