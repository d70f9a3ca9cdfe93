import { portName, signatureName } from '../domain/counted-name.ts'
import type { Signal } from '../domain/decision.ts'
import type { Detected, RateDetector, SignalContext } from '../domain/detector.ts'
import type {
  FanoutObservation,
  FanoutReading,
  FeatureStore,
  MemberObservation,
  Observations,
  RateObservation,
  Readings,
  TallyObservation,
} from '../domain/feature-store.ts'
import { addTo } from '../domain/maps.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Escalation } from '../domain/policy.ts'
import { portPrefix } from '../domain/port-prefix.ts'
import { isSamePartition } from '../domain/ports.ts'
import { SharedLists } from '../domain/shared-lists.ts'
import type { BackedSignal } from '../domain/state.ts'
import { bucketEnd } from '../domain/time.ts'
import { type Candidate, candidatesOf, ESCALATION, escalate } from '../stores/states/escalation.ts'
import { EntityGate } from './entity-gate.ts'
import { RecentMessages } from './recent-messages.ts'

export interface Observed {
  readonly detected: Detected
  readonly observations: Observations
  /** Findings that may escalate to a state of their target. */
  readonly candidates: readonly Candidate[]
}

export interface Rated {
  readonly signals: readonly BackedSignal[]
  /** False if a part of the store could not be reached, whose counts are missing. */
  readonly counted: boolean
  /** Number of names and entities not counted separately, because their ports exceeded the limit; absent if none. */
  readonly heldBack?: number
  /** Messages judged without all of their rates; absent if none. */
  readonly uncounted?: ReadonlySet<AnalysedMessage>
}

/** Number of messages shown with a signal, including the one that triggered it. */
const SAMPLES = 6
const NO_CANDIDATES: readonly Candidate[] = []

const NONE: readonly never[] = []

const unreadBy = {
  fraud: new SharedLists<RateObservation>(),
  commercial: new SharedLists<RateObservation>(),
  notice: new SharedLists<RateObservation>(),
}

/** Counts for an entity that are only read if something else requests it. */
function unread(entity: string, { malicious, commercial }: AnalysedMessage): readonly RateObservation[] {
  const group = malicious ? 'fraud' : commercial ? 'commercial' : 'notice'
  const lists = unreadBy[group]
  const last = lists.last(entity)
  if (last.length > 0) return last
  return lists.share(entity, [{ entity, group, baseline: false, reportFrom: Number.POSITIVE_INFINITY }])
}

const sentLists = new SharedLists<string>()

/** The names under which a message is counted as sent: that of its signature, if it has one, and that of its port. */
function sentNames(own: string | undefined, port: string): readonly string[] {
  // Not shared: texts without a signature come from many numbers, most of which send few.
  if (own === undefined) return [port]
  const last = sentLists.last(own)
  return last.at(-1) === port ? last : sentLists.share(own, [own, port])
}

/**
 * Everything a message counts: the observations requested by rate detectors, and the message as sent. Rates that no
 * detector reads are not counted. New names and entities above the limits of EntityGate are counted for the port only.
 */
