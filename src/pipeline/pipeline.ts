import { classify } from '../detection/classify.ts'
import type { Detectors } from '../detection/detectors/all.ts'
import { type Decision, decide, detect, type KnownAfter } from '../detection/judge.ts'
import { TextCache } from '../detection/text-cache.ts'
import type { ConsentLedger } from '../domain/consent-ledger.ts'
import type { Detected, SignalContext } from '../domain/detector.ts'
import type { Emit } from '../domain/events.ts'
import { getOrInsert } from '../domain/maps.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'
import type { BoundedClock, OutputRecord } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import type { SenderMinutes } from '../domain/sender-minutes.ts'
import type { MatchingState } from '../domain/state.ts'
import type { StateStore } from '../domain/state-store.ts'
import type { Tokenise } from '../domain/token.ts'
import type { Versions, VersionsInForce } from '../domain/versions.ts'
import { senderCountsOf } from '../stores/sender-statistics/sender-counts.ts'
import type { VersionRows } from '../stores/sender-statistics/version-rows.ts'
import { stateInputsOf } from '../stores/states/inputs.ts'
import type { StateManager } from '../stores/states/manager.ts'
import type { StatePublisher } from '../stores/states/publisher.ts'
import type { AlertCap } from './alert-cap.ts'
import { AlertedMessages } from './alerted-messages.ts'
import type { BacklogWait } from './backlog-wait.ts'
import { BatchReading } from './batch-reading.ts'
import { consult, notConsulted } from './consult.ts'
import { type BatchBreakers, batchBreakersOf, type Degradation } from './degradation.ts'
import type { Isolation } from './isolation.ts'
import type { NoticeLearning } from './notice-learning.ts'
import {
  alertedOf,
  type Intaken,
  type MessageOutputs,
  messageOutputs,
  type OutputOptions,
  recordsOf,
  reportOutputs,
} from './outputs.ts'
import type { Observed, Rated, Rates } from './rate.ts'
import { rememberSent } from './remember-sent.ts'
import { Stopwatch } from './stopwatch.ts'
import type { TemplateLearning } from './template-learning.ts'

/** Rows of side inputs, as used by a batch: see SideRows. */
export interface Effects {
  advance(eventTime: number, batch: readonly AnalysedMessage[]): Promise<void>
}

export interface PipelineParts {
  /** Activates the versions loaded last for one batch. */
  readonly versions: VersionsInForce & { begin(): Versions }
  readonly tokenise: Tokenise
  readonly detectors: Detectors
  readonly ledger: ConsentLedger
  /** Whether subscriber replies are being read, in which case sent messages are remembered. */
  readonly replies: () => boolean
  readonly sideRows: Effects
  readonly rates: Rates
  readonly states: StateManager
  /** Counts senders; absent if no topic for them is configured. */
  readonly senderMinutes?: Pick<SenderMinutes, 'count'>
  /** The content behind the versions; absent if no topic for it is configured. */
  readonly versionRows?: VersionRows
  readonly alerted: Pick<StateStore, 'rememberAlerted'>
  readonly publisher: StatePublisher
  readonly outputs: OutputOptions
  /** Age above which alerts for messages are shadow, ms; 0: never. */
  readonly maxAge: number
  readonly alertCap: AlertCap
  /** Learns brand notices; absent if disabled. */
  readonly learning?: NoticeLearning
  /** Learns fraud templates; absent if disabled. */
  readonly templates?: TemplateLearning
  readonly wait: BacklogWait
  readonly degradation: Degradation
  /** Receives the messages judged by the live model; never blocks. */
  readonly shadow?: { observe(messages: readonly AnalysedMessage[]): void }
  readonly clock: BoundedClock
  readonly emit: Emit
}

/**
 * Passes the records of a batch to the sink. Resolves when the next batch may begin; offsets are committed after the
 * sink's acknowledgement.
 */
export type Write = (records: readonly OutputRecord[]) => Promise<void>

/**
 * The complete order of the work on one batch: every effect is a line. A message on which a stage throws becomes a dead
 * letter without affecting the others.
 */
