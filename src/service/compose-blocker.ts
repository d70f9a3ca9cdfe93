import { hostname } from 'node:os'
import { awaitTopics } from '../adapters/kafka/awaited-topics.ts'
import type { KafkaConnection } from '../adapters/kafka/client.ts'
import type { RedisLink } from '../adapters/redis/link.ts'
import { BlockTable } from '../detection/blocking/block-table.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import { Health } from '../domain/health.ts'
import type { PassBook } from '../domain/pass-book.ts'
import { createTokeniser } from '../domain/token.ts'
import type { Config } from '../settings/config.ts'
import { MemoryPassBook } from '../stores/passes/memory.ts'
import { DecideEndpoint } from './blocker/decide-endpoint.ts'
import { type DecideServer, startDecideServer } from './blocker/decide-server.ts'
import { Decider } from './blocker/decider.ts'
import { Enforcements } from './blocker/enforcements.ts'
import { Following } from './blocker/following.ts'
import { KeyDoubts } from './blocker/key-doubts.ts'
import { ServerClock } from './blocker/server-clock.ts'
import { Standing } from './blocker/standing.ts'
import { needBlocker } from './command-needs.ts'
import { kafkaOf, redisOf } from './compose-clients.ts'
import type { HttpTokenBook } from './http-token-book.ts'
import type { Runnable } from './lifecycle.ts'
import type { Refusals } from './refusals.ts'
import type { Telemetry } from './telemetry/events.ts'

/** A running blocker. It answers from the start, according to `blocker.failure` until the table has been read. */
export interface Blocker extends Runnable {
  /** The address it listens on. */
  readonly address: string
  /** Reasons why gateways should not use this instance. */
  unready(): readonly string[]
  /** Degradations that are no reason to use another instance. */
  notes(): readonly string[]
}

/** Time limits at shutdown for requests in flight and for unwritten rows, ms. */
const CLOSE_WITHIN = 5_000
const WRITE_WITHIN = 5_000

/** The topics of the configuration, with default names for those it does not name. */
function topicsOf({ kafka: { topics } }: Config) {
  const { blocks, alerts, verdicts, enforcements } = topics
  return { blocks: blocks ?? 'sms.blocks', alerts, verdicts: verdicts ?? 'sms.verdicts', enforcements }
}

/** State shared by the instances; absent if each counts on its own. */
interface Shared {
  readonly book: PassBook
  readonly link: RedisLink
}

async function openShared(config: Config, emit: Emit): Promise<Shared | undefined> {
  const { url, nodes, sentinels } = config.redis
  if (config.blocker.throttle === 'instance') return undefined
  if (!url && !nodes && !sentinels) {
    const message = 'no Redis: each blocker counts throttles for itself, and together they let through more'
    emit({ name: 'warning', message })
    return undefined
  }
  const { RedisPassBook } = await import('../stores/passes/redis.ts')
  const health = new Health('redis', emit)
  const onAvailability = (lost: string | undefined) =>
    lost === undefined ? health.restored('redis') : health.lost('redis', lost)
  const link = await redisOf(config, { onAvailability }, emit)
  return { book: new RedisPassBook({ link, prefix: `sigwatch:${config.deployment}` }), link }
}

/**
 * Answers gateways by the block table, alerts and verdicts of a deployment. Rejects with CONFIG_INVALID for faults that the
 * operator has to fix; brokers and Redis are waited for while it runs.
 */
export async function composeBlocker(
  config: Config,
  tokens: HttpTokenBook,
  { emit, registry }: Telemetry,
  refusals: Refusals,
): Promise<Blocker> {
  needBlocker(config)
  const abort = new AbortController()
  const parts = await partsOf(config, emit, abort.signal)
  const { kafka, shared, clock, following, enforcements, standing, decider } = parts
  const notes = () => [...refusals.notes(), ...parts.notes()]
  const isEnding = () => abort.signal.aborted
  const endpoint = new DecideEndpoint({ tokens, decider, isEnding, emit })
  const probe = () => (isEnding() ? ['ending'] : standing.unready())
  let server: DecideServer
  try {
    server = await startDecideServer({ listen: config.blocker.listen, endpoint, registry, probe, notes })
  } catch (error) {
    await Promise.all([kafka.close(), shared?.link.close()])
    throw error
  }
  standing.start()
  return {
    address: server.address,
    unready: probe,
    notes,
    run: () => follow({ ...parts, emit, signal: abort.signal }),
    async stop() {
      abort.abort()
      await server.close(CLOSE_WITHIN)
      await following.stop()
    },
    async close() {
      abort.abort()
      await server.close(CLOSE_WITHIN)
      standing.close()
      clock.close()
      await enforcements?.close(WRITE_WITHIN)
      await following.stop()
      await Promise.all([kafka.close(), shared?.link.close()])
    },
  }
}