export function observe(
  detected: Detected,
  detectors: readonly RateDetector[],
  context: SignalContext,
  escalation: Escalation,
  gate: EntityGate,
): Observed {
  const { message, findings } = detected
  const { from, signature, ts } = message
  const isKnown = signature !== undefined && context.registry.signature(signature.key) !== undefined
  const isLetIn = signature === undefined || isKnown || gate.name(from, signature.name, ts)
  const found =
    findings.length > 0 ? candidatesOf(message, findings, context.registry, escalation) : NO_CANDIDATES
  const candidates = found.length === 0 ? found : letIn(found, isLetIn, detected.message, gate)
  const name = isLetIn ? signature?.name : undefined
  const isPortIn = gate.port(from, ts)
  let rates: readonly RateObservation[] = NONE
  let members: readonly MemberObservation[] = NONE
  let tallies: readonly TallyObservation[] = NONE
  let fanout: FanoutObservation | undefined
  for (const one of detectors) {
    if (one.rates && isLetIn) rates = joined(rates, one.rates(detected, context))
    if (one.members)
      members = joined(members, counted(one.members(detected, context), message, isPortIn, gate))
    if (one.tallies) tallies = joined(tallies, one.tallies(detected, context))
    if (one.fanout) fanout ??= one.fanout(detected, context)
  }
  // The windows of a signature advance with every message it sends.
  const own = name === undefined ? undefined : signatureName(name)
  if (own !== undefined && rates.length === 0) rates = unread(own, message)
  if (candidates.length > 0) members = [...members, ...candidates.map(({ observation }) => observation)]
  const port = portName(isPortIn ? from : portPrefix(from)!)
  // A single literal: spreading into a new object costs several times as much.
  const observations: Observations = {
    position: message.position,
    ts,
    once: message.byDeadline ? `${from}/${message.id}` : undefined,
    rates,
    members,
    tallies,
    fanout: fanout && gate.fanout(from, ts) ? fanout : undefined,
    sent: sentNames(own, port),
  }
  return { detected, candidates, observations }
}

function letIn(
  found: readonly Candidate[],
  isNameLetIn: boolean,
  { from, ts }: AnalysedMessage,
  gate: EntityGate,
): readonly Candidate[] {
  return found.filter(
    ({ target, observation }) =>
      (isNameLetIn || target.kind !== 'sender') && gate.entity(from, observation, ts),
  )
}

/** Filters observations by the gate, returning the list itself if all are kept. Each is checked once, in order. */
function counted(
  some: readonly MemberObservation[],
  { from, ts }: AnalysedMessage,
  isPortIn: boolean,
  gate: EntityGate,
): readonly MemberObservation[] {
  let kept: MemberObservation[] | undefined
  for (let i = 0; i < some.length; i++) {
    const one = some[i]!
    const isIn = isOfPort(one.entity, from) ? isPortIn : gate.entity(from, one, ts)
    if (!isIn) kept ??= some.slice(0, i)
    else kept?.push(one)
  }
  return kept ?? some
}

/** Concatenates two lists, reusing one if the other is empty: all lists of a batch are kept until it is counted. */
function joined<T>(some: readonly T[], more: readonly T[]): readonly T[] {
  if (more.length === 0) return some
  return some.length === 0 ? more : [...some, ...more]
}

/** The set of names on a port is a single, capped set: refused names still show up there. */
function isOfPort(entity: string, port: string): boolean {
  return entity.endsWith(port) && entity[entity.length - port.length - 1] === ':'
}

