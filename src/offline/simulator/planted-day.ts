import { MINUTE } from '../../domain/time.ts'
import type { Sender } from './cast.ts'
import { nearMisses } from './near-misses.ts'
import { advertisingPlants } from './planted-advertising.ts'
import { burstPlants } from './planted-bursts.ts'
import { complaintPlants } from './planted-complaints.ts'
import { consentPlants } from './planted-consents.ts'
import { fanoutPlants } from './planted-fanouts.ts'
import { filingPlants } from './planted-filings.ts'
import { forgeryPlants } from './planted-forgeries.ts'
import { recipientPlants } from './planted-recipients.ts'
import { PlantingContext } from './planting-context.ts'
import type { Plant } from './plants.ts'
import type { Random } from './random.ts'

const NEAR_MISSES_PER_MINUTE = 7

/**
 * Events of every kind at fixed times of the day; a scenario that covers part of a day has those that fall entirely into it.
 * `hour` returns the events of an hour that starts at the given time.
 */
export function plantedDay(
  cast: readonly Sender[],
  options: { readonly start: number; readonly minutes: number; readonly rate: number },
  random: Random,
  hour: (from: number, cast: readonly Sender[]) => readonly Plant[],
): Plant[] {
  const { start, minutes, rate } = options
  const context = new PlantingContext(cast, start, random)
  const plants = [
    ...burstPlants(context, rate),
    ...recipientPlants(context),
    ...complaintPlants(context),
    ...consentPlants(context),
    ...filingPlants(context),
    ...advertisingPlants(context),
    ...forgeryPlants(context),
  ]
  // Created last, so that invented names do not collide with those of other events.
  const all = [...cast, ...context.newShops]
  plants.push(...[4, 9, 13, 17, 20].flatMap((clock) => hour(context.at(clock), all)))
  plants.push(...fanoutPlants(context))
  const end = start + minutes * MINUTE
  const whole = plants.filter((plant) => start <= plant.from && plant.to <= end)
  return [...whole, nearMisses(context, NEAR_MISSES_PER_MINUTE)]
}
