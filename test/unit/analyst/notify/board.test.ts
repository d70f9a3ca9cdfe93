import { describe, expect, it } from 'vitest'
import { defanged, NoticeBoard } from '../../../../src/analyst/notify/board.ts'
import type { Alert } from '../../../../src/domain/alert.ts'
import type { NotifyRule } from '../../../../src/settings/notify-settings.ts'

const T0 = Date.parse('2026-11-11T02:00:00Z')
const MINUTE = 60_000
const iso = (ms: number) => new Date(ms).toISOString()

function state(
  type: 'raised' | 'updated' | 'cleared',
  revision: number,
  more: object = {},
  episode = T0,
): Alert {
  return {
    id: `a-${revision}`,
    time: iso(T0 + revision * MINUTE),
    type: `sigwatch.alert.${type}`,
    data: {
      action: 'block',
      mode: 'enforce',
      severity: 'critical',
      reasons: [
        {
          code: 'FORGED_BRAND',
          detail: 'Links to jd-refund.top in the name of 京东.',
          evidence: { brand: 'jd' },
        },
      ],
      target: { kind: 'domain', id: 'jd-refund.top' },
      match: { domains: ['jd-refund.top'] },
      state: { id: 's1', episode, revision },
      message: { signature: '京东', text: '登录 http://jd-refund.top 或致电 <number>' },
      validFrom: iso(T0),
      expiresAt: iso(T0 + (revision + 15) * MINUTE),
      ...more,
    },
  } as unknown as Alert
}

const RULE: NotifyRule = {
  name: 'BrandForged',
  code: 'FORGED_BRAND',
  by: 'brand',
  more: 2,
  within: 60 * MINUTE,
  severity: 'critical',
}

function board(rules: readonly NotifyRule[] = []) {
  const made = new NoticeBoard({
    ...{ deployment: 'test', least: 'review', rules, desk: 'https://desk.example' },
    verifiedBrand: (signature) => (signature === '京东' ? 'jd' : undefined),
  })
  return {
    take: (...alerts: Alert[]) => alerts.map((alert) => made.take(JSON.stringify(alert))),
    notices: (at: number) => made.notices(at),
    changes: (at: number) => made.changes(at),
    made,
  }
}

describe('notices of states', () => {
  it('names no mobile of a sender', () => {
    const { take, notices } = board()
    take(state('raised', 1, { target: { kind: 'sender', id: '-@13900001234' }, message: undefined }))
    expect(notices(T0 + 2 * MINUTE)[0]!.labels.target).toBe('-@139****1234')
  })

  it('say what is open, without a link that a click follows', () => {
    const { take, notices } = board()
    take(state('raised', 1))
    const [notice] = notices(T0 + 2 * MINUTE)
    expect(notice).toEqual({
      labels: {
        alertname: 'FORGED_BRAND',
        severity: 'critical',
        deployment: 'test',
        kind: 'domain',
        target: 'jd-refund[.]top',
        state: 's1',
        signature: '京东',
        brand: 'jd',
        verified: 'true',
      },
      annotations: {
        summary: 'Links to jd-refund[.]top in the name of 京东.',
        action: 'block',
        text: expect.stringContaining('hxxp://jd-refund[.]top'),
      },
      startsAt: iso(T0),
      endsAt: iso(T0 + 7 * MINUTE),
      generatorURL: 'https://desk.example/case/a-1',
    })
  })

  it('end with the state, whatever order its events come in, and go after a while', () => {
    const { take, notices } = board()
    take(state('raised', 1), state('cleared', 3), state('updated', 2))
    const [ended] = notices(T0 + 4 * MINUTE)
    expect([ended!.startsAt, ended!.endsAt]).toEqual([iso(T0), iso(T0 + 3 * MINUTE)])
    // The labels are those under which it was posted.
    expect(ended!.labels.severity).toBe('critical')
    expect(notices(T0 + 30 * MINUTE)).toEqual([])
    take(state('raised', 1, {}, T0 + 60 * MINUTE))
    expect(notices(T0 + 4 * MINUTE)).toHaveLength(1)
  })

  it('end when it is not renewed, and when it comes into shadow or asks for less', () => {
    const one = board()
    one.take(state('raised', 1))
    expect(one.notices(T0 + 17 * MINUTE)[0]!.endsAt).toBe(iso(T0 + 16 * MINUTE))
    for (const more of [{ mode: 'shadow' }, { action: 'observe' }]) {
      const { take, notices } = board()
      take(state('raised', 1), state('updated', 2, more))
      expect(Date.parse(notices(T0 + 3 * MINUTE)[0]!.endsAt)).toBeLessThan(T0 + 3 * MINUTE)
    }
    const { take, notices } = board()
    take(state('raised', 1, { mode: 'shadow' }), state('cleared', 2, { mode: 'shadow' }))
    expect(notices(T0 + 3 * MINUTE)).toEqual([])
  })

  it('pass over what is no alert, or only half of one', () => {
    const { made, notices } = board()
    const whole = state('raised', 1)
    const odd = [
      { ...whole, time: 'noon' },
      { ...whole, id: 7 },
      ...[{ expiresAt: undefined }, { validFrom: 3 }, { state: { id: 's1' } }, { reasons: [null] }].map(
        (more) => state('raised', 1, more),
      ),
      state('raised', 1, { reasons: [{ code: 'FORGED_BRAND', detail: {} }] }),
      state('raised', 1, { message: { text: null } }),
    ].map((one) => JSON.stringify(one))
    for (const value of ['', '{', 'null', '[]', '{"data":{}}', ...odd])
      expect(made.take(value), value).toBeUndefined()
    expect(notices(T0)).toEqual([])
  })
})

