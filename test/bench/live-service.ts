import { connectKafka } from '../../src/adapters/kafka/client.ts'
import { PRODUCTION_JVM, startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { type Environment, startService } from '../helpers/service.ts'
import { createServiceTopics } from '../helpers/service-topics.ts'

/**
 * Starts the build `main` on new servers, with topics whose timestamps are the broker's append times, and a producer of input
 * records.
 */
export async function startLive(main: string, env: Environment) {
  const [broker, redis] = [await startOwnKafka({ jvm: PRODUCTION_JVM }), await startOwnRedis()]
  const client = plainClient(broker.brokers)
  const config = { 'message.timestamp.type': 'LogAppendTime' }
  const at = await createServiceTopics(client, broker.brokers, {
    partitions: 6,
    verdictPartitions: 6,
    config,
  })
  const service = await startService(
    { ...at.env, REDIS_URL: redis.url, SIGWATCH_LOG_LEVEL: 'warn', ...env },
    [],
    { main },
  )
  await service.ready()
  const connection = connectKafka({ brokers: broker.brokers, clientId: 'bench', emit: () => {} })
  const producer = connection.producer()
  await producer.connect()
  return {
    ...{ client, config, at, service, connection, producer },
    async stop(): Promise<void> {
      await producer.disconnect()
      await connection.close()
      await service.stop()
      await redis.stop()
      await broker.stop()
    },
  }
}
