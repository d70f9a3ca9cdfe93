import { backOff } from '../adapters/kafka/backoff.ts'
import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { failureKind, reasonOf } from '../adapters/kafka/errors.ts'
import { SigwatchError } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import { inputsOf } from '../pipeline/inputs.ts'
import { loadConfig } from '../settings/config.ts'
import { kafkaOf } from './compose-clients.ts'

/** How long to wait for the brokers, at the start and for each send, ms. */
const PATIENCE = 15_000

/**
 * Opens a producer of input records to the first input topic without a field map; the keys of the records are kept. Throws
 * USAGE if there is no such topic. Rejects with KAFKA_UNREACHABLE. Records that are sent again may be there twice.
 */
export async function openProducer(configFile: string | undefined) {
  const { config } = loadConfig({ file: configFile, serving: false })
  const topic = inputsOf(config).find(({ map }) => map === null)?.topic
  if (topic === undefined) {
    throw new SigwatchError(
      'USAGE',
      'every topic of submissions has a map, and simulated records are input records as they are: add a topic for them, {topic: sms.trial, map: null}, to kafka.topics.messages',
    )
  }
  const connection = kafkaOf(config, () => {}, AbortSignal.timeout(PATIENCE))
  try {
    await connection.requireTopics([topic], { create: config.kafka.createTopics })
    const { send, close } = await producerTo(topic, connection)
    const patiently = async (records: readonly KeyedRecord[]): Promise<void> => {
      const until = performance.now() + PATIENCE
      for (let attempt = 0; ; attempt++)
        try {
          return await send(records)
        } catch (error) {
          if (failureKind(error) !== 'transient' || performance.now() > until) throw error
          await backOff(attempt)
        }
    }
    return { topic, send: patiently, close: () => close().finally(() => connection.close()) }
  } catch (error) {
    await connection.close()
    throw error
  }
}

export interface KeyedRecord {
  readonly key: string
  /** null for a tombstone. */
  readonly value: string | Buffer | null
  /** Record timestamp from a trusted clock, epoch ms, for topics that keep the producer's time. Defaults to the host's clock. */
  readonly at?: number
}

/** Opens a producer for one topic. It and its `send` reject with KAFKA_UNREACHABLE. */
export async function producerTo(topic: string, connection: Pick<KafkaConnection, 'producer'>) {
  const producer = connection.producer()
  const close = () => producer.disconnect()
  await producer.connect().catch(async (error: unknown) => {
    await close()
    throw failureOf(error)
  })
  return {
    /** Resolves when all records are acknowledged. */
    async send(records: readonly KeyedRecord[]): Promise<void> {
      if (records.length === 0) return
      const messages = records.map(({ key, value, at }) => ({
        ...{ key, value },
        ...given({ timestamp: at === undefined ? undefined : String(at) }),
      }))
      await producer.send({ topic, acks: -1, messages }).catch((error: unknown) => {
        throw failureOf(error)
      })
    },
    close,
  }
}

function failureOf(error: unknown): SigwatchError {
  if (error instanceof SigwatchError) return error
  return new SigwatchError('KAFKA_UNREACHABLE', `Kafka does not take records: ${reasonOf(error)}`, {
    cause: error,
  })
}
