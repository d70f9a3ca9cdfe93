import type { RedisLink } from '../adapters/redis/link.ts'
import type { ConsentLedger, SharedLedger } from '../domain/consent-ledger.ts'
import type { Emit } from '../domain/events.ts'
import type { FeatureStore } from '../domain/feature-store.ts'
import { Health } from '../domain/health.ts'
import type { NoticeStore } from '../domain/notices.ts'
import type { SenderMinutes } from '../domain/sender-minutes.ts'
import type { StateStore } from '../domain/state-store.ts'
import type { TemplateStore } from '../domain/templates.ts'
import type { TokenKey } from '../domain/token.ts'
import type { TrustedClock } from '../domain/trusted-clock.ts'
import { resetCountsOf } from '../pipeline/reset-counts.ts'
import type { Config } from '../settings/config.ts'
import { revealed } from '../settings/secret.ts'
import { memoryLedger } from '../stores/ledgers/memory.ts'
import { MemoryNoticeStore } from '../stores/notices/memory.ts'
import { memoryFeatureStore } from '../stores/rates/memory.ts'
import { MemorySenderMinutes } from '../stores/sender-statistics/memory.ts'
import { MemoryStateStore } from '../stores/states/memory.ts'
import { MemoryTemplateStore } from '../stores/templates/memory.ts'
import { AgreementWatch } from './agreement-watch.ts'
import { redisOf } from './compose-clients.ts'
import { observeRedis } from './compose-clock.ts'

export interface Stores {
  readonly features: FeatureStore
  readonly states: StateStore
  readonly ledger: ConsentLedger
  readonly senderMinutes: SenderMinutes
  readonly notices: NoticeStore
  readonly templates: TemplateStore
  /** The ledger, if it is one that can lose its contents. */
  readonly guarded?: SharedLedger
  /** Asks the servers of the stores for the time. */
  readonly askTime?: () => Promise<void>
  close(): Promise<void>
}

/** Opens the stores in Redis if it is configured, otherwise in memory with a warning. `ledgerLost` is called when Redis lost consents. */
export function openStores(
  config: Config,
  clusterId: string,
  ledgerLost: () => void,
  emit: Emit,
  clock: TrustedClock,
): Promise<Stores> {
  const { url, nodes, sentinels } = config.redis
  if (url || nodes || sentinels) return openRedis(config, clusterId, ledgerLost, emit, clock)
  const message = 'no Redis: rates and states are in memory, and instances do not share them'
  emit({ name: 'warning', message })
  return openMemory(clock)
}

async function openMemory(clock: TrustedClock): Promise<Stores> {
  const features = memoryFeatureStore()
  const states = new MemoryStateStore({ clock: { now: () => performance.now() } })
  const ledger = memoryLedger()
  return {
    features,
    states,
    ledger,
    senderMinutes: new MemorySenderMinutes(clock),
    notices: new MemoryNoticeStore(),
    templates: new MemoryTemplateStore(),
    close: async () => void (await Promise.all([features.close(), states.close(), ledger.close()])),
  }
}

/** `stores` are notified once Redis, having evicted keys, no longer does. */
async function openLink(config: Config, emit: Emit, stores: readonly { evicted(): void }[]) {
  const health = new Health('redis', emit)
  const on: Parameters<typeof redisOf>[1] = {
    onAvailability: (lost) => (lost === undefined ? health.restored('redis') : health.lost('redis', lost)),
    onEviction(eviction, lost) {
      if (eviction) emit({ name: 'redis_evicts', ...eviction })
      else emit({ name: 'redis_evictions_ended', lost })
      if (lost > 0) for (const store of stores) store.evicted()
    },
  }
  const link = await redisOf(config, on, emit)
  await link.ready(5_000)
  return link
}

