import type { Code } from '../domain/codes.ts'
import { type Draft, type Plant, signed } from './events.ts'
import { message, type Setting, scripted, textOf } from './setting.ts'
import type { PlantedFamily } from './texts-planted.ts'

/** Offers that say nothing of how to refuse. */
function noWayOut(setting: Setting, hour: number): Plant {
  const { random, shops } = setting
  const to = setting.recipients(30)
  return scripted(
    setting.times(setting.span(hour, 40), to.length).map((ts, i): Draft => {
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

/** Offers of many shops with a fault of their own. */
function faulty(setting: Setting, hour: number, family: PlantedFamily, event: string, code: Code): Plant {
  const { random, shops } = setting
  const to = setting.recipients(30)
  return scripted(
    setting
      .times(setting.span(hour, 40), to.length)
      .map((ts, i) => message(random.pick(shops), family, random, { ts, to: to[i]!, event, codes: [code] })),
  )
}

/** How offers are made: with a way out, by day, in plain writing. */
export function mannerPlants(setting: Setting): Plant[] {
  return [
    ...[8.5, 12.5, 17.5].map((hour) => noWayOut(setting, hour)),
    ...[0.5, 6.75, 21.25].map((hour) => faulty(setting, hour, 'offer', 'quiet-hours', 'QUIET_HOURS')),
    ...[8.75, 12.75, 17.75].map((hour) =>
      faulty(setting, hour, 'disguised', 'disguised-text', 'OBFUSCATED_TEXT'),
    ),
  ]
}
