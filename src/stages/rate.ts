import { type Signal, senderId } from '../domain/decision.ts'
import type { Judged, RateDetector, SignalContext } from '../domain/detector.ts'
import type { Group } from '../domain/labels.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type {
  FeatureStore,
  MemberObservation,
  MemberReading,
  Observations,
  RateObservation,
} from '../domain/ports.ts'
import { bucketEnd } from '../domain/time.ts'
import { RecentMessages } from './recent-messages.ts'

/** A signal with the messages behind it, the one that tipped it last. */
export interface BackedSignal {
  readonly signal: Signal
  readonly messages: readonly AnalysedMessage[]
}

export interface Rated {
  readonly signals: readonly BackedSignal[]
  /** False: the store could not be reached; nothing was counted. */
  readonly counted: boolean
}

interface EscalationCandidate {
  readonly observation: MemberObservation
  readonly message: AnalysedMessage
}

/** Findings on messages on their way to a state of their target (escalation). */
export interface Escalator<C extends EscalationCandidate> {
  candidates(judged: Judged): readonly C[]
  /** `earlier`: messages of former batches behind an entity, oldest first. */
  signals(
    candidates: readonly C[],
    readings: readonly MemberReading[],
    earlier: (entity: string) => readonly AnalysedMessage[],
  ): readonly BackedSignal[]
}

const SAMPLES = 6

export function groupOf(message: AnalysedMessage): Group {
  if (message.malicious) return 'fraud'
  return message.commercial ? 'commercial' : 'notice'
}

function each<T>(
  detectors: readonly RateDetector[],
  read: (detector: RateDetector) => readonly T[] | undefined,
): T[] {
  const all: T[] = []
  for (const detector of detectors) {
    const some = read(detector)
    if (some && some.length > 0) all.push(...some)
  }
  return all
}

/** Everything that one message counts: per signature, port and sender, and what the detectors of rates ask for. */
export function observe(
  judged: Judged,
  detectors: readonly RateDetector[],
  context: SignalContext,
  escalations: readonly MemberObservation[],
): Observations {
  const { message } = judged
  const group = groupOf(message)
  const name = message.signature?.name
  const plain = (entity: string): RateObservation => ({
    entity,
    group,
    baseline: false,
    reportFrom: Number.POSITIVE_INFINITY,
  })
  const rates = each(detectors, (d) => d.rates?.(judged, context))
  if (name !== undefined && rates.length === 0) rates.push(plain(`signature:${name}`))
  rates.push(plain(`port:${message.from}`), plain(`sender:${senderId(name, message.from)}`))
  return {
    position: message.position,
    ts: message.ts,
    ...(message.byDeadline ? { once: `${message.from}/${message.id}` } : {}),
    rates,
    members: [...each(detectors, (d) => d.members?.(judged, context)), ...escalations],
    tallies: each(detectors, (d) => d.tallies?.(judged, context)),
    sent: name === undefined ? [`port:${message.from}`] : [`signature:${name}`, `port:${message.from}`],
  }
}

function tallyKey({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind}/${id}`
}

/** Messages of the batch by the entity that they were counted for. Built only when a signal needs it. */
class Backing {
  readonly #byEntity = new Map<string, AnalysedMessage[]>()

  constructor(batch: readonly Judged[], observations: readonly Observations[]) {
    observations.forEach((o, i) => {
      const { message } = batch[i]!
      for (const { entity, reportFrom } of o.rates)
        if (Number.isFinite(reportFrom)) this.#add(entity, message)
      for (const { entity } of o.members) this.#add(entity, message)
      for (const tally of o.tallies) this.#add(tallyKey(tally), message)
    })
  }

  #add(entity: string, message: AnalysedMessage): void {
    const list = this.#byEntity.get(entity)
    if (list) list.push(message)
    else this.#byEntity.set(entity, [message])
  }

  /** The last messages of the entity up to an event time, the newest last. */
  upTo(entity: string, before: number): AnalysedMessage[] {
    const all = this.#byEntity.get(entity) ?? []
    const due = all.filter((m) => m.ts < before)
    return (due.length > 0 ? due : all).slice(-SAMPLES)
  }
}

/**
 * Counts a batch and asks the detectors of rates what it means. Counting is idempotent, so a batch that is redelivered
 * counts nothing but is judged again: a transition that a crash swallowed is found then.
 */
export function createRate<C extends EscalationCandidate>(
  store: FeatureStore,
  detectors: readonly RateDetector[],
  escalator: Escalator<C>,
) {
  const recent = new RecentMessages()
  return async function rate(batch: readonly Judged[], context: SignalContext): Promise<Rated> {
    const candidates: C[] = []
    const observations = batch.map((judged) => {
      const own = judged.findings.length > 0 ? escalator.candidates(judged) : []
      candidates.push(...own)
      return observe(
        judged,
        detectors,
        context,
        own.map((c) => c.observation),
      )
    })
    const readings = await store.count(observations)
    const signals: BackedSignal[] = []
    let backing: Backing | undefined
    const behind = (entity: string, before: number) => {
      backing ??= new Backing(batch, observations)
      return backing.upTo(entity, before)
    }
    const keep = (signal: Signal | undefined, entity: string) => {
      if (!signal) return
      const messages = behind(entity, signal.at)
      signals.push({ signal, messages: recent.before(entity, messages).slice(-SAMPLES) })
      recent.remember(entity, messages)
    }
    for (const reading of readings.rates) {
      for (const d of detectors) keep(d.onRate?.(reading, context), reading.entity)
    }
    const lastAt = (entity: string) => {
      const last = behind(entity, Number.POSITIVE_INFINITY).at(-1)
      return last ? bucketEnd(last.ts) : Number.NaN
    }
    for (const reading of readings.members) {
      const at = lastAt(reading.entity)
      for (const d of detectors) keep(d.onMembers?.(reading, at, context), reading.entity)
    }
    for (const reading of readings.tallies) {
      const entity = tallyKey(reading)
      const at = lastAt(entity)
      for (const d of detectors) keep(d.onTally?.(reading, at, context), entity)
    }
    if (candidates.length > 0) {
      signals.push(...escalator.signals(candidates, readings.members, (entity) => recent.of(entity)))
      for (const { observation, message } of candidates) recent.remember(observation.entity, [message])
    }
    return { signals, counted: readings.counted }
  }
}
