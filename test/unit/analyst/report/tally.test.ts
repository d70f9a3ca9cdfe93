import { describe, expect, it } from 'vitest'
import { reportPage } from '../../../../src/analyst/report/page.ts'
import { Tally } from '../../../../src/analyst/report/tally.ts'
import { messageAlertAt, stateAlertAt } from '../../../helpers/archive-records.ts'

const FROM = Date.UTC(2026, 10, 11)
const HOUR = 3_600_000
const range = { from: FROM, to: FROM + 24 * HOUR }
const alert = (id: string, at: number) => messageAlertAt(id, FROM + at)

describe('the tally of a report', () => {
  it('counts what was raised in its range, by bar, action, code, sender and brand', () => {
    const tally = new Tally(range)
    for (const at of [0, HOUR - 1, HOUR, 24 * HOUR - 1]) tally.add(alert(`m${at}`, at))
    tally.add(alert('before', -1))
    tally.add(alert('after', 24 * HOUR))
    expect(tally.slot).toBe(HOUR)
    expect(tally.bars).toHaveLength(24)
    expect(tally.bars[0]).toEqual({ block: 2 })
    expect(tally.bars[23]).toEqual({ block: 1 })
    expect([tally.raised, tally.actions, [...tally.codes]]).toEqual([4, { block: 4 }, [['FORGED_BRAND', 4]]])
    expect([...tally.senders.keys()]).toEqual(['京东 @ 10690200001'])
    expect(tally.brands.get('jd')).toMatchObject({ alerts: 4, domains: new Map([['kf88.top', 4]]) })
  })

  it('counts shadow alerts apart, and a state once with its beginning and end', () => {
    const tally = new Tally(range)
    const tipped = alert('m1', HOUR)
    tally.add({ ...alert('s', HOUR), data: { ...alert('s', HOUR).data, mode: 'shadow' } })
    tally.add(stateAlertAt(FROM + HOUR, 1, tipped, 'sigwatch.alert.raised'))
    tally.add(stateAlertAt(FROM + 2 * HOUR, 2, tipped, 'sigwatch.alert.updated'))
    tally.add(stateAlertAt(FROM + 3 * HOUR, 3, tipped, 'sigwatch.alert.cleared'))
    expect([tally.raised, tally.shadow]).toEqual([1, 1])
    expect([...tally.states.values()]).toEqual([
      expect.objectContaining({
        target: { kind: 'domain', id: 'kf88.top' },
        raised: FROM + HOUR,
        cleared: FROM + 3 * HOUR,
      }),
    ])
  })

  it('shows one case a sender, code and host, the gravest ten', () => {
    const tally = new Tally(range)
    for (let n = 0; n < 200; n++) {
      const one = alert(`m${n}`, n)
      const { message } = one.data
      tally.add({
        ...one,
        data: { ...one.data, score: n / 200, message: { ...message!, from: `1069${n % 100}` } },
      })
    }
    const scores = tally.gravest().map(({ data }) => data.score)
    expect(scores).toEqual([199, 198, 197, 196, 195, 194, 193, 192, 191, 190].map((n) => n / 200))
  })
})

describe('the page of a report', () => {
  const page = (now: Tally, before = new Tally({ from: FROM - 24 * HOUR, to: FROM })) =>
    reportPage({
      locale: 'en',
      title: 'A day',
      now,
      before,
      judged: [{ code: 'FORGED_BRAND', confirmed: 9, judged: 10 }],
      complaints: [],
    })

  it('says what changed, and how precise a code was', () => {
    const [now, before] = [new Tally(range), new Tally({ from: FROM - 24 * HOUR, to: FROM })]
    for (const n of [1, 2, 3]) now.add(alert(`m${n}`, n))
    for (const n of [1, 2]) before.add(alert(`b${n}`, n - HOUR))
    const text = page(now, before)
    expect(text).toContain('+50% (before: 2)')
    expect(text).toContain('90% (60%–98%), 10 judged')
  })

  it('escapes what a text holds, and loads nothing', () => {
    const now = new Tally(range)
    const one = alert('m1', HOUR)
    now.add({
      ...one,
      data: { ...one.data, message: { ...one.data.message!, text: '<script>alert(1)</script>' } },
    })
    const text = page(now)
    expect(text).toContain('&lt;script&gt;')
    expect(text).not.toContain('<script')
    expect(text).not.toMatch(/(src|href)=/)
  })

  it('has words for a time in which nothing was found', () => {
    expect(page(new Tally(range))).toContain('Nothing was raised.')
  })
})
