import { HOUR, MINUTE } from '../../domain/time.ts'
import { named, type Sender, shopsOf } from './cast.ts'
import { burst, forgery, offences, otpBombing, snowshoe, sublet } from './events.ts'
import { climbs } from './planted-climbs.ts'
import { plantedDay } from './planted-day.ts'
import { type Plant, subscriber } from './plants.ts'
import type { Random } from './random.ts'

export interface ScenarioOptions {
  /** Time of the first message, epoch ms. */
  readonly start: number
  readonly minutes: number
  /** Lawful messages per second, averaged over a day. */
  readonly rate: number
}

export interface Scenario {
  readonly does: string
  readonly minutes: number
  /** Lawful messages per second of event time, averaged over the scenario. */
  readonly rate: number
  /** Local hour at which it starts. */
  readonly startHour: number
  /** Share of records broken on purpose. */
  readonly poison: number
  /** Creates the planted events. */
  readonly plants: (cast: readonly Sender[], options: ScenarioOptions, random: Random) => readonly Plant[]
}

/** Traffic by local hour relative to the average of 1: quiet nights, a peak in the evening. */
const BY_HOUR = [
  0.15, 0.1, 0.08, 0.08, 0.1, 0.2, 0.4, 0.7, 1.0, 1.35, 1.45, 1.4, 1.3, 1.25, 1.3, 1.4, 1.45, 1.5, 1.6, 1.75,
  1.8, 1.6, 1.2, 0.84,
]

/** Level of traffic at an event time, interpolated between hours. */
export function levelAt(ts: number): number {
  const hour = (((ts / HOUR + 8) % 24) + 24) % 24
  const from = BY_HOUR[Math.floor(hour)]!
  const to = BY_HOUR[(Math.floor(hour) + 1) % 24]!
  return from + (to - from) * (hour % 1)
}

function services(cast: readonly Sender[]): Sender[] {
  return cast.filter((sender) => sender.says.some(([family]) => family === 'otp'))
}

/** One event of every kind within an hour that starts at `t`. `known`: senders whose names must not be reused. */
function hourOfEvents(cast: readonly Sender[], t: number, random: Random, known = cast): Plant[] {
  const at = (from: number, to: number) => ({ from: t + from * MINUTE, to: t + to * MINUTE })
  return [
    burst(named(cast, '唯品会'), { ...at(20, 35), perMinute: 420, shape: 'step' }),
    burst(shopsOf(cast)[2]!, { ...at(30, 44), perMinute: 260, shape: 'ramp' }),
    forgery(named(cast, '京东'), { ...at(12, 40), perMinute: 14 }, random),
    forgery(named(cast, '建设银行'), { ...at(25, 50), perMinute: 9 }, random),
    forgery(named(cast, '拼多多'), { ...at(18, 45), perMinute: 8, claimed: '拼哆哆' }, random),
    sublet(known, shopsOf(cast)[30 + (Math.round(t / HOUR) % 24)]!, { ...at(15, 50), perMinute: 12 }, random),
    snowshoe(known, { ...at(22, 48), perMinute: 22, family: 'snowshoeFraud' }, random),
    snowshoe(known, { ...at(10, 42), perMinute: 16, family: 'snowshoeIllicit' }, random),
    otpBombing(services(cast), { ...at(33, 38), perMinute: 14, victim: subscriber(random) }),
    offences(cast, { ...at(0, 60), perMinute: 5 }),
  ]
}

/** Events for a trial, repeated every ten minutes: the first forged message is sent within seconds. */
function tenMinutesOfEvents(cast: readonly Sender[], t: number, random: Random): Plant[] {
  const at = (from: number, to: number) => ({ from: t + from * MINUTE, to: t + to * MINUTE })
  return [
    forgery(named(cast, '京东'), { ...at(0, 6), perMinute: 14 }, random),
    sublet(cast, shopsOf(cast)[30]!, { ...at(1, 8), perMinute: 12 }, random),
    snowshoe(cast, { ...at(1, 9), perMinute: 22, family: 'snowshoeFraud' }, random),
    otpBombing(services(cast), { ...at(3, 6), perMinute: 14, victim: subscriber(random) }),
    burst(named(cast, '唯品会'), { ...at(4, 9), perMinute: 420, shape: 'step' }),
    offences(cast, { ...at(0, 10), perMinute: 5 }),
  ]
}

export const SCENARIOS = {
  'double-eleven-hour': {
    does: 'an hour of the eve of Double Eleven with an event of every kind and some poison: what the demo shows',
    minutes: 60,
    rate: 24,
    startHour: 20,
    poison: 0.00025,
    plants: (cast, { start }, random) => hourOfEvents(cast, start, random),
  },
  trial: {
    does: 'ten minutes that begin with forged messages and have other events soon, over again until the end: for --live',
    minutes: 10,
    rate: 5,
    startHour: 10,
    poison: 0.00025,
    plants: (cast, { start, minutes }, random) =>
      Array.from({ length: Math.ceil(minutes / 10) }, (_, round) =>
        tenMinutesOfEvents(cast, start + round * 10 * MINUTE, random),
      ).flat(),
  },
  'ordinary-day': {
    does: 'a day without any event: for false raises',
    minutes: 1440,
    rate: 24,
    startHour: 0,
    poison: 0,
    plants: () => [],
  },
  'planted-day': {
    does: 'a day with events of every kind, several times by the clock, with consents, replies and complaints',
    minutes: 1440,
    rate: 24,
    startHour: 0,
    poison: 0.00002,
    plants: (cast, options, random) =>
      plantedDay(cast, options, random, (from, all) => hourOfEvents(cast, from, random, all)),
  },
  bursts: {
    does: 'bursts of every shape: step, ramp, slow climb, spike of a minute, pulse train, from nothing',
    minutes: 240,
    rate: 20,
    startHour: 12,
    poison: 0,
    plants: (cast, { start }) => {
      const [a, b, c, d, e] = shopsOf(cast) as [Sender, Sender, Sender, Sender, Sender]
      const fresh: Sender = { ...e, signature: '从无到有超市', ports: ['10691900001'], weight: 0 }
      const at = (from: number, to: number) => ({ from: start + from * MINUTE, to: start + to * MINUTE })
      return [
        burst(a, { ...at(60, 75), perMinute: 400, shape: 'step' }),
        burst(b, { ...at(90, 120), perMinute: 400, shape: 'ramp' }),
        burst(c, { ...at(80, 200), perMinute: 400, shape: 'climb' }),
        burst(d, { ...at(130, 131), perMinute: 600, shape: 'spike' }),
        burst(e, { ...at(150, 180), perMinute: 500, shape: 'pulses' }),
        burst(fresh, { ...at(100, 110), perMinute: 600, shape: 'step' }),
      ]
    },
  },
  climbs: {
    does: 'slow climbs to four times the usual, and growth, openings, batches and declared campaigns that look like them',
    minutes: 180,
    rate: 2,
    startHour: 9,
    poison: 0,
    plants: (cast, options, random) => climbs(cast, options, random),
  },
  throughput: {
    does: 'a plain mix for load: no events, no poison',
    minutes: 60,
    rate: 100,
    startHour: 10,
    poison: 0,
    plants: () => [],
  },
} as const satisfies Record<string, Scenario>

export type ScenarioName = keyof typeof SCENARIOS
