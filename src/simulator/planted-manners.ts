import type { Draft, Plant } from './events.ts'
import { signed } from './events.ts'
import { message, type Setting, scripted, textOf } from './setting.ts'

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

function atNight(setting: Setting, hour: number): Plant {
  const { random, shops } = setting
  const to = setting.recipients(30)
  return scripted(
    setting.times(setting.span(hour, 40), to.length).map((ts, i) =>
      message(random.pick(shops), 'offer', random, {
        ts,
        to: to[i]!,
        event: 'quiet-hours',
        codes: ['QUIET_HOURS'],
      }),
    ),
  )
}

function disguised(setting: Setting, hour: number): Plant {
  const { random, shops } = setting
  const to = setting.recipients(30)
  return scripted(
    setting.times(setting.span(hour, 40), to.length).map((ts, i) =>
      message(random.pick(shops), 'disguised', random, {
        ts,
        to: to[i]!,
        event: 'disguised-text',
        codes: ['OBFUSCATED_TEXT'],
      }),
    ),
  )
}

/** How offers are made: with a way out, by day, in plain writing. */
export function mannerPlants(setting: Setting): Plant[] {
  return [
    ...[8.5, 12.5, 17.5].map((hour) => noWayOut(setting, hour)),
    ...[0.5, 6.75, 21.25].map((hour) => atNight(setting, hour)),
    ...[8.75, 12.75, 17.75].map((hour) => disguised(setting, hour)),
  ]
}
