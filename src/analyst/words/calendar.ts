import { InvalidInput } from '../../domain/errors.ts'
import { BEIJING, clockTime, DAY, MINUTE } from '../../domain/time.ts'
import { readOperatorFile } from '../../settings/files/operator-file.ts'
import { compileSchema, type Fault, show, strict, toProblems } from '../../settings/files/operator-schema.ts'
import { parseZone } from '../../settings/files/value-forms.ts'

/** A deadline: a number of working days after the complaint was made or after it was received. */
export interface DeadlineRule {
  readonly name: string
  readonly days: number
  readonly from: 'complaint' | 'received'
  /** Applies only to complaints from this source; absent for all. */
  readonly source?: string
}

/** Working days: Monday to Friday without holidays, plus weekends worked in exchange. */
export interface Calendar {
  /** Absent for the built-in calendar. */
  readonly file?: string
  /** Offset from UTC, minutes. */
  readonly zone: number
  /** Days `YYYY-MM-DD`. */
  readonly holidays: ReadonlySet<string>
  readonly workdays: ReadonlySet<string>
  readonly deadlines: readonly DeadlineRule[]
}

export interface Deadline extends DeadlineRule {
  /** Time from which it counts, epoch ms. */
  readonly startsAt: number
  /** Last day, `YYYY-MM-DD`. */
  readonly date: string
  /** End of the last day, epoch ms. */
  readonly endsAt: number
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
/** A longer span in a calendar is assumed to be a typing error. */
const LONGEST_SPAN = 60

/** MIIT Order 31: the reporting centre passes a report on within 5 working days, the provider answers within 15. */
const DEADLINES: readonly DeadlineRule[] = [
  { name: 'passed on', days: 5, from: 'complaint', source: '12321' },
  { name: 'answered', days: 15, from: 'received' },
]

/** Chinese names of the deadlines of MIIT Order 31; those that a calendar adds have the names that it gives them. */
const CHINESE_NAMES = new Map([
  ['passed on', '举报中心转办'],
  ['answered', '答复处置结果'],
])

/** The name of a deadline for a page or sheet in a language. */
export function deadlineName(name: string, locale: string): string {
  return (locale === 'en' ? undefined : CHINESE_NAMES.get(name)) ?? name
}

/** Used without a calendar file: no holidays, days in China's time zone. */
export const WEEKENDS_ONLY: Calendar = {
  zone: BEIJING,
  holidays: new Set(),
  workdays: new Set(),
  deadlines: DEADLINES,
}

interface CalendarFile {
  readonly zone?: string
  readonly holidays?: readonly (string | { readonly from: string; readonly to?: string })[]
  readonly workdays?: readonly string[]
  readonly deadlines?: readonly DeadlineRule[]
}

const text = { type: 'string', minLength: 1, maxLength: 64 }
const check = compileSchema(
  strict({
    zone: { type: 'string', format: 'zone' },
    holidays: {
      type: 'array',
      items: {
        type: ['string', 'object'],
        additionalProperties: false,
        properties: { name: text, from: text, to: text },
        required: ['from'],
      },
    },
    workdays: { type: 'array', uniqueItems: true, items: text },
    deadlines: {
      type: 'array',
      minItems: 1,
      items: strict(
        {
          name: text,
          days: { type: 'integer', minimum: 1, maximum: 250 },
          from: { type: 'string', enum: ['complaint', 'received'] },
          source: text,
        },
        ['name', 'days', 'from'],
      ),
    },
  }),
)

/** Reads a calendar. Throws InvalidInput that lists all faults. */
export function loadCalendar(file: string): Calendar {
  const { document, problems } = readOperatorFile(file)
  if (!document) throw new InvalidInput('CONFIG_INVALID', problems)
  const value = (document.value ?? {}) as CalendarFile
  const faults = [...check(value)]
  const holidays = new Set<string>()
  const workdays = new Set<string>()
  if (faults.length === 0) {
    value.holidays?.forEach((item, i) => {
      const { from, to = from } = typeof item === 'string' ? { from: item } : item
      const path = ['holidays', i]
      const span = dayOf(from, [...path, 'from'], faults)
      const end = dayOf(to, [...path, 'to'], faults)
      if (span === undefined || end === undefined) return
      if (end < span || end - span > LONGEST_SPAN * DAY) {
        const message = `${show(to)} is not allowed (allowed: from ${from} on, ${LONGEST_SPAN} days at most)`
        faults.push({ path: [...path, 'to'], message })
      } else for (let day = span; day <= end; day += DAY) holidays.add(dateOf(day))
    })
    value.workdays?.forEach((date, i) => {
      const day = dayOf(date, ['workdays', i], faults)
      if (day === undefined) return
      const fault = isWeekend(date)
        ? holidays.has(date) && 'is a holiday too: keep one of the two'
        : 'is not a Saturday or Sunday'
      if (fault) faults.push({ path: ['workdays', i], message: `${show(date)} ${fault}` })
      else workdays.add(date)
    })
  }
  if (faults.length > 0) throw new InvalidInput('CONFIG_INVALID', toProblems(document, faults))
  return {
    file,
    zone: parseZone(value.zone ?? '+08:00')!,
    holidays,
    workdays,
    deadlines: value.deadlines ?? DEADLINES,
  }
}

function dayOf(date: string, path: Fault['path'], faults: Fault[]): number | undefined {
  const [, year, month, day] = DATE.exec(date) ?? []
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day))
  if (!Number.isNaN(ms) && dateOf(ms) === date) return ms
  faults.push({
    path,
    message: `${show(date)} is not allowed (allowed: a date as YYYY-MM-DD, for example 2026-10-01)`,
  })
  return undefined
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}

