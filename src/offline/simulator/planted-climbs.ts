import { MINUTE } from '../../domain/time.ts'
import type { Sender } from './cast.ts'
import { PlantingContext } from './planting-context.ts'
import { type Plant, signed, spread, subscriber } from './plants.ts'
import type { Random } from './random.ts'
import { FAMILIES, type FamilyName, fill } from './texts.ts'

/** Messages per minute, by minutes since the start of the scenario. */
type Level = (minute: number) => number

interface Course {
  readonly event: string
  readonly shop: Sender
  readonly level: Level
  /** Start and end of the climb in minutes; absent if the plant must not be raised. */
  readonly climbs?: readonly [from: number, to: number]
  /** Messages sent together within a minute; defaults to 1. */
  readonly batch?: number
  readonly family?: FamilyName
}

/** Linear change between two levels and two minutes. */
const line =
  (low: number, high: number, from: number, to: number): Level =>
  (minute) =>
    low + (high - low) * Math.min(1, Math.max(0, (minute - from) / (to - from)))

/** Zero until a minute, then a rise to a level within this many minutes. */
const beginning =
  (level: number, from: number, within: number): Level =>
  (minute) =>
    minute < from ? 0 : line(0.05 * level, level, from, from + within)(minute)

/**
 * Advertising that climbs slowly to four times its level, and lawful look-alikes: a declared campaign that fills up, a shop
 * that grows all morning, one that opens, a small one that sends in batches, two new ones, and notices.
 */
export function climbs(
  cast: readonly Sender[],
  { start, minutes }: { readonly start: number; readonly minutes: number },
  random: Random,
): Plant[] {
  const context = new PlantingContext(cast, start, random)
  const at = (minute: number) => start + minute * MINUTE
  const campaign = { from: at(95), to: at(150), perMinute: 110 }
  const courses: Course[] = [
    {
      event: 'climb-20-minutes',
      shop: context.newShop(),
      level: line(15, 60, 80, 100),
      climbs: [80, 120],
    },
    {
      event: 'climb-40-minutes',
      shop: context.newShop(),
      level: line(25, 100, 90, 130),
      climbs: [90, 145],
    },
    {
      event: 'climb-60-minutes',
      shop: context.newShop(),
      level: line(40, 160, 85, 145),
      climbs: [85, 155],
    },
    {
      event: 'climb-early',
      shop: context.newShop(),
      level: line(20, 80, 35, 75),
      climbs: [35, 95],
    },
    {
      event: 'climb-declared',
      shop: context.newShop({ campaigns: [campaign] }),
      level: (minute) => (minute >= 150 ? 22 : line(22, 100, 100, 130)(minute)),
    },
    { event: 'climb-growing', shop: context.newShop(), level: (minute) => 18 * 2 ** (minute / 90) },
    { event: 'climb-opening', shop: context.newShop(), level: line(4, 45, 0, 120) },
    { event: 'climb-small-batches', shop: context.newShop(), level: () => 2.5, batch: 25 },
    {
      event: 'climb-new-shop',
      shop: context.newShop(),
      level: (minute) => (minute < 60 ? 0 : line(6, 30, 60, 130)(minute)),
    },
    {
      event: 'climb-after-first-ramp',
      shop: context.newShop(),
      level: (minute) => (minute < 100 ? beginning(25, 20, 30)(minute) : line(25, 100, 100, 130)(minute)),
      climbs: [100, 150],
    },
    { event: 'climb-first-ramp', shop: context.newShop(), level: beginning(60, 20, 60) },
    { event: 'climb-notices', shop: context.newShop(), level: line(20, 90, 80, 120), family: 'order' },
  ]
  return courses.map((course) => plantOf(course, start, at(minutes)))
}

function plantOf(course: Course, start: number, end: number): Plant {
  const { event, shop, level, climbs: between, batch = 1, family = 'localMarketing' } = course
  const planted = {
    event,
    code: 'MARKETING_BURST',
    target: { kind: 'signature', id: shop.signature },
  } as const
  const truth = between
    ? { ...planted, from: start + between[0] * MINUTE, to: start + between[1] * MINUTE }
    : { ...planted, from: start, to: end, raise: false as const }
  const { label, texts } = FAMILIES[family]
  return {
    from: start,
    to: end,
    truth: [truth],
    senders: [shop],
    drafts: (minute, random) => {
      const perMinute = level((minute - start) / MINUTE)
      const over = between && minute >= truth.to
      const count = over ? 0 : batch * random.poisson(perMinute / batch)
      return spread(minute, count, random, (ts) => ({
        ts,
        from: random.pick(shop.ports),
        to: subscriber(random),
        text: signed(shop.signature, fill(random.pick(texts), random, ts)),
        label,
        event,
      }))
    },
  }
}
