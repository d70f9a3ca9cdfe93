import type { Code } from '../domain/codes.ts'
import type { Label } from '../domain/labels.ts'
import { createCast, type Sender } from './cast.ts'
import { type Draft, linksOf, type Plant, type PlantedEvent, signed, subscriber } from './events.ts'
import { Random } from './random.ts'
import { levelAt, SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts'
import { type SideInputs, sideInputsOf } from './side-inputs.ts'
import { FAMILIES, type FamilyName, fill } from './texts.ts'

export interface SimulationOptions {
  readonly scenario: ScenarioName
  readonly seed: number
  /** Event time of the first message, epoch ms; absent: 2026-11-10 at the scenario's hour, +08:00. */
  readonly start?: number
  /** Absent: the scenario's length. */
  readonly minutes?: number
  /** Lawful messages a second, averaged; absent: the scenario's. */
  readonly rate?: number
}

/** What is known of one record beforehand; ordinary records have none. */
export interface RecordTruth {
  readonly id: string
  /** Epoch ms. */
  readonly ts: number
  readonly label: Label | 'invalid'
  readonly codes: readonly Code[]
  readonly event?: string
  /** The number of the plant that it belongs to: that of its planted events. */
  readonly plant?: number
}

/** One input record; bytes when it is broken on purpose. */
export interface SimulatedRecord {
  readonly key: string
  readonly value: string | Buffer
  readonly truth?: RecordTruth
}

export interface Simulation {
  readonly start: number
  /** Event time after the last message. */
  readonly end: number
  readonly cast: readonly Sender[]
  readonly planted: readonly (PlantedEvent & { readonly plant: number })[]
  /** Consents, replies and complaints that go with the traffic, by time. */
  readonly sides: SideInputs
  /** Records of one minute of event time after the other, in the order of a gateway with a few seconds of jitter. */
  minutes(): Generator<readonly SimulatedRecord[]>
}

const MINUTE = 60_000
const JITTER = 3_000
/** Characters of one segment of a concatenated SMS in UCS-2. */
const SEGMENT = 67
const SINGLE = 70

/** The eve of Double Eleven, local midnight. */
const DEFAULT_DAY = Date.UTC(2026, 10, 9, 16)

/** Labelled traffic of a simulated carrier, the same for the same options. */
export function simulate(options: SimulationOptions): Simulation {
  const scenario: Scenario = SCENARIOS[options.scenario]
  const minutes = options.minutes ?? scenario.minutes
  const rate = options.rate ?? scenario.rate
  const start = options.start ?? DEFAULT_DAY + scenario.startHour * 60 * MINUTE
  const random = new Random(options.seed)
  const cast = createCast(random)
  const plants = scenario.plants(cast, { start, minutes, rate }, random)
  const drawSender = drawer(cast.map((sender) => [sender, sender.weight] as const))
  const drawFamily = new Map(cast.map((sender) => [sender, drawer(sender.says)]))
  const personalShare = 0.06
  let sequence = 0

  function lawful(ts: number): Draft {
    if (random.chance(personalShare)) {
      const text = fill(random.pick(FAMILIES.personal.texts), random, ts)
      return { ts, from: subscriber(random), to: subscriber(random), text, label: 'personal' }
    }
    const sender = drawSender(random)
    const family = lawfulHour(drawFamily.get(sender)!(random), ts)
    const { label, texts } = FAMILIES[family]
    const text = fill(random.pick(texts), random, ts, linksOf(sender))
    return {
      ts,
      from: random.pick(sender.ports),
      to: subscriber(random),
      text: signed(sender.signature, text),
      label,
    }
  }

  function* recordsOf(draft: Draft, plant?: number): Generator<SimulatedRecord & { readonly at: number }> {
    const submission = (sequence++).toString(36)
    const signs = [...draft.text]
    const count = signs.length > SINGLE ? Math.ceil(signs.length / SEGMENT) : 1
    const at = draft.ts + Math.floor(random.next() * JITTER)
    for (let index = 1; index <= count; index++) {
      const id = `g${submission}.1.${index}`
      const record = {
        id,
        ts: draft.ts,
        from: draft.from,
        to: draft.to,
        text: count === 1 ? draft.text : signs.slice((index - 1) * SEGMENT, index * SEGMENT).join(''),
        ...(count === 1 ? {} : { part: { ref: submission, index, count } }),
        ...(draft.blocked ? { disposition: 'blocked' } : {}),
      }
      const truth: RecordTruth | undefined = draft.event
        ? {
            id,
            ts: draft.ts,
            label: draft.label,
            codes: draft.codes ?? [],
            event: draft.event,
            ...(plant === undefined ? {} : { plant }),
          }
        : undefined
      yield {
        at: at + (count === 1 ? 0 : random.int(0, 2_000)),
        key: draft.from,
        value: JSON.stringify(record),
        ...(truth ? { truth } : {}),
      }
    }
  }

  function* generate(): Generator<readonly SimulatedRecord[]> {
    let held: (SimulatedRecord & { readonly at: number })[] = []
    for (let m = 0; m < minutes; m++) {
      const minute = start + m * MINUTE
      const drafts: Draft[] = []
      for (let i = random.poisson(rate * 60 * levelOf(minute)); i > 0; i--) {
        const draft = lawful(minute + Math.floor(random.next() * MINUTE))
        drafts.push(random.chance(0.004) ? { ...draft, blocked: true } : draft)
      }
      const planted: (readonly [Draft, number])[] = []
      plants.forEach((plant, number) => {
        if (plant.from >= minute + MINUTE || minute >= plant.to) return
        for (const draft of plant.drafts(minute, random)) planted.push([draft, number])
      })
      for (const draft of drafts) held.push(...recordsOf(draft))
      for (const [draft, number] of planted) held.push(...recordsOf(draft, number))
      const count = drafts.length + planted.length
      for (let i = random.poisson(count * scenario.poison); i > 0; i--) {
        held.push(poison(minute + Math.floor(random.next() * MINUTE), random, sequence++))
      }
      held.sort((a, b) => a.at - b.at)
      const due = m === minutes - 1 ? held.length : held.findIndex((record) => record.at >= minute + MINUTE)
      const split = due < 0 ? held.length : due
      yield held.slice(0, split)
      held = held.slice(split)
    }
  }

  /** Short scenarios keep their average; days, and parts of days, follow the hours. */
  function levelOf(ts: number): number {
    return scenario.minutes >= 1440 ? levelAt(ts) : 1
  }

  return {
    start,
    end: start + minutes * MINUTE,
    cast: registered(cast, plants),
    planted: plants.flatMap((plant, number) => plant.truth.map((event) => ({ ...event, plant: number }))),
    sides: sideInputsOf(plants.map((plant) => plant.sides ?? {})),
    minutes: generate,
  }
}

/** The cast with the rows that plants put in place of others or add. */
function registered(cast: readonly Sender[], plants: readonly Plant[]): readonly Sender[] {
  const bySignature = new Map(cast.map((sender) => [sender.signature, sender]))
  for (const plant of plants)
    for (const sender of plant.senders ?? []) bySignature.set(sender.signature, sender)
  return [...bySignature.values()]
}

const ADVERTISING: readonly FamilyName[] = ['shopMarketing', 'localMarketing', 'financeMarketing']

/** Lawful senders do not advertise at night: what would be is a notice instead. */
function lawfulHour(family: FamilyName, ts: number): FamilyName {
  const hour = Math.floor(ts / 3_600_000 + 8) % 24
  return (hour < 8 || hour >= 21) && ADVERTISING.includes(family) ? 'order' : family
}

/** Draws by weight in constant time a draw: cumulative weights and a binary search. */
function drawer<T>(items: readonly (readonly [T, number])[]): (random: Random) => T {
  const sums: number[] = []
  let total = 0
  for (const [, weight] of items) {
    total += weight
    sums.push(total)
  }
  return (random) => {
    const point = random.next() * total
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > point) high = middle
      else low = middle + 1
    }
    return items[low]![0]
  }
}

/** A record that cannot be read, of one of the ways in which gateways break them. */
function poison(at: number, random: Random, sequence: number): SimulatedRecord & { readonly at: number } {
  const id = `p${sequence.toString(36)}`
  const record = { id, ts: at, from: '10690000001', to: subscriber(random), text: '测试' }
  const values: (() => string | Buffer)[] = [
    () => Buffer.from(Array.from({ length: 40 }, () => 128 + random.int(0, 100))),
    () => JSON.stringify(record).slice(0, -8),
    () => JSON.stringify({ ...record, text: 42 }),
    () => JSON.stringify({ ...record, ts: 'yesterday' }),
    () => JSON.stringify({ ...record, ts: at + 30 * 86_400_000 }),
    () => JSON.stringify({ ...record, text: '' }),
    () => JSON.stringify({ ...record, text: '长'.repeat(5000) }),
    () => JSON.stringify([record]),
    () => JSON.stringify({ ...record, to: undefined }),
  ]
  const value = random.pick(values)()
  return { at, key: 'poison', value, truth: { id, ts: at, label: 'invalid', codes: [], event: 'poison' } }
}
