import { CODE_NAMES } from '../../domain/codes.ts'
import { DAY } from '../../domain/time.ts'
import { CODES } from '../detectors/all.ts'
import type { PeriodRule } from './policy-file.ts'

/** Dates of Lunar New Year and the Mid-Autumn Festival in the Chinese calendar. */
const SPRING = ['2026-02-17', '2027-02-06', '2028-01-26', '2029-02-13', '2030-02-03', '2031-01-23']
const MID_AUTUMN = ['2026-09-25', '2027-09-15', '2028-10-03', '2029-09-22', '2030-09-12', '2031-10-01']
const NEW_YEAR = SPRING.map((day) => `${day.slice(0, 4)}-01-01`)

const codes: PeriodRule['codes'] = Object.fromEntries(
  CODE_NAMES.flatMap((name) => {
    const { atFestivals: thresholds } = CODES[name]
    return thresholds ? [[name, { thresholds }]] : []
  }),
)

/** A period from `before` days before a day to the end of `after` days after it. */
function around(name: string, day: string, before: number, after: number): PeriodRule {
  const at = (days: number) => {
    const date = new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)
    return `${date}T00:00+08:00`
  }
  return { name: `${name} ${day.slice(0, 4)}`, from: at(-before), to: at(after + 1), codes }
}

export const FESTIVALS: readonly PeriodRule[] = [
  ...NEW_YEAR.map((day) => around('New Year', day, 1, 0)),
  ...SPRING.map((day) => around('Spring Festival', day, 2, 6)),
  ...SPRING.map((day) => around('Lantern Festival', lantern(day), 0, 0)),
  ...MID_AUTUMN.map((day) => around('Mid-Autumn Festival', day, 1, 0)),
].sort((a, b) => (a.from < b.from ? -1 : 1))

function lantern(spring: string): string {
  return new Date(Date.parse(`${spring}T00:00:00Z`) + 14 * DAY).toISOString().slice(0, 10)
}
