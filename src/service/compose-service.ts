import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { createKafkaSink } from '../adapters/sinks/kafka.ts'
import { KafkaTransactions } from '../adapters/sinks/kafka-transactions.ts'
import { createKafkaSource } from '../adapters/sources/kafka.ts'
import { type Assets, loadedVersions, openAssets } from '../detection/versions/assets.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { createTokeniser } from '../domain/token.ts'
import type { TrustedClock } from '../domain/trusted-clock.ts'
import { createCore } from '../pipeline/core.ts'
import { inputTopicNames } from '../pipeline/inputs.ts'
import { NoticeLearning } from '../pipeline/notice-learning.ts'
import type { Runner } from '../pipeline/runner.ts'
import { fileMap } from '../pipeline/side-inputs/mapped-rows.ts'
import { namedSideTopics } from '../pipeline/side-inputs/named-topics.ts'
import { SideOffsets } from '../pipeline/side-inputs/offsets.ts'
import { TemplateTopic, type TemplateTopicParts } from '../pipeline/side-inputs/template-topic.ts'
import { TemplateLearning } from '../pipeline/template-learning.ts'
import type { Config } from '../settings/config.ts'
import { revealed } from '../settings/secret.ts'
import { type Application, openShadow } from './compose.ts'
import { kafkaOf } from './compose-clients.ts'
import { ClockWatch, trustedClockOf } from './compose-clock.ts'
import { type KeyedRecord, producerTo } from './compose-producer.ts'
import { SideInputs } from './compose-side-inputs.ts'
import { openStores, type Stores } from './compose-stores.ts'
import { FeedbackOrders } from './orders.ts'
import type { Refusals } from './refusals.ts'
import { fileStampsOf, Reloader } from './reload.ts'

