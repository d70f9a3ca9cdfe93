import { kafkaOf } from './compose-service.ts'
import { loadConfig } from './config.ts'

/** Writes input records to the configured topic of messages, keyed as they come. */
export async function openProducer(configFile: string | undefined) {
  const { config } = loadConfig({ ...(configFile === undefined ? {} : { file: configFile }), serving: false })
  const { topics, createTopics } = config.kafka
  const connection = kafkaOf(config, () => {})
  await connection.requireTopics([topics.messages], { create: createTopics })
  const producer = connection.producer()
  await producer.connect()
  return {
    /** Resolves when all are acknowledged. */
    async send(records: readonly { readonly key: string; readonly value: string | Buffer }[]): Promise<void> {
      if (records.length === 0) return
      await producer.send({
        topic: topics.messages,
        acks: -1,
        messages: records.map(({ key, value }) => ({ key, value })),
      })
    },
    async close(): Promise<void> {
      await producer.disconnect()
      await connection.close()
    },
  }
}
