import { given } from '../../domain/given.ts'
import { MINUTE } from '../../domain/time.ts'
import type { Sender } from './cast.ts'
import { type BurstShape, burst } from './events.ts'
import { type PlantingContext, type Span, textOf } from './planting-context.ts'
import { type Plant, signed, steady, subscriber } from './plants.ts'
import { PLANTED } from './texts-planted.ts'

/** Renames a plant; with `quiet` it must not be raised. */
function renamed(plant: Plant, event: string, quiet = false): Plant {
  return {
    ...plant,
    truth: plant.truth.map((planted) => ({
      ...planted,
      event,
      ...given({ raise: quiet ? (false as const) : undefined }),
    })),
    drafts: (minute, random) => plant.drafts(minute, random).map((draft) => ({ ...draft, event })),
  }
}

/** A declared burst, within its allowance or beyond it. */
function declared(shop: Sender, span: Span, perMinute: number, allowance: number): Plant {
  const over = perMinute > allowance
  const campaign = { from: span.from - 10 * MINUTE, to: span.to + 10 * MINUTE, perMinute: allowance }
  return {
    ...renamed(
      burst(shop, { ...span, perMinute, shape: 'step' }),
      over ? 'burst-over-declared' : 'burst-declared',
      !over,
    ),
    senders: [{ ...shop, campaigns: [campaign] }],
  }
}

/** A bank's bill run or a service's wave of one-time passwords: many messages, none of them commercial. */
function surge(sender: Sender, span: Span, perMinute: number, family: 'billRun' | 'verification'): Plant {
  const event = family === 'billRun' ? 'notice-surge' : 'otp-surge'
  const target = { kind: 'signature', id: sender.signature } as const
  const planted = { event, code: 'MARKETING_BURST', target, raise: false } as const
  return steady({ ...span, perMinute }, planted, (ts, random) => ({
    ts,
    from: random.pick(sender.ports),
    to: subscriber(random),
    text: signed(sender.signature, textOf(family, random, ts)),
    label: PLANTED[family].label,
    event,
  }))
}

/** The evening of a big shop: its advertising doubles within an hour and a half and stays at that level. */
function evening(shop: Sender, span: Span, rate: number): Plant {
  // 0.0055 is the shop's advertising as a share of all messages, per 10 of its weight; 1.75 is the evening level of traffic.
  const perMinute = rate * 60 * 1.75 * 0.0055 * (shop.weight / 10)
  return renamed(burst(shop, { ...span, perMinute, shape: 'ramp' }), 'evening-level', true)
}

/** Bursts of every shape, declared ones, and high volumes that are not bursts. */
export function burstPlants(context: PlantingContext, rate: number): Plant[] {
  const { shops } = context
  const shaped = (i: number, hour: number, minutes: number, perMinute: number, shape: BurstShape) =>
    burst(shops[i]!, { ...context.span(hour, minutes), perMinute, shape })
  const again = (hour: number) => renamed(shaped(4, hour, 12, 380, 'step'), 'burst-again')
  const fromNothing = context.newShop()
  const late = context.newShop()
  return [
    shaped(5, 10.5, 100, 400, 'climb'),
    shaped(6, 15, 100, 400, 'climb'),
    shaped(7, 11.25, 1, 700, 'spike'),
    shaped(8, 16.5, 1, 700, 'spike'),
    shaped(9, 11.5, 24, 500, 'pulses'),
    shaped(10, 18.5, 24, 500, 'pulses'),
    renamed(shaped(11, 12, 10, 600, 'step'), 'burst-small-shop'),
    ...[fromNothing, late].map((shop, i) => ({
      ...renamed(
        burst(shop, { ...context.span(i ? 19 : 11, 10), perMinute: 600, shape: 'step' }),
        'burst-from-nothing',
      ),
      senders: [shop],
    })),
    again(10),
    again(14.5),
    again(19.5),
    declared(shops[12]!, context.span(10.25, 20), 450, 600),
    declared(shops[13]!, context.span(15.5, 20), 700, 900),
    declared(shops[14]!, context.span(12.25, 15), 700, 250),
    declared(shops[15]!, context.span(18.25, 15), 900, 300),
    surge(context.named('招商银行'), context.span(9.5, 12), 1500, 'billRun'),
    surge(context.named('工商银行'), context.span(16, 12), 1500, 'billRun'),
    surge(context.named('支付宝'), context.span(12, 8), 1200, 'verification'),
    surge(context.named('京东'), context.span(18.75, 8), 1200, 'verification'),
    evening(context.named('京东'), context.span(17.5, 180), rate),
    evening(context.named('淘宝'), context.span(17.75, 180), rate),
  ]
}
