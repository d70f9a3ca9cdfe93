import type { PartitionId } from '../domain/ports.ts'
import type { Consumer, KafkaConnection } from './client.ts'

export type StartFrom = 'earliest' | 'latest' | number

/**
 * Puts a new group (one that has committed nothing of a topic) at its start: the end of the log, or the first record
 * at or after a time (epoch ms). The start is committed at once and for every partition, so that records that come
 * between now and the first real commit are not lost to a restart, and a partition that is added later begins at its
 * own first record. A group that has committed is left alone.
 */
export async function placeNewGroup(
  connection: KafkaConnection,
  consumer: Consumer,
  groupId: string,
  startFrom: StartFrom,
  held: readonly PartitionId[],
): Promise<void> {
  if (startFrom === 'earliest') return
  for (const topic of new Set(held.map((p) => p.topic))) {
    const committed = await connection.committed(groupId, topic)
    if ([...committed.values()].some((offset) => offset !== undefined)) continue
    const starts = await connection.offsetsAt(topic, startFrom)
    await consumer.commitOffsets(
      [...starts].map(([partition, offset]) => ({ topic, partition, offset: String(offset) })),
    )
    for (const { partition } of held.filter((p) => p.topic === topic)) {
      const offset = starts.get(partition)
      if (offset !== undefined) consumer.seek({ topic, partition, offset: String(offset) })
    }
  }
}
