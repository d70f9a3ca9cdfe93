import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { ConsentLedger, FeatureStore, StateStore } from '../domain/ports.ts'
import { createTokeniser } from '../domain/token.ts'
import { memoryFeatureStore } from '../features/memory.ts'
import { backOff } from '../kafka/backoff.ts'
import { connectKafka, type KafkaConnection } from '../kafka/client.ts'
import { memoryLedger } from '../ledgers/memory.ts'
import type { RedisLink } from '../redis/client.ts'
import { createKafkaSink } from '../sinks/kafka.ts'
import { createKafkaSource } from '../sources/kafka.ts'
import { createMemoryStateStore } from '../states/memory.ts'
import { openAssets } from './assets.ts'
import { type Application, clockAt } from './compose.ts'
import { createSideTopics, presentSideTopics } from './compose-side-topics.ts'
import type { Config } from './config.ts'
import { createCore } from './core.ts'
import { createReloader } from './reload.ts'
import type { Secret } from './secret.ts'
import { readSideFiles } from './side-files.ts'
import { SideOffsets } from './side-offsets.ts'

interface Stores {
  readonly features: FeatureStore
  readonly states: StateStore
  readonly ledger: ConsentLedger
  close(): Promise<void>
}

export function kafkaOf(config: Config, emit: Emit, signal?: AbortSignal): KafkaConnection {
  const { brokers, clientId, ssl, sasl } = config.kafka
  if (!brokers) throw new SigwatchError('USAGE', 'no brokers: set KAFKA_BROKERS, for example 127.0.0.1:9092')
  return connectKafka({
    brokers,
    clientId,
    emit,
    ...(signal ? { signal } : {}),
    ...(ssl.enabled
      ? {
          ssl: pemsOf(ssl),
        }
      : {}),
    ...(sasl.mechanism
      ? {
          sasl: {
            mechanism: sasl.mechanism,
            username: sasl.username ?? '',
            password: sasl.password?.reveal() ?? '',
          },
        }
      : {}),
  })
}

/** The PEM texts of TLS settings; what is not given is left to the system. */
function pemsOf({ ca, cert, key }: Record<'ca' | 'cert' | 'key', Secret | null>) {
  return {
    ...(ca ? { ca: ca.reveal() } : {}),
    ...(cert ? { cert: cert.reveal() } : {}),
    ...(key ? { key: key.reveal() } : {}),
  }
}

/** Redis as it is configured: a URL or the seeds of a Cluster must be. */
export async function redisOf(config: Config): Promise<RedisLink> {
  const { connectRedis } = await import('../redis/client.ts')
  const { url, nodes, username, password, tls, budget } = config.redis
  return connectRedis({
    ...(url ? { url: url.reveal() } : {}),
    ...(nodes ? { nodes } : {}),
    ...(username ? { username } : {}),
    ...(password ? { password: password.reveal() } : {}),
    ...(tls.enabled
      ? {
          tls: pemsOf(tls),
        }
      : {}),
    commandTimeout: budget,
  })
}

/** Redis when it is configured, else memory with a warning. */
async function openStores(config: Config, clusterId: string, emit: Emit): Promise<Stores> {
  const { url, nodes } = config.redis
  const clock = clockAt()
  if (!url && !nodes) {
    emit({
      name: 'warning',
      message: 'no Redis: rates and states are in memory, and instances do not share them',
    })
    const features = memoryFeatureStore()
    const states = createMemoryStateStore({ clock })
    const ledger = memoryLedger()
    return {
      features,
      states,
      ledger,
      close: async () => void (await Promise.all([features.close(), states.close(), ledger.close()])),
    }
  }
  const [{ redisFeatureStore }, { createRedisStateStore }, { redisLedger }] = await Promise.all([
    import('../features/redis.ts'),
    import('../states/redis.ts'),
    import('../ledgers/redis.ts'),
  ])
  const link = await redisOf(config)
  await link.ready(5_000)
  const scope = { deployment: config.deployment, clusterId, topic: config.kafka.topics.messages }
  const prefix = `sigwatch:${scope.deployment}:${scope.clusterId}:${scope.topic}`
  const features = redisFeatureStore(link, {
    ...scope,
    budgetMs: config.redis.budget,
    onReset: (partitions) => {
      for (const { topic, partition } of partitions) emit({ name: 'counting_reset', topic, partition })
    },
  })
  const states = createRedisStateStore({ link, prefix, clock })
  const ledger = redisLedger({ link, prefix: `sigwatch:${scope.deployment}` })
  return {
    features,
    states,
    ledger,
    async close() {
      await Promise.all([features.close(), states.close(), ledger.close()])
      await link.close()
    },
  }
}

