import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  deadlinesOf,
  isWorkingDay,
  loadCalendar,
  uncoveredYears,
  WEEKENDS_ONLY,
  workingDaysAfter,
} from '../../../../src/analyst/words/calendar.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

const folder = useFolder()
const SAMPLE = 'config/holidays.sample.yaml'
const at = (time: string) => Date.parse(time)

function calendarOf(text: string) {
  const file = folder.file('calendar.yaml')
  writeFileSync(file, text)
  return loadCalendar(file)
}

describe('working days', () => {
  const calendar = loadCalendar(SAMPLE)

  it('skip weekends and holidays, and count weekends that are worked', () => {
    expect(isWorkingDay(calendar, '2026-09-30')).toBe(true)
    expect(isWorkingDay(calendar, '2026-10-01')).toBe(false)
    expect(isWorkingDay(calendar, '2026-10-07')).toBe(false)
    expect(isWorkingDay(calendar, '2026-10-08')).toBe(true)
    expect(isWorkingDay(calendar, '2026-10-10')).toBe(true)
    expect(isWorkingDay(calendar, '2026-10-11')).toBe(false)
    expect(isWorkingDay(WEEKENDS_ONLY, '2026-10-10')).toBe(false)
  })

  it('are counted from the day after, over a holiday and the Saturday worked for it', () => {
    // Tuesday 29 September: 30, then 8, 9, 10 (Saturday, worked), 12 October.
    expect(workingDaysAfter(calendar, at('2026-09-29T10:00+08:00'), 5)).toEqual({
      date: '2026-10-12',
      endsAt: at('2026-10-13T00:00+08:00'),
    })
    expect(workingDaysAfter(WEEKENDS_ONLY, at('2026-09-29T10:00+08:00'), 5).date).toBe('2026-10-06')
  })

  it('begin and end with the day of the zone, not of UTC', () => {
    // 23:30 of Monday in China is 15:30 UTC; 00:30 of Tuesday is still Monday in UTC.
    expect(workingDaysAfter(WEEKENDS_ONLY, at('2026-11-09T23:30+08:00'), 1).date).toBe('2026-11-10')
    expect(workingDaysAfter(WEEKENDS_ONLY, at('2026-11-10T00:30+08:00'), 1).date).toBe('2026-11-11')
    const utc = calendarOf('zone: "+00:00"')
    expect(workingDaysAfter(utc, at('2026-11-10T00:30+08:00'), 1).date).toBe('2026-11-10')
  })

  it('end on a working day, and there are as many as asked between', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2026-12-01T00:00Z') }),
        fc.integer({ min: 1, max: 20 }),
        (ts, days) => {
          const { date, endsAt } = workingDaysAfter(calendar, ts, days)
          let counted = 0
          for (let day = ts + 86_400_000; ; day += 86_400_000) {
            const local = new Date(day + 480 * 60_000).toISOString().slice(0, 10)
            if (isWorkingDay(calendar, local)) counted++
            if (local === date) break
          }
          return counted === days && isWorkingDay(calendar, date) && endsAt > ts
        },
      ),
    )
  })
})

describe('deadlines', () => {
  const complaint = {
    ts: at('2026-11-11T09:00+08:00'),
    receivedAt: at('2026-11-13T09:00+08:00'),
    source: '12321',
  }

  it('are 5 working days for the centre from the complaint and 15 for the answer from its receipt', () => {
    expect(deadlinesOf(WEEKENDS_ONLY, complaint)).toMatchObject([
      { name: 'passed on', days: 5, from: 'complaint', startsAt: complaint.ts, date: '2026-11-18' },
      { name: 'answered', days: 15, from: 'received', startsAt: complaint.receivedAt, date: '2026-12-04' },
    ])
  })

  it('of a complaint that did not come through the centre leave its deadline out', () => {
    const names = deadlinesOf(WEEKENDS_ONLY, { ...complaint, source: 'hotline' }).map((d) => d.name)
    expect(names).toEqual(['answered'])
  })

  it('can be configured', () => {
    const calendar = calendarOf('deadlines: [{name: first word, days: 2, from: received}]')
    expect(deadlinesOf(calendar, complaint)).toMatchObject([{ name: 'first word', date: '2026-11-17' }])
  })

  it('name the years of which the calendar knows no holiday', () => {
    const calendar = loadCalendar(SAMPLE)
    expect(uncoveredYears(calendar, deadlinesOf(calendar, complaint))).toEqual([])
    const late = { ...complaint, receivedAt: at('2026-12-21T09:00+08:00') }
    expect(uncoveredYears(calendar, deadlinesOf(calendar, late))).toEqual(['2027'])
    expect(uncoveredYears(WEEKENDS_ONLY, deadlinesOf(WEEKENDS_ONLY, complaint))).toEqual(['2026'])
  })
})

describe('a calendar file', () => {
  const faults: readonly (readonly [string, string, string])[] = [
    ['a date that is none', 'holidays: [2026-02-30]', 'calendar.yaml:1: holidays[0]'],
    [
      'a span that runs backwards',
      'holidays:\n  - {from: 2026-10-07, to: 2026-10-01}',
      'calendar.yaml:2: holidays[0].to',
    ],
    ['a make-up day that is no weekend', 'workdays: [2026-10-12]', 'is not a Saturday or Sunday'],
    ['a day that is both', 'holidays: [2026-10-10]\nworkdays: [2026-10-10]', 'is a holiday too'],
    ['an unknown key', 'feasts: []', 'unknown key'],
    ['a deadline of no days', 'deadlines: [{name: a, days: 0, from: received}]', 'at least 1'],
    ['a deadline from nowhere', 'deadlines: [{name: a, days: 5, from: sent}]', 'complaint, received'],
  ]
  it.each(faults)('refuses %s', (_what, text, said) => {
    expect(() => calendarOf(text)).toThrow(said)
  })

  it('may be empty, and reports a missing file', () => {
    expect(calendarOf('').deadlines).toHaveLength(2)
    expect(() => loadCalendar(folder.file('none.yaml'))).toThrow('the file does not exist')
  })
})
