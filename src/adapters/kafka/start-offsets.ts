import type { PartitionId } from '../../domain/ports.ts'
import type { Consumer, KafkaConnection } from './client.ts'

export type StartFrom = 'earliest' | 'latest' | number

/** Number of attempts in which a member leaves placing a topic to another, about 15 s. */
const LEFT_TO_OTHERS = 8

/**
 * Places a new group (one that has committed nothing for a topic) at its start: the end of the log, or the first record
 * at or after a time (epoch ms). The start is committed immediately for every partition, so that records appended
 * before the first regular commit are not lost in a restart, and a partition added later starts at its first record.
 * Groups with commits are left alone.
 *
 * The member that holds the first partition of a topic places all of its partitions, and the start is requested once:
 * another member or attempt would get a later end and skip the records in between.
 */
export class GroupStart {
  readonly #connection: KafkaConnection
  readonly #groupId: string
  readonly #startFrom: StartFrom
  /** By topic and partition, for topics whose start is not committed yet. */
  readonly #starts = new Map<string, ReadonlyMap<number, number>>()

  constructor(connection: KafkaConnection, groupId: string, startFrom: StartFrom) {
    this.#connection = connection
    this.#groupId = groupId
    this.#startFrom = startFrom
  }

  /** One attempt, with `attempt` from 0; rejects while another member must place a topic. */
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
    // After its own topics: members may wait for each other.
    if (left.length > 0) throw new Error(`another member must commit the start of ${left.join(', ')}`)
  }

  async #commit(
    consumer: Consumer,
    topic: string,
    starts: ReadonlyMap<number, number>,
    own: readonly PartitionId[],
  ): Promise<void> {
    // Another member may have placed the topic and moved on while the brokers were asked for its start.
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

  async #committed(topic: string): Promise<Map<number, number>> {
    const found = await this.#connection.committed(this.#groupId, topic)
    return new Map(
      [...found].flatMap(([id, offset]) => (offset === undefined ? [] : [[id, offset] as const])),
    )
  }
}
