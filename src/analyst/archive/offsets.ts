import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { Client } from './database.ts'

/** A partition's log as reported by the brokers. */
export interface LogOf extends PartitionId {
  readonly topicId?: string
  readonly startOffset: number
  readonly endOffset: number
}

/** Next offset to archive, by partition. */
export async function archivedOffsets(client: Client): Promise<Map<string, number>> {
  const { rows } = await client.query<{ topic: string; partition: number; next: number }>(
    'SELECT topic, partition, next FROM input_offset',
  )
  return new Map(rows.map((row) => [partitionKey(row), row.next]))
}

/**
 * Offsets to start archiving from, by partition. A partition starts at the beginning of its log if it was never archived, or if
 * the log was recreated: the topic has another id or, for brokers without topic ids, the log ends before the archived offset.
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
