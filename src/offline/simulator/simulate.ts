import { MINUTE } from '../../domain/time.ts'
import { createCast, type Sender } from './cast.ts'
import { LawfulTraffic } from './lawful-traffic.ts'
import type { PlannedMessage, Plant, PlantedEvent } from './plants.ts'
import { Random } from './random.ts'
import { RecordWriter, type TimedRecord } from './records.ts'
import { levelAt, SCENARIOS, type Scenario, type ScenarioName } from './scenarios.ts'
import { type SideInputs, sideInputsOf } from './side-inputs.ts'

export interface SimulationOptions {
  readonly scenario: ScenarioName
  readonly seed: number
  /** Event time of the first message, epoch ms. Default: 2026-11-10 at the scenario's hour, +08:00. */
  readonly start?: number
  /** Default: the scenario's length. */
  readonly minutes?: number
  /** Average number of lawful messages per second. Default: the scenario's rate. */
  readonly rate?: number
  /** Part of every id, so that runs with different values share none. */
  readonly run?: string
}

export interface Simulation {
  readonly start: number
  /** Event time after the last message. */
  readonly end: number
  readonly cast: readonly Sender[]
  readonly planted: readonly (PlantedEvent & { readonly plant: number })[]
  /** Consents, replies and complaints that belong to the traffic, by time. */
  readonly sides: SideInputs
  /** Yields the records minute by minute, in the order of a gateway with a few seconds of jitter. */
  minutes(): Generator<readonly TimedRecord[]>
}

/** The eve of Double Eleven, local midnight. */
const DEFAULT_DAY = Date.UTC(2026, 10, 9, 16)

/** Generates labelled traffic of a simulated carrier. The same options give the same traffic. */
export function simulate(options: SimulationOptions): Simulation {
  const scenario: Scenario = SCENARIOS[options.scenario]
  const minutes = options.minutes ?? scenario.minutes
  const rate = options.rate ?? scenario.rate
  const start = options.start ?? DEFAULT_DAY + scenario.startHour * 60 * MINUTE
  const random = new Random(options.seed)
  const cast = createCast(random)
  const plants = scenario.plants(cast, { start, minutes, rate }, random)
  const lawful = new LawfulTraffic(cast, random)
  return {
    start,
    end: start + minutes * MINUTE,
    cast: registered(cast, plants),
    planted: plants.flatMap((plant, number) => plant.truth.map((event) => ({ ...event, plant: number }))),
    sides: sideInputsOf(plants.map((plant) => plant.sides ?? {})),
    minutes: () => generate({ scenario, minutes, rate, start, plants, lawful, random, run: options.run }),
  }
}

interface Traffic {
  readonly scenario: Scenario
  readonly minutes: number
  readonly rate: number
  readonly start: number
  readonly plants: readonly Plant[]
  readonly lawful: LawfulTraffic
  readonly random: Random
  readonly run: string | undefined
}

/** The records of each minute: lawful, planted and broken ones. */
function* generate(traffic: Traffic): Generator<readonly TimedRecord[]> {
  const { scenario, minutes, rate, start, plants, lawful, random } = traffic
  // Short scenarios have a constant rate; those of a day or more follow the hours.
  const levelOf = (ts: number) => (scenario.minutes >= 1440 ? levelAt(ts) : 1)
  const records = new RecordWriter(random, traffic.run)
  let held: TimedRecord[] = []
  for (let m = 0; m < minutes; m++) {
    const minute = start + m * MINUTE
    const drafts: PlannedMessage[] = []
    for (let i = random.poisson(rate * 60 * levelOf(minute)); i > 0; i--) {
      const draft = lawful.draw(minute + Math.floor(random.next() * MINUTE))
      drafts.push(random.chance(0.004) ? { ...draft, blocked: true } : draft)
    }
    const planted: (readonly [PlannedMessage, number])[] = []
    plants.forEach((plant, number) => {
      if (plant.from >= minute + MINUTE || minute >= plant.to) return
      for (const draft of plant.drafts(minute, random)) planted.push([draft, number])
    })
    for (const draft of drafts) held.push(...records.of(draft))
    for (const [draft, number] of planted) held.push(...records.of(draft, number))
    const count = drafts.length + planted.length
    for (let i = random.poisson(count * scenario.poison); i > 0; i--) {
      held.push(records.broken(minute + Math.floor(random.next() * MINUTE)))
    }
    held.sort((a, b) => a.at - b.at)
    const due = m === minutes - 1 ? held.length : held.findIndex((record) => record.at >= minute + MINUTE)
    const split = due < 0 ? held.length : due
    yield held.slice(0, split)
    held = held.slice(split)
  }
}

/** The cast with the registry rows that plants replace or add. */
function registered(cast: readonly Sender[], plants: readonly Plant[]): readonly Sender[] {
  const bySignature = new Map(cast.map((sender) => [sender.signature, sender]))
  for (const plant of plants)
    for (const sender of plant.senders ?? []) bySignature.set(sender.signature, sender)
  return [...bySignature.values()]
}
