import { randomUUID } from 'node:crypto'
import { DETECTORS, type Detectors, findingsOf } from '../detectors/all.ts'
import type { Provenance } from '../domain/alert.ts'
import type { Finding } from '../domain/decision.ts'
import type { SignalContext } from '../domain/detector.ts'
import { codeOf, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { messageAlertId } from '../domain/hash.ts'
import type { Policy } from '../domain/policy.ts'
import type {
  Classifier,
  Clock,
  ConsentLedger,
  FeatureStore,
  PartitionId,
  Sink,
  Source,
  StateStore,
} from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import type { Tokenise } from '../domain/token.ts'
import { Intake } from '../pipeline/intake.ts'
import type { Intaken } from '../pipeline/outputs.ts'
import { type BatchOutcome, createPipeline } from '../pipeline/pipeline.ts'
import { classify } from '../stages/classify.ts'
import { type Consulted, createConsult } from '../stages/consult.ts'
import { createDecide } from '../stages/decide.ts'
import { decode } from '../stages/decode.ts'
import { JoinParts } from '../stages/join-parts.ts'
import { type BackedSignal, createRate, type Rated } from '../stages/rate.ts'
import { readMessage } from '../stages/read-message.ts'
import { contactsInClear, showContacts, showEvidence, showMessage } from '../stages/show.ts'
import { nameCampaigns } from '../states/campaigns.ts'
import { bornByRegistry, candidatesOf, escalate } from '../states/escalation.ts'
import { createStateManager, type StateManager } from '../states/manager.ts'
import { createPublisher } from '../states/publisher.ts'
import { createSweeper } from '../states/sweeper.ts'
import type { Config } from './config.ts'
import { inOrder } from './in-order.ts'
import { createProgress } from './progress.ts'
import { SideOffsets } from './side-offsets.ts'
import { createSideRows, type SideRows } from './side-rows.ts'

/** Everything that is chosen outside: adapters, loaded files, the clock. */
export interface CoreParts {
  readonly config: Config
  readonly mode: 'service' | 'embedded'
  readonly source: Source
  readonly sink: Sink
  readonly features: FeatureStore
  readonly states: StateStore
  readonly ledger: ConsentLedger
  /** Whether replies of subscribers are read, from a file or a topic. */
  readonly replies: boolean
  /** Of side topics, where there are any. */
  readonly sideOffsets?: SideOffsets
  /** The versions that are loaded; a batch is worked on with those of its beginning. */
  readonly classifier: () => Classifier
  readonly policy: () => Policy
  readonly registry: () => Registry
  /** All of them unless told. */
  readonly detectors?: Detectors
  readonly describe: (finding: Finding) => { readonly detail: string; readonly rule?: string }
  readonly tokenise: Tokenise
  readonly clock: Clock
  readonly emit: Emit
  /** Log ends of partitions, so that a log that was made anew is seen. */
  readonly endOffsets?: (
    partitions: readonly PartitionId[],
  ) => Promise<readonly (PartitionId & { endOffset?: number })[]>
}

export interface Core {
  /** Reads the source to its end or until stopped; everything that was taken in is settled when it resolves. */
  run(): Promise<void>
  /** Drains and ends `run`. */
  stop(): Promise<void>
  readonly manager: StateManager
  readonly intake: Intake
  readonly sideRows: SideRows
  /**
   * After something was loaded anew: resolves when no batch works with the version before any more and the states that
   * the new one does not bear are cleared.
   */
  adopt(what: Versioned): Promise<void>
  unready(): readonly string[]
}

/** What decisions rest on and what can be loaded anew while the service runs. */
export type Versioned = 'model' | 'policy' | 'registry'

/** After a stop, a sink that takes nothing is waited for so long, ms: within the time that a process has to end. */
const GIVE_UP_AFTER = 15_000
/** Event time between two sweeps of the embedded mode, ms. */
const SWEEP_EVERY = 10_000

const UNRATED: Promise<Rated> = Promise.resolve({ signals: [], counted: true })

/** Puts stages and ports together; knows no adapter. */
export function createCore(parts: CoreParts): Core {
  const { config, source, sink, features, states, clock, emit, detectors = DETECTORS } = parts
  const abort = new AbortController()
  const embedded = parts.mode === 'embedded'
  const { senderContacts } = config.privacy
  const maxAge = embedded ? 0 : config.alerts.maxAge
  const loaded = () => ({
    classifier: parts.classifier(),
    policy: parts.policy(),
    registry: parts.registry(),
  })
  /** One set of versions from the first stage of a batch to its last. */
  let inForce = loaded()
  const policy = () => inForce.policy
  const registry = () => inForce.registry
  const provenance = (): Pick<Provenance, 'model' | 'policy' | 'registry'> => ({
    model: inForce.classifier.id,
    policy: policy().hash,
    registry: registry().hash,
  })

  const publisher = createPublisher({
    store: states,
    sink,
    refused: (_entry, error) => emit({ name: 'failed', code: error.code, reason: error.message }),
    published: (entries) => {
      for (const { alert } of entries) {
        const { action, mode, reasons } = alert.data
        emit({ name: 'alerts_emitted', type: alert.type, code: reasons[0]!.code, action, mode, count: 1 })
      }
    },
  })
  const manager = createStateManager({
    store: states,
    deployment: config.deployment,
    describe: parts.describe,
    senderContacts,
    policy,
    provenance,
    clock,
    lateAfterExpiry: maxAge > 0,
    ordered: embedded,
    publish: (entries, signal) => publisher.publish(entries, signal ?? abort.signal),
  })

  const context = (): SignalContext => ({
    registry: registry(),
    judge: (code, ts) => policy().judge(code, ts),
  })
  const rate = createRate(features, detectors.rate, {
    candidates: ({ message, findings }) => candidatesOf(message, findings, registry(), policy().escalate),
    signals: (candidates, readings, earlier) =>
      escalate(candidates, readings, policy().escalate, earlier).map(({ signal, message, samples }) => ({
        signal,
        messages: [...samples.slice(-5), message],
      })),
  })
  const sideRows = createSideRows({
    ledger: parts.ledger,
    features,
    manager,
    context,
    emit,
  })
  const consult = createConsult(parts.ledger, {
    due: (eventTime, seen) => sideRows.advance(eventTime, seen),
    replies: parts.replies,
  })
  const decide = createDecide({
    deployment: config.deployment,
    describe: parts.describe,
    alertId: (messageId, mode) => messageAlertId(config.deployment, messageId, mode),
    show: (message, action) => showMessage(message, contactsInClear(action, senderContacts)),
    contacts: (message, action) => showContacts([message], contactsInClear(action, senderContacts)),
    showEvidence: (evidence, action, to) =>
      showEvidence(evidence, contactsInClear(action, senderContacts), to),
    wants: { shadowAlerts: sink.has('shadowAlerts'), verdicts: sink.has('verdicts') },
    maxAge,
  })

  async function transition(signals: readonly BackedSignal[], degraded: boolean): Promise<void> {
    if (signals.length === 0) return
    const named = nameCampaigns(signals.toSorted(byTime), (band) => manager.open.campaignOf(band))
    const inputs = named.flatMap(({ signal, messages }) => {
      const message = messages.at(-1)
      if (!message) return []
      return [
        {
          signal,
          message,
          samples: messages.slice(0, -1),
          position: message.origins[0]!.position,
          degraded,
        },
      ]
    })
    try {
      await manager.apply(inputs)
    } catch (error) {
      if (!(error instanceof SigwatchError && error.retry)) throw error
      emit({ name: 'features_degraded', reason: error.code })
    }
  }

  const pipeline = createPipeline<Consulted>(
    {
      extract: (message) => readMessage(message, parts.tokenise),
      classify: (batch) => classify(batch, inForce.classifier),
      consult,
      detect: (message, consulted) => findingsOf(message, inForce, consulted, detectors.message),
      rate: (batch) => (detectors.rate.length === 0 ? UNRATED : counted(rate(batch, context()))),
      transition,
      statesOf: (message) => manager.openStatesFor(message),
      decide: ({ message, findings }, open, degraded) =>
        decide(message, findings, open, {
          policy: policy(),
          provenance: provenance(),
          now: clock.now(),
          degraded,
        }),
    },
    emit,
  )

  let degradedSince: number | undefined
  /** Tells when counting stops and when it goes on. */
  async function counted(rating: Promise<Rated>): Promise<Rated> {
    const rated = await rating
    if (!rated.counted) {
      degradedSince ??= performance.now()
      emit({ name: 'features_degraded', reason: 'REDIS_UNREACHABLE' })
    } else if (degradedSince !== undefined) {
      emit({ name: 'features_recovered', seconds: (performance.now() - degradedSince) / 1000 })
      degradedSince = undefined
    }
    return rated
  }

  const stages = embedded ? inOrder(pipeline, sideRows) : pipeline
  /** The batch that is worked on, or was last. */
  let batch: Promise<unknown> = Promise.resolve()
  function process(items: readonly Intaken[]): Promise<BatchOutcome> {
    inForce = loaded()
    const outcome = stages(items)
    batch = outcome.catch(() => undefined)
    return outcome
  }

  async function adopt(what: Versioned): Promise<void> {
    const last = batch
    await last
    // A batch that has begun meanwhile took the new version itself.
    if (batch === last) inForce = loaded()
    if (what === 'policy') await manager.review('policy')
    else if (what === 'registry')
      await manager.review('registry', (state) => bornByRegistry(state, registry()))
  }

  let sweptAt = Number.NEGATIVE_INFINITY
  async function sweepByEventTime(eventTime: number, partition: PartitionId): Promise<void> {
    if (eventTime - sweptAt < SWEEP_EVERY) return
    sweptAt = eventTime
    await states.reportProgress([{ ...partition, eventTime, standing: 'current' }])
    await manager.sweep(eventTime)
  }

  const intake = new Intake({
    source,
    sink,
    decode: (raw) => decode(raw, config.limits),
    join: new JoinParts({ wait: config.limits.partWait }),
    process,
    ...(embedded ? { beforeBatch: sweepByEventTime } : {}),
    assigned: async (partitions) => {
      const reset = await features.assign((await parts.endOffsets?.(partitions)) ?? partitions)
      for (const { topic, partition } of reset) emit({ name: 'counting_reset', topic, partition })
      if (!embedded) progress.assigned()
    },
    revoked: (partitions) => features.revoke(partitions),
    clock,
    emit,
    limits: config.batch,
    partClock: embedded ? 'event' : 'append',
    signal: abort.signal,
  })

  const sweeper = createSweeper({
    store: states,
    manager,
    publisher,
    clock,
    holder: randomUUID(),
    failed: (error) => emit({ name: 'warning', message: `sweep failed: ${codeOf(error)}` }),
    swept: ({ watermark }) => {
      if (watermark !== undefined) emit({ name: 'watermark_moved', eventTime: watermark })
    },
  })

  const progress = createProgress({
    intake,
    source,
    states,
    manager,
    sideRows,
    sideOffsets: parts.sideOffsets ?? new SideOffsets(),
    clock,
    emit,
  })

  return {
    manager,
    intake,
    sideRows,
    adopt,
    async run() {
      // Without the store there are no states to know of; the sweeper reads them when it is back.
      await manager.start().catch((error: unknown) => {
        if (!(error instanceof SigwatchError && error.retry)) throw error
        emit({ name: 'features_degraded', reason: error.code })
      })
      if (!embedded) {
        progress.start()
        sweeper.start()
      }
      try {
        await intake.run()
      } finally {
        progress.stop()
        await sweeper.stop()
      }
    },
    async stop() {
      // What the sink does not take by then is read again by the next owner.
      setTimeout(() => abort.abort(), GIVE_UP_AFTER).unref()
      await source.stop()
    },
    unready: () => [
      ...source.unready(),
      ...sink.unready(),
      ...features.unready(),
      ...states.unready(),
      ...parts.ledger.unready(),
    ],
  }
}

/** Of the bands of a campaign that cross together the same one names it, whatever store found them. */
function byTime({ signal: a }: BackedSignal, { signal: b }: BackedSignal): number {
  return a.at - b.at || (a.target.id < b.target.id ? -1 : a.target.id > b.target.id ? 1 : 0)
}
