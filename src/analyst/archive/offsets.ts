import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { Client } from './database.ts'

/** A partition as the brokers have it. */
export interface LogOf extends PartitionId {
  readonly topicId?: string
  readonly startOffset: number
  readonly endOffset: number
}

/** Next offset to be archived, by partition. */
export async function archivedOffsets(client: Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ topic: string; partition: number; next: number }>(
    'SELECT topic, partition, next FROM input_offset',
  )
  return new Map(rows.map((row) => [partitionKey(row), row.next]))
}

/**
 * Where archiving of these partitions goes on, by partition. One that was never archived begins at the start of its
 * log, and so does one whose log was recreated: its topic has another id or, where the brokers tell none, it ends
 * before what was archived.
 */
export async function openOffsets(client: Client, logs: readonly LogOf[]): Promise<Map<string, number>> {
  const next = new Map<string, number>()
  for (const { topic, partition, topicId = null, startOffset, endOffset } of logs) {
    const { rows } = await client.query<{ next: number }>(
      `INSERT INTO input_offset AS old (topic, partition, topic_id, next) VALUES ($1, $2, $3, $4)
        ON CONFLICT (topic, partition) DO UPDATE SET
          next = CASE WHEN old.topic_id <> excluded.topic_id
                        OR ((old.topic_id IS NULL OR excluded.topic_id IS NULL) AND old.next > $5)
                      THEN excluded.next ELSE old.next END,
          topic_id = coalesce(excluded.topic_id, old.topic_id)
        RETURNING next`,
      [topic, partition, topicId, startOffset, endOffset],
    )
    next.set(partitionKey({ topic, partition }), rows[0]!.next)
  }
  return next
}
