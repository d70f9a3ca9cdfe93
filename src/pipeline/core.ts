import { randomUUID } from 'node:crypto'
import type { AlertOptions } from '../detection/alerts/alert-options.ts'
import { DETECTORS } from '../detection/detectors/all.ts'
import { codeOf } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import type { RawRecord } from '../domain/message.ts'
import type { PartitionId, Sink } from '../domain/ports.ts'
import { reportRefused } from '../domain/sink-refused.ts'
import { createTokeniser } from '../domain/token.ts'
import type { Config } from '../settings/config.ts'
import { revealed } from '../settings/secret.ts'
import { StatsWriter } from '../stores/sender-statistics/writer.ts'
import { FormerTokens } from '../stores/states/former-tokens.ts'
import { StateManager } from '../stores/states/manager.ts'
import { ManualStates } from '../stores/states/manual.ts'
import { type PublisherParts, StatePublisher } from '../stores/states/publisher.ts'
import { EventTimeSweeper, Sweeper } from '../stores/states/sweeper.ts'
import { ActiveVersions } from './active-versions.ts'
import { Checker } from './checker.ts'
import type { CoreParts, Wiring } from './core-parts.ts'
import { maxAgeOf, maxLagOf, wirePipeline } from './core-pipeline.ts'
import { CrashGuard } from './crash-guard.ts'
import { Degradation } from './degradation.ts'
import { FeedbackAnswers } from './feedback-answers.ts'
import { InOrder } from './in-order.ts'
import { lineDecoder, topicDecoder } from './inputs.ts'
import { Intake } from './intake.ts'
import { JoinParts } from './join-parts.ts'
import { Outlet } from './outlet.ts'
import type { Intaken } from './outputs.ts'
import type { Pipeline, Write } from './pipeline.ts'
import { ProgressReports } from './progress.ts'
import { resetCountsOf } from './reset-counts.ts'
import { Runner, type RunnerParts } from './runner.ts'
import { SideOffsets } from './side-inputs/offsets.ts'
import { SideRows } from './side-inputs/side-rows.ts'
import { MAX_WAITING_PARTS } from './transactional-writer.ts'

/** Composes stages and ports, independent of any adapter. */
export function createCore(parts: CoreParts): Runner {
  const { core, pipeline } = wire(parts)
  const wired = { ...core, source: parts.source }
  return parts.mode === 'embedded'
    ? embeddedRunner(wired, new InOrder(pipeline, core.sideRows))
    : serviceRunner(wired, pipeline)
}

/** The work on batches without a source: the caller determines the batches. */
export interface Engine {
  readonly sideRows: SideRows
  /** Ends silent states, at most once per bucket: no message before this event time will follow, ms. */
  reach(eventTime: number, partition: PartitionId): Promise<void>
  /** Processes one batch and passes its outputs to `write`; state alerts go to the sink. */
  process(items: readonly Intaken[], write: Write): Promise<void>
}

/** The embedded mode for callers that build their own batches. */
export function createEngine(parts: Omit<Wiring, 'mode'>): Engine {
  const { core, pipeline } = wire({ ...parts, mode: 'embedded' })
  const { states: store, manager, publisher, sideRows, versions } = core
  const sweeper = new EventTimeSweeper({ store, manager, publisher })
  const inOrder = new InOrder(pipeline, sideRows)
  return {
    sideRows,
    reach: (eventTime, partition) => sweeper.reach(eventTime, partition),
    process: (items, write) => versions.during(() => inOrder.process(items, write)),
  }
}

function wire(parts: Wiring) {
  const { features, states: store, ledger, clock, emit } = parts
  const [stopping, draining] = [new AbortController(), new AbortController()]
  const sink = new Outlet(parts.sink)
  const alerts = alertOptionsOf(parts)
  const senderMinutes = sink.has('stats') ? parts.senderMinutes : undefined
  const versions = new ActiveVersions(parts.loaded)
  const { publisher, manager, manual } = wireStates(parts, sink, versions, alerts, stopping.signal)
  const { deployment } = alerts
  const answers = new FeedbackAnswers({
    ...{ sink, store, clock, emit, holder: randomUUID(), signal: stopping.signal },
  })
  const sideRows = new SideRows({
    ...{ ledger, features, states: manager, store, deployment, versions, emit, manual },
    ...given({ templates: parts.templateLearning }),
    needsApproval: parts.config.manual.approval === 'required',
    answer: (row, outcome) => answers.answer(row, outcome),
  })
  const checker = checkerOf(parts, { versions, manager, alerts })
  const degradation = new Degradation(emit)
  const own = {
    ...{ sink, versions, publisher, manager, manual, sideRows },
    ...{ stopping, draining, degradation, checker },
  }
  const pipeline = wirePipeline(parts, { ...own, alerts, senderMinutes })
  const stats =
    senderMinutes &&
    new StatsWriter({ minutes: senderMinutes, baselines: features, versions, sink, clock, emit })
  return { core: { ...parts, ...own, ...(stats ? { stats } : {}) }, pipeline }
}

function wireStates(
  parts: Wiring,
  sink: Sink,
  versions: ActiveVersions,
  alerts: AlertOptions,
  signal: AbortSignal,
) {
  const { mode, config, states: store, clock, emit } = parts
  const { blocksFrom } = alerts
  const publisher = new StatePublisher({ store, sink, signal, blocksFrom, ...publisherEvents(emit) })
  const states = {
    store,
    versions,
    alerts,
    outbox: publisher,
    clock,
    capped: (count: number) => emit({ name: 'states_capped', count }),
    lateAfterExpiry: maxAgeOf(parts) > 0,
    formerTokens: formerTokensOf(config),
    ordersLastBy: mode === 'embedded' ? ('event' as const) : ('clock' as const),
  }
  return { publisher, manager: new StateManager(states), manual: new ManualStates(states) }
}