function isWeekend(date: string): boolean {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay()
  return day === 0 || day === 6
}

export function isWorkingDay(calendar: Calendar, date: string): boolean {
  if (calendar.workdays.has(date)) return true
  return !isWeekend(date) && !calendar.holidays.has(date)
}

/** The day of a time (epoch ms) in the calendar's zone, `YYYY-MM-DD`. */
export function localDate(calendar: Calendar, ts: number): string {
  return clockTime(ts, calendar.zone).slice(0, 10)
}

/** A time in the calendar's zone, for display: `2026-11-11 10:00:00 +08:00`. */
export function localTime(calendar: Calendar, ts: number): string {
  const minutes = Math.abs(calendar.zone)
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${clockTime(ts, calendar.zone)} ${calendar.zone < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
}

type DayEnd = Pick<Deadline, 'date' | 'endsAt'>
/** Ends that were computed, by day and number of days: thousands of complaints have the same ones. */
const ends = new WeakMap<Calendar, Map<string, DayEnd>>()

/** End of the `days`-th working day after the day of `ts`, which is not counted. */
export function workingDaysAfter(calendar: Calendar, ts: number, days: number): DayEnd {
  let day = Math.floor((ts + calendar.zone * MINUTE) / DAY) * DAY
  const known = ends.get(calendar) ?? new Map<string, DayEnd>()
  const key = `${day} ${days}`
  const found = known.get(key)
  if (found) return found
  for (let left = days; left > 0; ) {
    day += DAY
    if (isWorkingDay(calendar, dateOf(day))) left--
  }
  const end = { date: dateOf(day), endsAt: day + DAY - calendar.zone * MINUTE }
  ends.set(calendar, known.set(key, end))
  return end
}

/** The deadlines of a complaint from the times it was made and received (epoch ms). */
export function deadlinesOf(
  calendar: Calendar,
  complaint: { readonly ts: number; readonly receivedAt: number; readonly source: string },
): Deadline[] {
  return calendar.deadlines
    .filter(({ source }) => source === undefined || source === complaint.source)
    .map((rule) => {
      const startsAt = rule.from === 'complaint' ? complaint.ts : complaint.receivedAt
      return { ...rule, startsAt, ...workingDaysAfter(calendar, startsAt, rule.days) }
    })
}

/** Years of running deadlines without a holiday in the calendar, whose working days may be wrong. */
export function uncoveredYears(calendar: Calendar, deadlines: readonly Deadline[]): string[] {
  const known = new Set([...calendar.holidays].map((date) => date.slice(0, 4)))
  const run = deadlines.flatMap(({ startsAt, date }) => [
    localDate(calendar, startsAt).slice(0, 4),
    date.slice(0, 4),
  ])
  return [...new Set(run)].filter((year) => !known.has(year)).sort()
}

/** Begin and end of a month, YYYY-MM, in the zone of the calendar. */
export function monthRange(month: string, { zone }: Calendar): readonly [from: number, to: number] {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const begin = (index: number) => Date.UTC(year, index, 1) - zone * 60_000
  return [begin(number - 1), begin(number)]
}
