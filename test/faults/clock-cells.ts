import { setTimeout as sleep } from 'node:timers/promises'
import type { Cell } from './arena.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

interface WrongClock {
  readonly name: string
  readonly says: string
  /** Ms from the right time. */
  readonly offset: number
}

const WRONG: readonly WrongClock[] = [
  { name: '200-days', says: '200 days', offset: 200 * DAY },
  { name: '20-min', says: '20 minutes', offset: 20 * MINUTE },
  { name: '6-min', says: '6 minutes', offset: 6 * MINUTE },
].flatMap(({ name, says, offset }) => [
  { name: `${name}-fast`, says: `${says} fast`, offset },
  { name: `${name}-slow`, says: `${says} slow`, offset: -offset },
])

/**
 * Records of some nine minutes, in which states rise, come at once, and then live ones for a minute and more. The first
 * states are valid for another five minutes: less than each of the clocks is wrong.
 */
const LIVE = {
  live: { perSecond: 9, minutes: 11, trialBegan: 9.5 * MINUTE },
  env: { SIGWATCH_ALERTS_MAX_AGE: '24h' },
  answers: true,
} as const satisfies Partial<Cell>

const SKEW = /CLOCK_SKEW/
/** So long a clock is wrong before it is put right, ms. */
const WRONG_FOR = 30_000

/** A wall clock is wrong. The brokers and the other servers are right, but for Redis where it says so. */
export const CLOCK_CELLS: readonly Cell[] = [
  ...WRONG.flatMap(({ name, says, offset }): Cell[] => [
    {
      name: `clock-${name}`,
      what: `the clock of the only instance is ${says}`,
      ...LIVE,
      ...{ instances: 1, clocks: { first: offset }, tells: SKEW, lasts: true },
      async fault() {},
    },
    {
      name: `clock-${name}-of-two`,
      what: `the clock of one of two instances is ${says}`,
      ...LIVE,
      ...{ clocks: { first: offset }, tells: SKEW, lasts: true },
      async fault() {},
    },
  ]),
  ...WRONG.filter(({ name }) => !name.startsWith('6-')).map(
    ({ name, says, offset }): Cell => ({
      name: `clock-jumps-${name}`,
      what: `the clock of one of two instances jumps to ${says} for ${WRONG_FOR / 1_000} s`,
      ...LIVE,
      ...{ clocks: { first: 0 }, tells: SKEW },
      async fault(battle) {
        await battle.reach(0.3)
        battle.setClock(offset)
        await sleep(WRONG_FOR)
        battle.setClock(0)
      },
    }),
  ),
  ...WRONG.filter(({ name }) => !name.startsWith('6-')).map(
    ({ name, says, offset }): Cell => ({
      name: `redis-clock-${name}`,
      what: `the clock of Redis alone is ${says}`,
      ...LIVE,
      ...{ clocks: { redis: offset }, denies: SKEW },
      async fault() {},
    }),
  ),
]