/** The service: Kafka in and out, Redis or memory, side topics followed. */
export async function composeService(config: Config, emit: Emit): Promise<Application> {
  const abort = new AbortController()
  const kafka = kafkaOf(config, emit, abort.signal)
  try {
    return await composeOn(kafka, abort, config, emit)
  } catch (error) {
    // An open connection would keep the process from ending.
    abort.abort()
    await kafka.close()
    throw error
  }
}

async function composeOn(
  kafka: KafkaConnection,
  abort: AbortController,
  config: Config,
  emit: Emit,
): Promise<Application> {
  const { tokenKey } = config.privacy
  if (!tokenKey) throw new SigwatchError('CONFIG_INVALID', 'privacy.tokenKey is required with brokers')
  const assets = await openAssets(config, emit)
  // Early, so that a SIGHUP while Kafka is waited for does not end the process.
  const reloader = createReloader({ config, assets, adopt: (what) => core.adopt(what), emit })
  const { topics, createTopics, groupId, startFrom } = config.kafka

  const outputs = {
    alerts: topics.alerts,
    deadLetters: topics.deadLetters,
    shadowAlerts: topics.shadowAlerts,
    verdicts: topics.verdicts,
    blocks: topics.blocks,
  }
  const named = Object.fromEntries(Object.entries(outputs).filter(([, topic]) => topic !== null)) as Record<
    string,
    string
  >
  await kafka.requireTopics([topics.messages, ...Object.values(named)], {
    create: createTopics,
    compacted: topics.blocks ? [topics.blocks] : [],
  })
  const side = await presentSideTopics(config, kafka, emit)
  const stores = await openStores(config, await kafka.clusterId(), emit)
  const clock = clockAt()
  const sink = createKafkaSink({ connection: kafka, topics: named })
  const source = createKafkaSource({ connection: kafka, groupId, topics: [topics.messages], startFrom, emit })
  const sideOffsets = new SideOffsets()
  const core = createCore({
    config,
    mode: 'service',
    source,
    sink,
    features: stores.features,
    states: stores.states,
    ledger: stores.ledger,
    replies: config.replies !== null || side.some(([input]) => input === 'replies'),
    sideOffsets,
    classifier: () => assets.classifier.current(),
    policy: () => assets.policy.current(),
    registry: () => assets.registry.current(),
    describe: assets.describe,
    tokenise: createTokeniser({ keyId: tokenKey.keyId, key: tokenKey.key.reveal() }),
    clock,
    emit,
    endOffsets: (partitions) => kafka.endOffsets(partitions),
  })

  const stopping = new AbortController()
  /** What is read before the first message, and rows that others wait for, outlast an outage of the store. */
  const ledger: Pick<ConsentLedger, 'apply'> = {
    apply: (rows) => untilReached(() => stores.ledger.apply(rows), stopping.signal),
  }
  const sideTopics = createSideTopics({
    kafka,
    groupId,
    topics: side,
    registry: assets.registry,
    adopt: () => core.adopt('registry'),
    ledger,
    sideRows: core.sideRows,
    offsets: sideOffsets,
    emit,
  })

  return {
    core,
    assets,
    async run() {
      sideOffsets.resume((await untilReached(() => stores.states.sideOffsets(), stopping.signal)) ?? [])
      await readSideFiles(config, { ledger, sideRows: core.sideRows }, emit)
      await Promise.race([sideTopics.start(), aborted(stopping.signal)])
      if (stopping.signal.aborted) return
      reloader.start()
      await core.run()
    },
    async stop() {
      stopping.abort()
      await Promise.all([core.stop(), sideTopics.stop()])
    },
    async close() {
      abort.abort()
      await reloader.stop()
      await sink.close()
      await stores.close()
      await kafka.close()
      assets.classifier.close()
    },
  }
}

/** Tries again while the store cannot be reached, until the signal ends it. */
async function untilReached<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SigwatchError && error.retry)) throw error
      await backOff(attempt, signal)
    }
  }
  return undefined
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