function tallyKey({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`
}

function fanoutKey({ number }: { readonly number: string }): string {
  return `fanout:${number}`
}

function messageOf(batch: readonly Observed[], reading: FanoutReading): AnalysedMessage | undefined {
  return batch.find(
    ({ observations: { fanout, position } }) =>
      fanout?.number === reading.number &&
      position.offset === reading.position.offset &&
      isSamePartition(position, reading.position),
  )?.detected.message
}

/** Messages of the batch by counted entity, built only if a signal needs it. */
class Backing {
  readonly #byEntity = new Map<string, AnalysedMessage[]>()

  constructor(batch: readonly Observed[]) {
    for (const { detected, observations } of batch) {
      const { message } = detected
      for (const { entity, reportFrom } of observations.rates)
        if (Number.isFinite(reportFrom)) this.#add(entity, message)
      for (const { entity } of observations.members) this.#add(entity, message)
      for (const tally of observations.tallies) this.#add(tallyKey(tally), message)
      if (observations.fanout) this.#add(fanoutKey(observations.fanout), message)
    }
  }

  #add(entity: string, message: AnalysedMessage): void {
    addTo(this.#byEntity, entity, message)
  }

  /** The last messages of the entity up to an event time, the newest last: a batch may contain old ones. */
  upTo(entity: string, before: number): AnalysedMessage[] {
    const all = (this.#byEntity.get(entity) ?? []).toSorted((a, b) => a.ts - b.ts)
    const due = all.filter((m) => m.ts < before)
    return (due.length > 0 ? due : all).slice(-SAMPLES)
  }
}

/**
 * Counts batches and asks the rate detectors to interpret the counts. Counting is idempotent, so a redelivered batch is
 * not counted again but is judged again, which finds transitions lost in a crash.
 */
export class Rates {
  readonly #store: Pick<FeatureStore, 'count'>
  readonly #detectors: readonly RateDetector[]
  readonly #gate = new EntityGate()
  /** Messages of earlier batches, which are shown with a signal too. */
  readonly #recent = new RecentMessages()

  constructor(store: Pick<FeatureStore, 'count'>, detectors: readonly RateDetector[]) {
    this.#store = store
    this.#detectors = detectors
  }

  /** The counts of a message, under the policy's `escalation`. */
  observe(detected: Detected, context: SignalContext, escalation: Escalation): Observed {
    return observe(detected, this.#detectors, context, escalation, this.#gate)
  }

  /** Rejects only with errors other than outages: if the store cannot be reached, `counted` is false. */
  async count(batch: readonly Observed[], context: SignalContext, escalation: Escalation): Promise<Rated> {
    // Without rate detectors, no counts are read.
    if (this.#detectors.length === 0) return { signals: [], counted: true }
    const readings = await this.#store.count(batch.map(({ observations }) => observations))
    const { counted, uncounted } = readings
    const heldBack = this.#gate.takeRefused()
    return {
      ...(heldBack > 0 ? { heldBack } : {}),
      signals: [...this.#signalsOf(readings, batch, context), ...this.#escalate(readings, batch, escalation)],
      counted,
      ...(uncounted ? { uncounted: new Set([...uncounted].map((i) => batch[i]!.detected.message)) } : {}),
    }
  }

  #signalsOf(readings: Readings, batch: readonly Observed[], context: SignalContext): BackedSignal[] {
    const signals: BackedSignal[] = []
    let backing: Backing | undefined
    const behind = (entity: string, before: number) => {
      backing ??= new Backing(batch)
      return backing.upTo(entity, before)
    }
    const keep = (signal: Signal | undefined, entity: string) => {
      if (!signal) return
      const messages = behind(entity, signal.at)
      signals.push({ signal, messages: this.#recent.before(entity, messages).slice(-SAMPLES) })
      this.#recent.remember(entity, messages)
    }
    const lastAt = (entity: string) => {
      const last = behind(entity, Number.POSITIVE_INFINITY).at(-1)
      return last ? bucketEnd(last.ts) : Number.NaN
    }
    for (const reading of readings.rates) {
      for (const d of this.#detectors) keep(d.onRate?.(reading, context), reading.entity)
    }
    for (const reading of readings.members) {
      const at = lastAt(reading.entity)
      for (const d of this.#detectors) keep(d.onMembers?.(reading, at, context), reading.entity)
    }
    for (const reading of readings.tallies) {
      const entity = tallyKey(reading)
      const at = lastAt(entity)
      for (const d of this.#detectors) keep(d.onTally?.(reading, at, context), entity)
    }
    for (const reading of readings.fanouts) {
      const message = messageOf(batch, reading)
      // Each may become a state, copied to every instance, so invented numbers are limited like other targets.
      const entity = fanoutKey(reading)
      if (message && this.#gate.entity(message.from, { entity: `${ESCALATION}${entity}` }, message.ts))
        for (const d of this.#detectors) keep(d.onFanout?.(reading, message, context), entity)
    }
    return signals
  }

  #escalate({ members }: Readings, batch: readonly Observed[], escalation: Escalation): BackedSignal[] {
    const candidates = batch.flatMap((observed) => observed.candidates)
    if (candidates.length === 0) return []
    const escalated = escalate(candidates, members, escalation, (entity) => this.#recent.of(entity))
    for (const { observation, message } of candidates) this.#recent.remember(observation.entity, [message])
    return escalated.map(({ signal, message, samples }) => ({
      signal,
      messages: [...samples.slice(1 - SAMPLES), message],
    }))
  }
}
