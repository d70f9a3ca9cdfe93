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
import type { AnalysedMessage, Position } from '../domain/message.ts'
import type { Escalation } from '../domain/policy.ts'
import { portPrefix } from '../domain/port-prefix.ts'
import type { BackedSignal } from '../domain/state.ts'
import { bucketEnd } from '../domain/time.ts'
import { type Candidate, candidatesOf, ESCALATION, escalate } from '../stores/states/escalation.ts'
import { EntityGate } from './entity-gate.ts'
import { RecentMessages } from './recent-messages.ts'

/** One message with everything that it counts. */
export interface Observed {
  readonly detected: Detected
  readonly observations: Observations
  /** Its findings on their way to a state of their target. */
  readonly candidates: readonly Candidate[]
}

export interface Rated {
  readonly signals: readonly BackedSignal[]
  /** False: a part of the store could not be reached, and what lies there was not counted. */
  readonly counted: boolean
  /** Names and entities that were not counted by themselves, as their ports had brought up too many; absent: none. */
  readonly heldBack?: number
  /** Messages that were judged without all of their rates; absent: none. */
  readonly uncounted?: ReadonlySet<AnalysedMessage>
}

/** Messages behind a signal: the one that tipped it and those that are shown with it. */
const SAMPLES = 6
const NO_CANDIDATES: readonly Candidate[] = []

const NONE: readonly never[] = []

/** Counts for an entity that is read only when something else asks for it. */
function unread(entity: string, { malicious, commercial }: AnalysedMessage): RateObservation {
  const group = malicious ? 'fraud' : commercial ? 'commercial' : 'notice'
  return { entity, group, baseline: false, reportFrom: Number.POSITIVE_INFINITY }
}

/**
 * Everything that one message counts: what the detectors of rates ask for, and what was sent. Rates that no detector
 * reads are not counted. Beyond what the gate lets in of new names and entities a message counts for its port alone.
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
  const asked = asksOf(detected, detectors, context, (one) =>
    isOfPort(one.entity, from) ? isPortIn : gate.entity(from, one, ts),
  )
  let rates = isLetIn ? asked.rates : NONE
  // Its own windows move on with whatever else a signature sends.
  const own = name === undefined ? undefined : `signature:${name}`
  if (own !== undefined && rates.length === 0) rates = [unread(own, message)]
  const members =
    candidates.length === 0
      ? asked.members
      : [...asked.members, ...candidates.map(({ observation }) => observation)]
  const port = `port:${isPortIn ? from : portPrefix(from)}`
  // One literal: what is spread into a new object costs several times as much.
  const observations: Observations = {
    position: message.position,
    ts,
    once: message.byDeadline ? `${from}/${message.id}` : undefined,
    rates,
    members,
    tallies: asked.tallies,
    fanout: asked.fanout && gate.fanout(from, ts) ? asked.fanout : undefined,
    sent: own === undefined ? [port] : [own, port],
  }
  return { detected, candidates, observations }
}

/** Those of the candidates that count, by the gate. */
function letIn(
  found: readonly Candidate[],
  isNameLetIn: boolean,
  { from, ts }: AnalysedMessage,
  gate: EntityGate,
): readonly Candidate[] {
  return kept(
    found,
    ({ target, observation }) =>
      (isNameLetIn || target.kind !== 'sender') && gate.entity(from, observation, ts),
  )
}

/** What the detectors of rates want counted, each kind in their order. */
function asksOf(
  detected: Detected,
  detectors: readonly RateDetector[],
  context: SignalContext,
  isLetIn: (one: MemberObservation) => boolean,
) {
  let rates: readonly RateObservation[] = NONE
  let members: readonly MemberObservation[] = NONE
  let tallies: readonly TallyObservation[] = NONE
  let fanout: FanoutObservation | undefined
  for (const detector of detectors) {
    rates = joined(rates, detector.rates?.(detected, context) ?? NONE)
    const some = detector.members?.(detected, context) ?? NONE
    if (some.length > 0) members = joined(members, kept(some, isLetIn))
    tallies = joined(tallies, detector.tallies?.(detected, context) ?? NONE)
    fanout ??= detector.fanout?.(detected, context)
  }
  return { rates, members, tallies, fanout }
}

/** Two lists as one, which is one of them while the other is empty: all of a batch are held until it is counted. */
function joined<T>(some: readonly T[], more: readonly T[]): readonly T[] {
  if (more.length === 0) return some
  return some.length === 0 ? more : [...some, ...more]
}

/** What of a list is kept: mostly all of it, and then it is the list itself. Each is asked of once, in order. */
function kept<T>(some: readonly T[], isKept: (one: T) => boolean): readonly T[] {
  for (let i = 0; i < some.length; i++)
    if (!isKept(some[i]!)) return [...some.slice(0, i), ...some.slice(i + 1).filter(isKept)]
  return some
}

/** The set of the names on a port is one, and capped: a name that is not let in still shows there. */
function isOfPort(entity: string, port: string): boolean {
  return entity.endsWith(port) && entity[entity.length - port.length - 1] === ':'
}

function tallyKey({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`
}

/** Of the texts of a private number. */
function fanoutKey({ number }: { readonly number: string }): string {
  return `fanout:${number}`
}

function messageOf(batch: readonly Observed[], reading: FanoutReading): AnalysedMessage | undefined {
  return batch.find(
    ({ observations: { fanout, position } }) =>
      fanout?.number === reading.number && isSame(position, reading.position),
  )?.detected.message
}

function isSame(a: Position, b: Position): boolean {
  return a.offset === b.offset && a.partition === b.partition && a.topic === b.topic
}

/** Messages of the batch by the entity that they were counted for. Built only when a signal needs it. */
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

  /** The last messages of the entity up to an event time, the newest last: a batch may hold some of long ago. */
  upTo(entity: string, before: number): AnalysedMessage[] {
    const all = (this.#byEntity.get(entity) ?? []).toSorted((a, b) => a.ts - b.ts)
    const due = all.filter((m) => m.ts < before)
    return (due.length > 0 ? due : all).slice(-SAMPLES)
  }
}

/**
 * Counts batches and asks the detectors of rates what the counts mean. Counting is idempotent, so a batch that is
 * redelivered counts nothing but is judged again: a transition that a crash swallowed is found then.
 */
export class Rates {
  readonly #store: Pick<FeatureStore, 'count'>
  readonly #detectors: readonly RateDetector[]
  readonly #gate = new EntityGate()
  /** Of earlier batches: a signal is shown with them too. */
  readonly #recent = new RecentMessages()

  constructor(store: Pick<FeatureStore, 'count'>, detectors: readonly RateDetector[]) {
    this.#store = store
    this.#detectors = detectors
  }

  /** What the message counts, under the policy's `escalation`. */
  observe(detected: Detected, context: SignalContext, escalation: Escalation): Observed {
    return observe(detected, this.#detectors, context, escalation, this.#gate)
  }

  /** Rejects only with what is no outage: a store that cannot be reached leaves `counted` false. */
  async count(batch: readonly Observed[], context: SignalContext, escalation: Escalation): Promise<Rated> {
    // Without detectors of rates nothing is read of what is counted.
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
      // Each may become a state, of which every instance has a copy: what makes up numbers is held to as many.
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