/** Builds the parts of a blocker without starting them. */
async function partsOf(config: Config, emit: Emit, signal: AbortSignal) {
  const { tokenKey, previousTokenKeys } = config.privacy
  const keys = [tokenKey!, ...(previousTokenKeys ?? [])]
  const tokenisers = new Map(
    keys.map(({ keyId, key }) => [keyId, createTokeniser({ keyId, key: key.reveal() })]),
  )
  const kafka = kafkaOf(config, emit, signal, { awaitsLogin: true })
  const topics = topicsOf(config)
  const shared = await openShared(config, emit)
  const clock = new ServerClock({ config, link: shared?.link, emit })
  const now = () => clock.now()
  const table = new BlockTable({ tokenisers })
  const own = new MemoryPassBook(() => performance.now())
  const { failure } = config.blocker
  const enforcements =
    topics.enforcements === null
      ? undefined
      : new Enforcements({
          ...{ connection: kafka, topic: topics.enforcements, by: `blocker@${hostname()}`, now, emit },
          appended: (position, time, sent) => clock.wrote(position, time, sent),
        })
  const following = new Following({
    ...{ connection: kafka, topics, groupId: config.kafka.groupId, table, clock, emit },
    blocked: (ids) => void decider.takeGone(ids),
  })
  const apart = (): readonly string[] => notesOf(config, shared, decider)
  const isApart = () => apart().length > 0
  const doubts = new KeyDoubts(table, emit)
  const notes = () => [...apart(), ...doubts.notes(), ...clock.notes(), ...standing.notes()]
  const standing: Standing = new Standing({
    ...{ table, clock, following, own, keys: doubts, emit, failure, isApart },
    regain: () => decider.regain(),
  })
  const decider: Decider = new Decider({
    ...{ table, now, own, emit, failure },
    doubt: () => standing.doubt(),
    tokenise: tokenisers.get(tokenKey!.keyId)!,
    ...given({ shared: shared?.book }),
    kept: (kept) => enforcements?.add(kept),
  })
  return { kafka, topics, shared, clock, following, enforcements, standing, decider, notes }
}

function notesOf(config: Config, shared: Shared | undefined, decider: Decider): readonly string[] {
  if (config.blocker.throttle === 'instance') return []
  if (!shared) return ['throttles are counted by each instance: no Redis is configured']
  const [lost] = shared.link.unready()
  if (lost !== undefined) return [`throttles are counted by each instance: ${lost}`]
  return decider.isShared ? [] : ['throttles are counted by each instance: Redis did not answer in time']
}

interface FollowOptions {
  readonly kafka: KafkaConnection
  readonly topics: ReturnType<typeof topicsOf>
  readonly clock: ServerClock
  readonly following: Following
  readonly enforcements: Enforcements | undefined
  readonly emit: Emit
  readonly signal: AbortSignal
}

/** Resolves when stopped. Rejects for faults that the operator has to fix. */
async function follow(options: FollowOptions): Promise<void> {
  const { kafka, topics, clock, following, enforcements, emit, signal } = options
  // How far back alerts are read depends on the time.
  await Promise.all([kafka.requireTopics([topics.blocks, topics.alerts]), clock.start()])
  const extra = [topics.verdicts, ...(topics.enforcements === null ? [] : [topics.enforcements])]
  const missing = await kafka.missingTopics(extra)
  const running = [following.run('blocks'), following.run('alerts')]
  const failing = new AbortController()
  const begin = (topic: string) => {
    if (topic !== topics.verdicts) enforcements?.start()
    else following.run('verdicts').catch((error: unknown) => failing.abort(error))
  }
  for (const topic of extra) if (!missing.includes(topic)) begin(topic)
  if (missing.includes(topics.verdicts)) following.leaveOut('verdicts')
  for (const topic of missing) emit({ name: 'warning', message: absent(topic, topic === topics.verdicts) })
  const found = (names: readonly string[]) => {
    for (const topic of names) {
      emit({ name: 'topic_found', topic })
      begin(topic)
    }
  }
  void awaitTopics(kafka, missing, found, signal)
  await Promise.race([untilAborted(signal), untilAborted(failing.signal), ...running])
  if (failing.signal.aborted) throw failing.signal.reason
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function absent(topic: string, isVerdicts: boolean): string {
  return `the topic ${topic} does not exist: until it is made, ${
    isVerdicts
      ? 'states with labels, campaigns or templates are reviewed'
      : 'what is kept back is not written'
  }`
}