describe('notices of rules', () => {
  const message = (n: number, more: object = {}) =>
    state('raised', n, { state: undefined, target: { kind: 'message', id: `m${n}` }, ...more })

  it('hold while more than so many lie within the time, each by itself', () => {
    const { take, notices } = board([RULE])
    take(
      message(1),
      message(2),
      message(3, { reasons: [{ code: 'FORGED_BRAND', evidence: { brand: 'icbc' } }] }),
    )
    expect(notices(T0 + 4 * MINUTE)).toEqual([])
    take(message(4))
    const [held] = notices(T0 + 5 * MINUTE)
    expect(held).toMatchObject({
      labels: { alertname: 'BrandForged', severity: 'critical', code: 'FORGED_BRAND', brand: 'jd' },
      startsAt: iso(T0 + 4 * MINUTE),
      endsAt: iso(T0 + 10 * MINUTE),
    })
    expect(held!.annotations.summary).toBe('3 or more alerts FORGED_BRAND of brand jd within 60 minutes')
    // The first of them leaves the window.
    const [ended] = notices(T0 + 62 * MINUTE)
    expect([ended!.startsAt, ended!.endsAt]).toEqual([iso(T0 + 4 * MINUTE), iso(T0 + 62 * MINUTE)])
    expect(notices(T0 + 90 * MINUTE)).toEqual([])
  })

  it('count no alert of shadow mode, no late one, and no renewal', () => {
    const { take, notices } = board([{ ...RULE, by: 'all' }])
    take(message(1, { mode: 'shadow' }), message(2, { late: true }), message(3), message(4))
    take(state('updated', 5))
    expect(notices(T0 + 6 * MINUTE).filter(({ labels }) => labels.alertname === 'BrandForged')).toEqual([])
    take(message(6))
    expect(notices(T0 + 7 * MINUTE).filter(({ labels }) => labels.alertname === 'BrandForged')).toHaveLength(
      1,
    )
  })

  it('count by domain, port and signature', () => {
    for (const [by, name, more] of [
      ['domain', 'jd-refund[.]top', { contacts: { urls: ['http://jd-refund.top/a'] } }],
      ['port', '10690001', { message: { from: '10690001', signature: '京东', text: '' } }],
      ['signature', '京东', {}],
    ] as const) {
      const { take, notices } = board([{ ...RULE, by }])
      take(...[1, 2, 3].map((n) => message(n, more)))
      expect(notices(T0 + 4 * MINUTE)[0]!.labels[by], by).toBe(name)
    }
  })
})

it('what has changed is posted once, and a message alert alone changes nothing', () => {
  const { take, changes, notices } = board([RULE])
  const message = (n: number) =>
    state('raised', n, { state: undefined, target: { kind: 'message', id: `m${n}` } })
  take(state('raised', 1))
  expect(changes(T0 + 2 * MINUTE).map(({ labels }) => labels.alertname)).toEqual(['FORGED_BRAND'])
  take(message(2))
  expect(changes(T0 + 3 * MINUTE)).toEqual([])
  take(message(3))
  expect(changes(T0 + 4 * MINUTE).map(({ labels }) => labels.alertname)).toEqual(['BrandForged'])
  expect(changes(T0 + 4 * MINUTE)).toEqual([])
  expect(notices(T0 + 4 * MINUTE)).toHaveLength(2)
  take(state('cleared', 5))
  expect(changes(T0 + 5 * MINUTE).map(({ endsAt }) => endsAt)).toEqual([iso(T0 + 5 * MINUTE)])
})

it.each([
  ['http://a.example/x?y=1.5', 'hxxp://a[.]example/x?y=1.5'],
  ['icbc-jf.vip', 'icbc-jf[.]vip'],
  ['3.5 折', '3.5 折'],
  ['银行.中国', '银行[.]中国'],
])('a link is defanged: %s', (text, shown) => expect(defanged(text)).toBe(shown))
