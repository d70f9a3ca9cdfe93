import { describe, expect, it } from 'vitest'
import type { StoredComplaint } from '../../../../src/analyst/archive/stored-complaints.ts'
import { deadlineSheet, monthSheet } from '../../../../src/analyst/complaints/sheets.ts'
import { dueAt, groupsOf, tracked } from '../../../../src/analyst/complaints/summary.ts'
import { loadCalendar, WEEKENDS_ONLY } from '../../../../src/analyst/words/calendar.ts'
import { readText } from '../../../../src/text/read-text.ts'

const at = (text: string) => new Date(`${text}+08:00`)
const complaint = (id: string, over: Partial<StoredComplaint> = {}): StoredComplaint => ({
  id,
  ts: at('2026-11-02T09:00'),
  source: '12321',
  category: '商业营销',
  received_at: at('2026-11-03T09:00'),
  answered_at: null,
  label: 'finance',
  bands: [],
  signature: '某贷款',
  port: '10690200001',
  sp: 'SP1',
  alert_id: null,
  ...over,
})

describe('the deadlines of complaints', () => {
  it('are due from the day on which two working days are left', () => {
    const calendar = { ...WEEKENDS_ONLY, holidays: new Set(['2026-11-18']) }
    // The last day is a Thursday; the day before is a holiday.
    const [deadline] = tracked([complaint('a', { received_at: at('2026-10-28T09:00') })], calendar, 0).filter(
      ({ deadline: { from } }) => from === 'received',
    )
    expect(deadline!.deadline.date).toBe('2026-11-19')
    const from = dueAt(calendar, deadline!.deadline.endsAt)
    expect(new Date(from)).toEqual(at('2026-11-16T00:00'))
    const standing = (now: number) =>
      tracked([complaint('a', { received_at: at('2026-10-28T09:00') })], calendar, now).find(
        (one) => one.deadline.from === 'received',
      )!.standing
    expect([standing(from - 1), standing(from)]).toEqual(['running', 'due'])
  })

  const standing = (now: string, over: Partial<StoredComplaint> = {}, calendar = WEEKENDS_ONLY) =>
    tracked([complaint('a', over)], calendar, at(now).getTime()).map(({ deadline, standing: name }) => [
      deadline.days,
      deadline.date,
      name,
    ])

  it('count working days: 5 from the complaint to us, 15 from us to the answer', () => {
    // 2 November 2026 is a Monday.
    expect(standing('2026-11-04T00:00')).toEqual([
      [5, '2026-11-09', 'in time'],
      [15, '2026-11-24', 'running'],
    ])
    expect(standing('2026-11-20T10:00').at(-1)![2]).toBe('due')
    expect(standing('2026-11-19T10:00').at(-1)![2]).toBe('running')
    expect(standing('2026-11-24T23:59').at(-1)![2]).toBe('due')
    expect(standing('2026-11-25T00:00').at(-1)![2]).toBe('overdue')
  })

  it('end with the answer, in time or late', () => {
    expect(standing('2026-12-01T00:00', { answered_at: at('2026-11-24T23:00') }).at(-1)![2]).toBe('in time')
    expect(standing('2026-12-01T00:00', { answered_at: at('2026-11-25T00:00') }).at(-1)![2]).toBe('late')
    expect(standing('2026-12-01T00:00', { received_at: at('2026-11-10T00:00') })[0]).toEqual([
      5,
      '2026-11-09',
      'late',
    ])
  })

  it('count from the complaint if its arrival is unknown, and the sheet says so', () => {
    expect(standing('2026-11-04T00:00', { received_at: null })).toEqual([[15, '2026-11-23', 'running']])
    const all = tracked(
      [complaint('a', { received_at: null })],
      WEEKENDS_ONLY,
      at('2026-11-25T00:00').getTime(),
    )
    const [, row] = deadlineSheet(all, WEEKENDS_ONLY, 'en').split('\r\n')
    expect(row).toBe(
      'a,12321,2026-11-02 09:00:00 +08:00,unknown: counted from the complaint,answered,15,2026-11-23,overdue,某贷款,SP1',
    )
    expect(deadlineSheet(all, WEEKENDS_ONLY, 'zh-CN')).toContain(',未知：自投诉时间起算,')
  })

  it('know the holidays, and hold for their source alone', () => {
    const calendar = loadCalendar('config/holidays.sample.yaml')
    const spring = { ts: at('2026-02-13T09:00'), received_at: at('2026-02-13T10:00') }
    expect(standing('2026-02-14T00:00', spring, calendar)[0]![1]).toBe('2026-02-27')
    expect(standing('2026-11-04T00:00', { source: 'hotline' }).map(([days]) => days)).toEqual([15])
  })

  it('are a sheet, the first to end first', () => {
    const all = tracked([complaint('a', { id: '12321-A1' })], WEEKENDS_ONLY, at('2026-11-25T00:00').getTime())
    const sheet = deadlineSheet(all, WEEKENDS_ONLY, 'zh-CN')
    expect(sheet.startsWith('\ufeff投诉编号,')).toBe(true)
    expect(sheet).toContain('12321-A1,12321,2026-11-02 09:00:00 +08:00,')
    expect(sheet).toContain(',答复处置结果,15,2026-11-24,已逾期,某贷款,SP1')
    expect(sheet).toContain(',举报中心转办,5,')
    expect(sheet).not.toMatch(/passed on|answered/)
  })
})

describe('complaints by enterprise, SP and template', () => {
  const TEXT = '【某贷款】您有一笔最高30万额度待领取，当天放款，利息低，点击 https://d.cn/a 申请，退订回T'
  const bands = (text: string) => [...readText(text).bands]

  it('join texts that differ by links and numbers, and count a million and standings', () => {
    const now = at('2026-11-25T00:00').getTime()
    const groups = groupsOf(
      [
        complaint('a', { bands: bands(TEXT), alert_id: 'x' }),
        complaint('b', { bands: bands(TEXT.replace('30万', '20万').replace('d.cn/a', 'e.cn/b')) }),
        complaint('c', { bands: bands(TEXT), answered_at: at('2026-11-05T00:00'), label: 'fraud' }),
        complaint('d', { bands: bands(TEXT), sp: 'SP2' }),
        complaint('e', { signature: null, label: null, category: null }),
      ],
      new Map([
        ['某贷款', 40_000],
        ['-', 1_000_000],
      ]),
      WEEKENDS_ONLY,
      now,
    )
    expect(
      groups.map(({ signature, sp, complaints, matched, label }) => [
        signature,
        sp,
        complaints,
        matched,
        label,
      ]),
    ).toEqual([
      ['某贷款', 'SP1', 3, 1, 'finance'],
      ['-', 'SP1', 1, 0, '-'],
      ['某贷款', 'SP2', 1, 0, 'finance'],
    ])
    expect(groups[0]!.template).toBe(groups[2]!.template)
    expect(groups[0]!.template).toMatch(/^t[0-9a-f]{9}$/)
    expect(groups[1]!.template).toBe('-')
    expect(groups[0]!.standings).toEqual({ 'in time': 1, late: 0, running: 0, due: 0, overdue: 2 })
    const sheet = monthSheet('2026-11', groups, 'en')
    expect(sheet.split('\r\n')[1]).toBe(
      `2026-11,某贷款,SP1,${groups[0]!.template},finance,商业营销,3,1,40000,75.0,1,0,0,0,2`,
    )
    expect(groups[1]!.sent).toBeUndefined()
    expect(sheet.split('\r\n')[2]).toBe('2026-11,SP1,SP1,-,-,-,1,0,,,0,0,0,0,1')
  })
})