/** The service: Kafka input and output, Redis or memory, side topics. `stopping` ends the wait for Kafka. */
export async function composeService(
  config: Config,
  emit: Emit,
  stopping: AbortSignal,
  refusals: Refusals,
): Promise<Application> {
  const abort = new AbortController()
  stopping.addEventListener('abort', () => opening && abort.abort(), { once: true })
  let opening = true
  const kafka = kafkaOf(config, emit, abort.signal, { awaitsLogin: true })
  try {
    const app = await composeOn(kafka, abort, config, emit, refusals)
    opening = false
    return app
  } catch (error) {
    // An open connection would keep the process alive.
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
  refusals: Refusals,
): Promise<Application> {
  const clock = trustedClockOf(config)
  const stamps = fileStampsOf(config)
  const assets = await openAssets(config, emit, fileMap(config, 'registry'))
  // Created early: without its handler, a SIGHUP during the wait for Kafka would end the process.
  const reloader = new Reloader({ config, assets, stamps, adopt: (what) => core.adopt(what), emit, refusals })
  const { sink, transactions } = await outputsOf(kafka, config, emit, clock)
  const topics = await namedSideTopics(config, kafka, emit)
  const stores = await openStores(config, await kafka.clusterId(), () => sideInputs.lost(), emit, clock)
  const watch = await watched(clock, stores.askTime, emit)
  const source = sourceOf(kafka, config, transactions, emit, clock)
  const shadow = openShadow(config, assets, clock, emit)
  const offsets = new SideOffsets()
  const remembered = remembering(stores, assets, clock, emit)
  const core = createCore({
    config,
    mode: 'service',
    source,
    sink,
    transactions,
    ...remembered,
    replies: () => config.replies !== null || sideInputs.follows('replies'),
    sideOffsets: offsets,
    loaded: () => loadedVersions(assets),
    describe: assets.describe,
    shadow,
    tokenise: tokeniserOf(config),
    clock,
    confirmTime: () => watch.confirm(),
    emit,
    logsOf: (partitions) => kafka.logsOf(partitions),
    unready: () => [...(transactions?.unready() ?? []), ...sideInputs.unready(), ...watch.unready()],
  })
  const templates = templateTopicOf(remembered.templateLearning, { config, kafka, stores, sink, clock, emit })
  const own = { config, kafka, topics, stores, core, sink, offsets, templates, clock, emit }
  const sideInputs = new SideInputs({ ...own, registry: assets.registry })
  const closing = [watch, { close: () => reloader.stop() }, shadow, sink, transactions, stores, kafka]
  const orders = ordersOf(kafka, config, core, clock)
  return runningOf({ core, assets, orders, reloader, sideInputs, closing, abort })
}

interface Composed extends Pick<Application, 'assets'> {
  readonly core: Runner
  readonly orders: FeedbackOrders
  readonly reloader: Reloader
  readonly sideInputs: SideInputs
  /** Closed in this order after the core has stopped. */
  readonly closing: readonly ({ close(): unknown } | undefined)[]
  readonly abort: AbortController
}

function runningOf({ core, assets, orders, reloader, sideInputs, closing, abort }: Composed): Application {
  return {
    core,
    assets,
    orders,
    async run() {
      const { complete } = await sideInputs.start()
      if (sideInputs.stopping) return
      reloader.start()
      const running = core.run()
      await Promise.race([running, complete.then(() => running)])
    },
    stop: async () => void (await Promise.all([core.stop(), sideInputs.stop()])),
    async close() {
      abort.abort()
      for (const part of closing) await part?.close()
      assets.classifier.close()
    },
  }
}

/** Orders are written to the feedback topic, which every instance reads. */
function ordersOf(kafka: KafkaConnection, config: Config, core: Runner, clock: TrustedClock): FeedbackOrders {
  const { feedback } = config.kafka.topics
  let opened: ReturnType<typeof producerTo> | undefined
  const write = async (topic: string, record: KeyedRecord) => {
    opened ??= producerTo(topic, kafka).catch((error: unknown) => {
      opened = undefined
      throw error
    })
    await (await opened).send([record])
  }
  return new FeedbackOrders({
    core,
    write: feedback === null ? undefined : (record) => write(feedback, record),
    needsApproval: config.manual.approval === 'required',
    clock,
  })
}

/** The stores as the pipeline expects them. */
function remembering(
  { features, states, ledger, senderMinutes, notices, templates }: Stores,
  assets: Assets,
  clock: TrustedClock,
  emit: Emit,
) {
  const learning = new NoticeLearning({ index: assets.notices, store: notices })
  const templateLearning = new TemplateLearning({ index: assets.templates, store: templates, clock, emit })
  return { features, states, ledger, senderMinutes, learning, templateLearning }
}

/** The topic of templates, or undefined if none is configured. */
function templateTopicOf(
  learning: TemplateLearning,
  {
    config,
    stores,
    ...own
  }: Pick<TemplateTopicParts, 'kafka' | 'sink' | 'clock' | 'emit'> & {
    readonly config: Config
    readonly stores: Stores
  },
): TemplateTopic | undefined {
  const { topics, groupId } = config.kafka
  if (topics.templates === null) return undefined
  return new TemplateTopic({
    ...own,
    ...{ learning, groupId, topic: topics.templates, store: stores.templates, states: stores.states },
    futureReject: config.limits.futureReject,
  })
}

async function watched(clock: TrustedClock, askTime: Stores['askTime'], emit: Emit): Promise<ClockWatch> {
  const watch = new ClockWatch({ clock, ask: askTime ? [askTime] : [], emit })
  await watch.start()
  return watch
}

function sourceOf(
  kafka: KafkaConnection,
  config: Config,
  transactions: KafkaTransactions | undefined,
  emit: Emit,
  clock: TrustedClock,
) {
  const { groupId, startFrom } = config.kafka
  const topics = inputTopicNames(config)
  const takeOver =
    transactions && ((...of: Parameters<KafkaTransactions['takeOver']>) => transactions.takeOver(...of))
  const appended = (time: number) => clock.observe('kafka', time, { before: performance.now() })
  return createKafkaSource({ connection: kafka, groupId, topics, startFrom, emit, takeOver, appended })
}

/** The sink for all outputs, and the transactions for exactly-once delivery, if configured. */
async function outputsOf(connection: KafkaConnection, config: Config, emit: Emit, clock: TrustedClock) {
  const topics = await requiredTopics(connection, config)
  const { groupId } = config.kafka
  const transactions =
    config.delivery === 'exactly-once'
      ? new KafkaTransactions({ connection, groupId, topics, emit, clock })
      : undefined
  return { sink: createKafkaSink({ connection, topics, clock }), transactions }
}

function tokeniserOf({ privacy }: Config) {
  const { tokenKey } = privacy
  if (!tokenKey) throw new SigwatchError('CONFIG_INVALID', 'privacy.tokenKey is required with brokers')
  return createTokeniser(revealed(tokenKey))
}

/** The output topics by channel. They and the input topics must exist. */
async function requiredTopics(kafka: KafkaConnection, config: Config): Promise<Record<string, string>> {
  const { topics, createTopics } = config.kafka
  const { alerts, deadLetters, shadowAlerts, verdicts, blocks, stats, versions, templates } = topics
  const { feedbackResults } = topics
  const outputs = { alerts, deadLetters, shadowAlerts, verdicts, blocks, stats, versions, templates }
  const named = Object.fromEntries(
    Object.entries(outputs).flatMap(([channel, topic]) => (topic === null ? [] : [[channel, topic]])),
  )
  await kafka.requireTopics([...inputTopicNames(config), ...Object.values(named)], {
    create: createTopics,
    compacted: [blocks, versions, templates].filter((name) => name !== null),
    stamped: Object.values(named),
  })
  // Optional, like side topics: used if it exists.
  if (feedbackResults !== null && (await kafka.missingTopics([feedbackResults])).length === 0)
    named.feedbackResults = feedbackResults
  return named
}