function alertOptionsOf({ mode, config, describe, alertSource }: Wiring): AlertOptions {
  return {
    deployment: config.deployment,
    ...given({ source: alertSource }),
    describe,
    senderContacts: config.privacy.senderContacts,
    blocksFrom: config.blocks.minAction,
    maxLag: maxLagOf({ mode, config }),
  }
}

function checkerOf(
  parts: Wiring,
  own: { readonly versions: ActiveVersions; readonly manager: StateManager; readonly alerts: AlertOptions },
): Checker {
  const { config, states: store, ledger, detectors = DETECTORS } = parts
  const lacking = () => [...store.unready(), ...ledger.unready()]
  const states = own.manager
  const { limits } = config
  return new Checker({ ...parts, ...own, detectors, states, maxAge: maxAgeOf(parts), lacking, limits })
}

function formerTokensOf({ privacy: { previousTokenKeys } }: Config): FormerTokens {
  return new FormerTokens(previousTokenKeys?.map((key) => createTokeniser(revealed(key))))
}

type Wired = CoreParts & Omit<RunnerParts, 'intake' | 'background'> & { readonly stats?: StatsWriter }

/** Silent states end by the event time of the input. */
function embeddedRunner(core: Wired, pipeline: Pick<Pipeline, 'process'>): Runner {
  const { states: store, manager, publisher } = core
  const sweeper = new EventTimeSweeper({ store, manager, publisher })
  const intake = new Intake({
    ...intakeParts(core, pipeline),
    beforeBatch: (eventTime, partition) => sweeper.reach(eventTime, partition),
    partClock: 'event',
  })
  return new Runner({ ...core, intake, background: [] })
}

/** Silent states end by the watermark over all instances, to which this one reports its progress. */
function serviceRunner(core: Wired, pipeline: Pipeline): Runner {
  const { features, states: store, ledger, manager, publisher, source, sideRows, clock, emit } = core
  const guard = new CrashGuard(pipeline, store, emit)
  const common = intakeParts(core, guard)
  const intake = new Intake({
    ...common,
    readAhead: (items) => guard.readAhead(items),
    assigned: async (partitions) => {
      await common.assigned(partitions)
      progress.assigned()
    },
    revoked: (partitions) => {
      common.revoked(partitions)
      void guard.revoked(partitions)
    },
    partClock: 'append',
  })
  const sideOffsets = core.sideOffsets ?? new SideOffsets()
  const progress = new ProgressReports({
    ...{ intake, source, states: store, manager, publisher, sideRows, sideOffsets, clock, emit },
    degradation: core.degradation,
    lacking: () => [features, store, ledger].flatMap((part) => part.unready()),
  })
  const sweeper = new Sweeper({
    ...{ store, manager, publisher, holder: randomUUID() },
    failed: (error) => emit({ name: 'warning', message: `sweep failed: ${codeOf(error)}` }),
    ...(core.stats ? { stats: core.stats } : {}),
    swept: ({ watermark }) => {
      if (watermark !== undefined) emit({ name: 'watermark_moved', eventTime: watermark })
    },
  })
  return new Runner({
    ...core,
    intake,
    background: [progress, sweeper, ...(core.templateLearning ? [core.templateLearning] : [])],
  })
}

function intakeParts(core: Wired, pipeline: Pick<Pipeline, 'process'>) {
  const { config, source, sink, transactions, features, versions, stopping, clock, emit } = core
  const resetCounts = resetCountsOf({ senderMinutes: core.senderMinutes, emit, signal: stopping.signal })
  return {
    ...{ source, sink, clock, emit },
    ...readingOf(core),
    ...(transactions ? { transactions } : {}),
    join: new JoinParts({
      wait: config.limits.partWait,
      ...(transactions ? { maxPartsOfPartition: MAX_WAITING_PARTS } : {}),
    }),
    process: (items: readonly Intaken[], write: Write) =>
      versions.during(() => pipeline.process(items, write)),
    assigned: async (partitions: readonly PartitionId[]) => {
      await resetCounts(await features.assign(partitions, core.logsOf))
    },
    revoked: (partitions: readonly PartitionId[]) => features.revoke(partitions),
    limits: config.batch,
    signal: stopping.signal,
    ...(core.confirmTime ? { confirmTime: core.confirmTime } : {}),
  }
}

/** How records are read, and what must be ready before. */
function readingOf({ mode, config, emit, ...core }: Wired) {
  const decode =
    core.decode ?? (mode === 'embedded' ? lineDecoder(config, undefined, emit) : topicDecoder(config, emit))
  const { prepare } = decode
  return {
    decode,
    ...(prepare
      ? { prepare: (records: readonly RawRecord[]) => prepare(records, core.draining.signal) }
      : {}),
  }
}

function publisherEvents(emit: Emit): Pick<PublisherParts, 'refused' | 'published'> {
  return {
    refused: (_entry, error) => reportRefused(emit, error),
    published: (entries) => {
      for (const { alert } of entries) {
        const { action, mode, reasons } = alert.data
        emit({ name: 'alerts_emitted', type: alert.type, code: reasons[0]!.code, action, mode, count: 1 })
        emit({ name: 'alerts_counted', type: alert.type, action, mode, count: 1 })
      }
    },
  }
}