export class Pipeline {
  readonly #parts: PipelineParts
  readonly #texts = new TextCache()
  readonly #alerted: AlertedMessages
  readonly #readings = new WeakMap<readonly Intaken[], BatchReading>()

  constructor(parts: PipelineParts) {
    this.#parts = parts
    this.#alerted = new AlertedMessages(parts.alerted)
  }

  /** Reads a batch that is being collected or waits, while the previous one waits for the stores. Pure: it has no effects. */
  readAhead(items: readonly Intaken[]): void {
    const reading = getOrInsert(this.#readings, items, () => this.#readingOf(items))
    reading.ahead(() => this.#parts.versions.current.classifier)
  }

  async process(items: readonly Intaken[], write: Write): Promise<void> {
    const { ledger, sideRows, rates, senderMinutes, states, publisher } = this.#parts
    const { detectors, versionRows, wait, emit } = this.#parts
    const versions = this.#parts.versions.begin()
    const { classifier, policy, registry, alike, notices } = versions
    const codePolicy: SignalContext['codePolicy'] = (code, ts) => policy.codePolicy(code, ts)
    const context: SignalContext = { registry, alike, notices, codePolicy }
    const reading = this.#readings.get(items) ?? this.#readingOf(items)
    const { isolation } = reading
    const { read, seconds } = this.#finish(reading)
    const watch = new Stopwatch(emit)
    const scored = await isolation.together('classify', read, (some) => classify(some, classifier))
    const classified = scored.flat()
    watch.lap('classify', seconds.classify)

    const breakers = batchBreakersOf(wait, wait.begin(classified))
    const { ledgers, minutes, store, outbox } = breakers
    if (this.#parts.replies()) await ledgers.ask(() => rememberSent(classified, ledger))
    await ledgers.ask(() => sideRows.advance(eventTimeOf(items), classified))
    const consulted = await ledgers.ask(() => consult(classified, ledger, states.allowances))
    const knownOf = consulted ?? notConsulted(states.allowances)
    const detected = isolation.each('detect', classified, (message) =>
      detect(message, knownOf(message), versions, detectors.message),
    )
    watch.lap('detect')

    const observed = isolation.each('rate', detected, (one) => rates.observe(one, context, policy.escalate))
    const rated = await isolation.together('rate', observed, (some) =>
      rates.count(some, context, policy.escalate),
    )
    const counts = wholeOf(observed, rated)
    const { uncounted, heldBack } = counts
    if (senderMinutes) await minutes.ask(() => senderMinutes.count(senderCountsOf(classified)))
    if (heldBack > 0) emit({ name: 'entities_held_back', count: heldBack })
    watch.lap('rate')

    const inputs = stateInputsOf(counts.signals, states.open, ledgers.outage !== undefined)
    await store.ask(() => states.apply(inputs))
    await outbox.ask(() => publisher.publish())

    // Only messages whose counts are on an unavailable part of the store are degraded.
    const isDegraded = (message: AnalysedMessage) => ledgers.outage !== undefined || uncounted.has(message)
    const decided = this.#decide(isolation, detected, policy, (message) =>
      states.openStatesFor(message, isDegraded(message) || store.outage !== undefined),
    )
    const now = this.#parts.clock.now()
    const outputs = this.#outputsOf(isolation, decided, versions, now, isDegraded)
    reportOutputs(outputs, policy, emit)
    watch.lap('decide')

    const newVersions = versionRows?.of(versions, now) ?? []
    const records = [...newVersions, ...rejectionsOf(items), ...isolation.deadLetters, ...recordsOf(outputs)]
    await Promise.all([
      write(records),
      this.#settle({ outputs, decided, registry }, breakers, counts),
      this.#showToShadow(classified),
    ])
  }

  #finish(reading: BatchReading) {
    const { emit } = this.#parts
    const finished = reading.finish()
    emit({ name: 'stage_timed', stage: 'intake', seconds: finished.seconds.intake })
    emit({ name: 'texts_read', ...this.#texts.takeUse() })
    return finished
  }

  #decide(
    isolation: Isolation,
    detected: readonly Detected[],
    policy: Policy,
    openStatesFor: (message: AnalysedMessage) => readonly MatchingState[],
  ): Decision[] {
    const { clock, maxAge } = this.#parts
    const now = clock.earliest()
    const stateless: KnownAfter = { states: [], now, maxAge }
    return isolation.each('decide', detected, (one) => {
      const states = openStatesFor(one.message)
      return decide(one, states.length === 0 ? stateless : { states, now, maxAge }, policy)
    })
  }

  #outputsOf(
    isolation: Isolation,
    decided: readonly Decision[],
    versions: Versions,
    now: number,
    isDegraded: (message: AnalysedMessage) => boolean,
  ): MessageOutputs[] {
    const { alertCap, outputs: asked } = this.#parts
    const whole = { now, model: versions.classifier.id, degraded: false }
    const lacking = { ...whole, degraded: true }
    return isolation.each('decide', alertCap.limit(decided), (one) =>
      messageOutputs(one, versions, isDegraded(one.message) ? lacking : whole, asked),
    )
  }

  #readingOf(items: readonly Intaken[]): BatchReading {
    const { tokenise, emit } = this.#parts
    return new BatchReading(items, { tokenise, texts: this.#texts, emit })
  }

  /** Called when the records of the batch are being written. Errors here do not fail the batch. */
  #showToShadow(messages: readonly AnalysedMessage[]): void {
    try {
      this.#parts.shadow?.observe(messages)
    } catch (error) {
      this.#parts.emit({ name: 'shadow_failed', how: 'show', reason: (error as Error).message })
    }
  }

  /**
   * Stores the data behind alerts, as analysts may refer to their messages; then reports work of the batch that stores
   * did not do.
   */
  async #settle(
    { outputs, decided, registry }: Settled,
    breakers: BatchBreakers,
    { isAsked, counted, uncounted }: ReturnType<typeof wholeOf>,
  ): Promise<void> {
    const { degradation, wait, emit } = this.#parts
    const { learning, templates } = this.#parts
    const alerted = alertedOf(outputs, (decision) => templates?.teachingOf(decision, registry))
    await this.#alerted.remember(alerted, breakers.outbox)
    learning?.observe(decided, registry)
    if (learning) await breakers.outbox.ask(() => learning.settle())
    templates?.observe(decided)
    if (templates) await breakers.outbox.ask(() => templates.settle())
    const outages = Object.values(breakers).flatMap(({ outage }) => (outage ? [outage.code] : []))
    // The sink is given up only when the process ends: no store is missing.
    const reasons = outages.filter((code) => code !== 'SINK_UNREACHABLE')
    if (reasons.length < outages.length)
      emit({ name: 'warning', message: 'states not published: SINK_UNREACHABLE' })
    if (!counted) reasons.unshift('REDIS_UNREACHABLE')
    if (reasons.length > 0) degradation.missed(reasons, uncounted.size)
    else if (isAsked) {
      degradation.answered()
      wait.over()
    }
  }
}

interface Settled {
  readonly outputs: readonly MessageOutputs[]
  readonly decided: readonly Decision[]
  readonly registry: Registry
}

/** Combines the counts of a batch's calls. `isAsked`: there was something to count. */
function wholeOf(observed: readonly Observed[], parts: readonly Rated[]) {
  return {
    isAsked: observed.length > 0,
    signals: parts.flatMap((part) => part.signals),
    counted: parts.every((part) => part.counted),
    uncounted: new Set(parts.flatMap((part) => [...(part.uncounted ?? [])])),
    heldBack: parts.reduce((sum, part) => sum + (part.heldBack ?? 0), 0),
  }
}

/** Dead letters of records that could not be read. */
function rejectionsOf(items: readonly Intaken[]) {
  const rejected: OutputRecord[] = []
  for (const item of items) if (item.kind === 'rejected') rejected.push(item.output)
  return rejected
}

function eventTimeOf(items: readonly Intaken[]): number {
  return items.reduce(
    (time, item) => (item.kind === 'message' ? Math.max(time, item.eventTime) : time),
    Number.NEGATIVE_INFINITY,
  )
}
