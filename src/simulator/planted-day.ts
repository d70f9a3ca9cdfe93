import type { Sender } from './cast.ts'
import type { Plant } from './events.ts'
import { nearMisses } from './near-misses.ts'
import { burstPlants } from './planted-bursts.ts'
import { complaintPlants } from './planted-complaints.ts'
import { consentPlants } from './planted-consents.ts'
import { filingPlants } from './planted-filings.ts'
import { forgeryPlants } from './planted-forgeries.ts'
import { mannerPlants } from './planted-manners.ts'
import { recipientPlants } from './planted-recipients.ts'
import type { Random } from './random.ts'
import { MINUTE, Setting } from './setting.ts'

const NEAR_MISSES_PER_MINUTE = 7

/**
 * Events of every kind, several times over the day, by the clock: a part of the day has those that lie wholly inside it.
 * `hour`: the events of an hour that begins at the time given.
 */
export function plantedDay(
  cast: readonly Sender[],
  options: { readonly start: number; readonly minutes: number; readonly rate: number },
  random: Random,
  hour: (from: number, cast: readonly Sender[]) => readonly Plant[],
): Plant[] {
  const { start, minutes, rate } = options
  const setting = new Setting(cast, start, random)
  const plants = [
    ...burstPlants(setting, rate),
    ...recipientPlants(setting),
    ...complaintPlants(setting),
    ...consentPlants(setting),
    ...filingPlants(setting),
    ...mannerPlants(setting),
    ...forgeryPlants(setting),
  ]
  // Last, so that the names that it makes up are none of the others.
  const all = [...cast, ...setting.newShops]
  plants.push(...[4, 9, 13, 17, 20].flatMap((clock) => hour(setting.at(clock), all)))
  const end = start + minutes * MINUTE
  const whole = plants.filter((plant) => start <= plant.from && plant.to <= end)
  return [...whole, nearMisses(setting, NEAR_MISSES_PER_MINUTE)]
}
