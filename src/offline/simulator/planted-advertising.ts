import type { Code } from '../../domain/codes.ts'
import { message, type PlantingContext, scripted, textOf } from './planting-context.ts'
import { type PlannedMessage, type Plant, signed } from './plants.ts'
import type { PlantedFamily } from './texts-planted.ts'

/** Offers without a way to opt out. */
function noWayOut(context: PlantingContext, hour: number): Plant {
  const { random, shops } = context
  const to = context.recipients(30)
  return scripted(
    context.times(context.span(hour, 40), to.length).map((ts, i): PlannedMessage => {
      const shop = random.pick(shops)
      return {
        ts,
        from: random.pick(shop.ports),
        to: to[i]!,
        text: signed(shop.signature, textOf('offer', random, ts, { wayOut: false })),
        label: 'marketing',
        codes: ['OPT_OUT_MISSING'],
        event: 'way-out-missing',
      }
    }),
  )
}

/** Offers of many shops that have one fault. */
function faulty(
  context: PlantingContext,
  hour: number,
  family: PlantedFamily,
  event: string,
  code: Code,
): Plant {
  const { random, shops } = context
  const to = context.recipients(30)
  return scripted(
    context
      .times(context.span(hour, 40), to.length)
      .map((ts, i) => message(random.pick(shops), family, random, { ts, to: to[i]!, event, codes: [code] })),
  )
}

/** Faults in the form of offers: no opt-out, sent at night, disguised writing. */
export function advertisingPlants(context: PlantingContext): Plant[] {
  return [
    ...[8.5, 12.5, 17.5].map((hour) => noWayOut(context, hour)),
    ...[0.5, 6.75, 21.25].map((hour) => faulty(context, hour, 'offer', 'quiet-hours', 'QUIET_HOURS')),
    ...[8.75, 12.75, 17.75].map((hour) =>
      faulty(context, hour, 'disguised', 'disguised-text', 'OBFUSCATED_TEXT'),
    ),
  ]
}