/** The stores of notices learned from traffic and templates given by people. */
async function openLearned(link: RedisLink, prefix: string): Promise<Pick<Stores, 'notices' | 'templates'>> {
  const [{ RedisNoticeStore }, { RedisTemplateStore }] = await Promise.all([
    import('../stores/notices/redis.ts'),
    import('../stores/templates/redis.ts'),
  ])
  return {
    notices: new RedisNoticeStore({ link, prefix }),
    templates: new RedisTemplateStore({ link, prefix }),
  }
}

/** Compares token keys and settings with those of the other instances. */
async function watchAgreement(
  link: RedisLink,
  { deployment, manual }: Config,
  keys: readonly TokenKey[],
  emit: Emit,
): Promise<readonly AgreementWatch[]> {
  const { RedisCheckValues, checksOf } = await import('../stores/check-values/redis.ts')
  const watch = (
    kind: string,
    values: Readonly<Record<string, string>>,
    differ: (names: readonly string[]) => void,
  ) => {
    const held = new RedisCheckValues(link, `sigwatch:${deployment}:${kind}`, values)
    return new AgreementWatch({ record: () => held.record(), differ })
  }
  const watches = [
    watch('token-key', checksOf(keys), (ids) =>
      emit(
        ids.length === 0
          ? { name: 'token_keys_agree' }
          : { name: 'token_keys_conflict', keys: ids.join(', '), count: ids.length },
      ),
    ),
    watch('setting', { 'manual.approval': manual.approval }, (names) =>
      emit(
        names.length === 0
          ? { name: 'settings_agree' }
          : { name: 'settings_conflict', settings: names.join(', '), count: names.length },
      ),
    ),
  ]
  await Promise.all(watches.map((each) => each.start()))
  return watches
}

async function openRedis(
  config: Config,
  clusterId: string,
  ledgerLost: () => void,
  emit: Emit,
  clock: TrustedClock,
): Promise<Stores> {
  const [{ redisFeatureStore }, { RedisStateStore }, { redisLedger }, { RedisSenderMinutes }] =
    await Promise.all([
      import('../stores/rates/redis.ts'),
      import('../stores/states/redis.ts'),
      import('../stores/ledgers/redis.ts'),
      import('../stores/sender-statistics/redis.ts'),
    ])
  const stores: { evicted(): void }[] = []
  const link = await openLink(config, emit, stores)
  const { deployment, kafka, privacy, redis } = config
  const scope = { deployment, clusterId, topic: kafka.topics.messages[0]!.topic }
  const prefix = `sigwatch:${deployment}:${clusterId}:${scope.topic}`
  const senderMinutes = new RedisSenderMinutes({ link, prefix, clock })
  const closing = new AbortController()
  const resetCounts = resetCountsOf({ senderMinutes, emit, signal: closing.signal })
  const keys = [privacy.tokenKey!, ...(privacy.previousTokenKeys ?? [])].map(revealed)
  const [key, ...previousKeys] = keys.map((one) => one.key) as [string, ...string[]]
  const watches = await watchAgreement(link, config, keys, emit)
  const features = redisFeatureStore(link, {
    ...scope,
    tokenKeys: [key, ...previousKeys],
    budgetMs: redis.budget,
    onReset: (partitions) => void resetCounts(partitions),
    onLost: ({ how, share }) => emit({ name: 'counts_lost', how, share }),
    onRefused: ({ message }) => emit({ name: 'redis_refused', reason: message }),
  })
  const states = new RedisStateStore({
    link,
    prefix,
    clock,
    onPutBack: (entries) => emit({ name: 'feedback_put_back', entries }),
  })
  const shared = { link, prefix: `sigwatch:${deployment}`, key, previousKeys }
  const ledger = redisLedger({ ...shared, onLost: ledgerLost })
  stores.push(features, ledger)
  return {
    features,
    states,
    ledger,
    senderMinutes,
    ...(await openLearned(link, prefix)),
    guarded: ledger,
    askTime: () => observeRedis(clock, link),
    async close() {
      closing.abort()
      for (const watch of watches) watch.close()
      await Promise.all([features.close(), states.close(), ledger.close()])
      await link.close()
    },
  }
}
