import { connectKafka, type KafkaConnection, type KafkaSettings } from '../adapters/kafka/client.ts'
import { OauthTokens } from '../adapters/kafka/oauth-token.ts'
import type { RedisLinkOptions } from '../adapters/redis/connection.ts'
import type { RedisLink } from '../adapters/redis/link.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import type { Config } from '../settings/config.ts'
import { freshLogin, freshTls } from './fresh-secrets.ts'

/** Connection to the configured Kafka. Throws USAGE without brokers. */
export function kafkaOf(
  config: Config,
  emit: Emit,
  signal?: AbortSignal,
  choices: Pick<KafkaSettings, 'awaitsLogin'> = {},
): KafkaConnection {
  const { brokers, clientId, ssl, sasl } = config.kafka
  if (!brokers) throw new SigwatchError('USAGE', 'no brokers: set KAFKA_BROKERS, for example 127.0.0.1:9092')
  return connectKafka({
    brokers,
    clientId,
    emit,
    limits: config.limits,
    ...choices,
    ...given({ signal, ssl: ssl.enabled ? freshTls(ssl, 'kafka', emit) : undefined }),
    ...loginOf(sasl),
  })
}

/** Runs a command's work on a connection, which it closes. `within`: how long to wait for the brokers, ms. */
export async function withKafka<T>(
  config: Config,
  within: number,
  work: (connection: KafkaConnection) => Promise<T>,
): Promise<T> {
  const connection = kafkaOf(config, () => {}, AbortSignal.timeout(within))
  return work(connection).finally(() => connection.close())
}

/** `checkTogether` has already verified that the settings of the mechanism are present. */
function loginOf({
  mechanism,
  username,
  password,
  oauth,
}: Config['kafka']['sasl']): Pick<KafkaSettings, 'sasl'> {
  if (mechanism === null) return {}
  if (mechanism !== 'oauthbearer')
    return { sasl: freshLogin({ mechanism, username: username ?? '' }, password) }
  const tokens = new OauthTokens({
    endpoint: oauth.tokenEndpoint ?? '',
    clientId: oauth.clientId ?? '',
    clientSecret: oauth.clientSecret?.reveal() ?? '',
    ...given({ scope: oauth.scope ?? undefined }),
  })
  return { sasl: { mechanism, tokens } }
}

/** Connection to the configured Redis. A URL, cluster nodes or sentinels must be configured. */
export async function redisOf(
  config: Config,
  options: Pick<RedisLinkOptions, 'onEviction' | 'onAvailability' | 'breaker'> = {},
  emit: Emit = () => {},
): Promise<RedisLink> {
  const { connectRedis } = await import('../adapters/redis/client.ts')
  const { url, nodes, sentinels, masterName, username, password, tls, budget } = config.redis
  return connectRedis({
    ...given({ url: url?.reveal(), nodes: nodes || undefined }),
    ...(sentinels ? { sentinels, masterName } : {}),
    ...given({
      username: username || undefined,
      password: password?.reveal(),
      tls: tls.enabled ? freshTls(tls, 'redis', emit) : undefined,
    }),
    commandTimeout: budget,
    ...options,
  })
}
