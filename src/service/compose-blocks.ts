import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { readTopicRange } from '../adapters/sources/topic-range.ts'
import { SigwatchError } from '../domain/errors.ts'
import { jsonOf } from '../domain/json.ts'
import type { BoundedClock } from '../domain/ports.ts'
import { HOUR } from '../domain/time.ts'
import type { TrustedClock } from '../domain/trusted-clock.ts'
import type { Config } from '../settings/config.ts'
import { withKafka } from './compose-clients.ts'
import { producerTo } from './compose-producer.ts'

/** How long to wait for the brokers, ms. */
const PATIENCE = 15_000
/** How long ago a row must have expired to be removed, ms. A running deployment renews its rows within minutes. */
const GONE_AFTER = HOUR
/** Tombstones written per check for new rows. */
const TOGETHER = 1_000
/** Rows may arrive while the table is read: it reads on until there are none, at most this many times. */
const LOOKS = 3

export interface TidiedBlocks {
  readonly topic: string
  readonly rows: number
  readonly ended: number
}

export interface BlockTopic {
  /** Passes the records that were not passed before, in order per key. A null value is a tombstone. */
  readOn(take: (key: string, value: Buffer | null) => void): Promise<void>
  /** Writes a tombstone for each key. */
  end(keys: readonly string[]): Promise<void>
}

/**
 * Writes a tombstone for each row of the block table that expired over an hour ago, whichever deployment wrote it. Unreadable
 * rows are kept, and so are rows whose expiry only this host's clock confirms. Rejects with USAGE if no block table is
 * configured.
 */
export async function tidyBlocks(config: Config, clock: TrustedClock): Promise<TidiedBlocks> {
  const topic = config.kafka.topics.blocks
  if (topic === null) throw new SigwatchError('USAGE', 'no block table: kafka.topics.blocks is off')
  return withKafka(config, PATIENCE, async (connection) => {
    await connection.requireTopics([topic])
    const producer = await producerTo(topic, connection)
    const end = (keys: readonly string[]) => producer.send(keys.map((key) => ({ key, value: null })))
    const readOn = readerOf(connection, topic, config.kafka.groupId, clock)
    const tidied = await endGone({ readOn, end }, clock).finally(() => producer.close())
    return { topic, ...tidied }
  })
}

/**
 * Removes rows that expired over an hour ago. Reads new records before each batch of tombstones, so that a state raised again
 * in the meantime keeps its row.
 */
export async function endGone(
  topic: BlockTopic,
  clock: Pick<BoundedClock, 'passed'>,
): Promise<{ rows: number; ended: number }> {
  const expiries = new Map<string, number>()
  const readOn = () =>
    topic.readOn((key, value) => {
      if (value === null) expiries.delete(key)
      else expiries.set(key, expiryOf(value))
    })
  const isGone = (key: string) => clock.passed((expiries.get(key) ?? Number.NaN) + GONE_AFTER)
  await readOn()
  const rows = expiries.size
  const gone = [...expiries.keys()].filter(isGone)
  let ended = 0
  for (let at = 0; at < gone.length; at += TOGETHER) {
    await readOn()
    const keys = gone.slice(at, at + TOGETHER).filter(isGone)
    if (keys.length > 0) await topic.end(keys)
    ended += keys.length
  }
  return { rows, ended }
}

function readerOf(
  connection: KafkaConnection,
  topic: string,
  groupId: string,
  clock: TrustedClock,
): BlockTopic['readOn'] {
  const reached = new Map<number, number>()
  return async (take) => {
    for (let look = 0; look < LOOKS; look++) {
      const bounds = await connection.bounds(topic)
      const ranges = bounds.map(({ partition, startOffset, endOffset }) => ({
        partition,
        from: Math.max(startOffset, reached.get(partition) ?? startOffset),
        to: endOffset,
      }))
      if (ranges.every(({ from, to }) => from >= to)) return
      await readTopicRange({
        connection,
        topic,
        group: `${groupId}-evidence-${randomUUID()}`,
        ranges,
        take(records) {
          for (const { key, value, timestamp, timestampType } of records) {
            if (timestampType === 'LogAppendTime')
              clock.observe('kafka', timestamp, { before: performance.now() })
            take(key?.toString() ?? '', value)
          }
        },
      })
      for (const { partition, to } of ranges) reached.set(partition, to)
    }
  }
}

/** Epoch ms, or NaN if the value is not a valid row. */
function expiryOf(value: Buffer): number {
  return Date.parse(String(jsonOf<{ expiresAt?: unknown } | null>(value)?.expiresAt))
}
