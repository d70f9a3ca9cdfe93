import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { tokenKeyOf } from '../../../examples/blocker/src/match.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { tokenKey } from '../../../src/settings/token-forms.ts'
import { LIFECYCLE_LIMITS } from '../../../src/stores/states/lifecycle.ts'
import { canonicalNumber } from '../../../src/text/canonical-number.ts'
import { extract } from '../../../src/text/extract.ts'
import { BLOCKERS, type Match, type Submission, type Table } from '../../helpers/blockers.ts'
import { checkedAlert } from '../../helpers/schema.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/blocking.md'), 'utf8')
const tried = new Set<string>()

/** A rule of the page, word for word, and what shows it. */
function rule(sentence: string, shows: () => void): void {
  tried.add(sentence)
  it(sentence, () => {
    expect(PAGE).toContain(`- ${sentence}\n`)
    shows()
  })
}

const NOW = Date.UTC(2026, 10, 11, 2)
const KEY = { keyId: '1', key: 'sigwatch-test-vector-key-of-32-bytes-or-more' }
const iso = (ms: number) => new Date(ms).toISOString()
const row = (over: object = {}) => ({
  state: 's1',
  episode: NOW - 60_000,
  revision: 1,
  match: { ports: ['106900001111'] },
  action: 'block',
  limit: { perMinute: 60 } as unknown,
  validFrom: iso(NOW - 60_000),
  expiresAt: iso(NOW + 60_000),
  code: 'FORGED_BRAND',
  alertId: 'a1',
  ...over,
})
const alert = (
  type: string,
  { state, episode, revision, ...data }: ReturnType<typeof row>,
  over: object = {},
) =>
  JSON.stringify({
    type: `sigwatch.alert.${type}`,
    data: {
      mode: 'enforce',
      target: { kind: 'port', id: '1' },
      state: { id: state, episode, revision },
      ...data,
      ...over,
    },
  })
const messageAlert = (over: object = {}, id = 'a1') => {
  const times = { validFrom: iso(NOW - 60_000), expiresAt: iso(NOW + 60_000) }
  const data = { mode: 'enforce', action: 'block', target: { kind: 'message', id: 'm1' }, ...times, ...over }
  return JSON.stringify({ id, type: 'sigwatch.alert.raised', data })
}
describe.each(BLOCKERS)('$name', (blocker) => {
  const tableOf = (...rows: ReturnType<typeof row>[]) => {
    const table = blocker.table(KEY)
    for (const one of rows) table.takeBlock(one.state, JSON.stringify(one))
    return table
  }
  const sms = (over: Partial<Submission> = {}): Submission => ({ id: 'm1', from: '106900001111', ...over })
  const action = (table: Table, message = sms(), now = NOW) => table.decide(message, now).action
  const holds = (match: Match, message: Partial<Submission> = {}) => blocker.holds(match, sms(message))

  describe('docs/blocking.md: what to read', () => {
    rule(
      'A row holds `match`, `action`, `limit`, `validFrom`, `expiresAt`, `episode` and `revision`.',
      () => {
        const schema = JSON.parse(
          readFileSync(join(import.meta.dirname, '../../../config/schema/block-v1.schema.json'), 'utf8'),
        )
        const told = ['match', 'action', 'limit', 'validFrom', 'expiresAt', 'episode', 'revision']
        for (const member of told) expect(schema.properties[member].description, member).toBeTruthy()
        expect(told.filter((member) => member !== 'limit').every((m) => schema.required.includes(m))).toBe(
          true,
        )
      },
    )
    rule('Rows and events of one state may come in any order and repeatedly.', () => {
      const events: ((table: Table) => void)[] = [
        (table) => table.takeBlock('s1', JSON.stringify(row())),
        (table) => table.takeAlert(alert('raised', row())),
        (table) => table.takeAlert(alert('updated', row({ revision: 2, action: 'throttle' }))),
        (table) => table.takeBlock('s1', JSON.stringify(row({ revision: 2, action: 'throttle' }))),
        (table) => table.takeAlert(alert('cleared', row({ revision: 3 }))),
        (table) => table.takeAlert(alert('raised', row({ revision: 4, action: 'review' }))),
      ]
      for (let turn = 0; turn < 50; turn++) {
        const table = blocker.table(KEY)
        const order = [...events, ...events].sort(
          (a, b) => events.indexOf(a) * 7 + turn * 13 - events.indexOf(b) * turn,
        )
        for (const event of order) event(table)
        expect(table.entries(NOW)).toEqual([['s1', NOW - 60_000, 4, 'review']])
      }
    })
    rule(
      'Ignore a state event or row whose (`episode`, `revision`) is not greater than the one held.',
      () => {
        const table = tableOf(
          row({ revision: 3 }),
          row({ revision: 2, action: 'review' }),
          row({ episode: 1, revision: 9 }),
        )
        expect(table.entries(NOW)).toEqual([['s1', NOW - 60_000, 3, 'block']])
        table.takeBlock('s1', JSON.stringify(row({ episode: NOW, revision: 1, action: 'throttle' })))
        expect(table.entries(NOW)).toEqual([['s1', NOW, 1, 'throttle']])
      },
    )
    rule('Remember a state that has ended: an older event does not open it again.', () => {
      const table = tableOf(row())
      table.takeAlert(alert('cleared', row({ revision: 3 })))
      table.takeAlert(alert('updated', row({ revision: 2 })))
      expect(action(table)).toBe('pass')
      table.takeAlert(alert('raised', row({ revision: 4 })))
      expect(action(table)).toBe('block')
    })
    rule('A tombstone ends its row, but not a state held with a greater (`episode`, `revision`).', () => {
      const table = tableOf(row())
      table.takeBlock('s1', null)
      table.takeBlock('never', null)
      expect([action(table), table.entries(NOW)]).toEqual(['pass', []])
      table.takeAlert(alert('raised', row()))
      expect(action(table), 'the same again').toBe('pass')
    })
    const fallen = alert('updated', row({ revision: 7, action: 'review' }))
    const again = alert('raised', row({ episode: NOW, revision: 1 }))
    const both = row({ revision: 7 })
    it.each<[string, string, (readonly [topic: 'blocks' | 'alerts', value: string | null])[]]>([
      [
        'review',
        'the event, then the tombstone',
        [
          ['blocks', JSON.stringify(row())],
          ['alerts', fallen],
          ['blocks', null],
        ],
      ],
      [
        'review',
        'the tombstone, then the event',
        [
          ['blocks', JSON.stringify(row())],
          ['blocks', null],
          ['alerts', fallen],
        ],
      ],
      [
        'review',
        'rebuilt, the event first',
        [
          ['alerts', fallen],
          ['blocks', null],
        ],
      ],
      [
        'review',
        'rebuilt, the tombstone first',
        [
          ['blocks', null],
          ['alerts', fallen],
        ],
      ],
      [
        'block',
        'a new episode, then the tombstone',
        [
          ['blocks', JSON.stringify(row())],
          ['alerts', again],
          ['blocks', null],
        ],
      ],
      [
        'block',
        'a new episode before its old row',
        [
          ['alerts', again],
          ['blocks', JSON.stringify(row())],
          ['blocks', null],
        ],
      ],
      [
        'block',
        'a new episode after the tombstone',
        [
          ['blocks', JSON.stringify(row())],
          ['blocks', null],
          ['alerts', again],
        ],
      ],
      [
        'block',
        'rebuilt, the new episode first',
        [
          ['alerts', again],
          ['blocks', null],
        ],
      ],
      [
        'pass',
        'the event and its own row',
        [
          ['alerts', alert('updated', both)],
          ['blocks', JSON.stringify(both)],
          ['blocks', null],
        ],
      ],
    ])('a tombstone leaves %s: %s', (expected, _name, records) => {
      const table = blocker.table(KEY)
      for (const [topic, value] of records)
        if (topic === 'blocks') table.takeBlock('s1', value)
        else table.takeAlert(value!)
      expect(action(table)).toBe(expected)
    })
    rule('Skip a row or event that is no JSON object.', () => {
      for (const value of ['{"state": "s1", "match', 'null', '7', '[]', '{}']) {
        const table = tableOf(row())
        try {
          table.takeBlock('s2', value)
          table.takeAlert(value)
        } catch {
          // `follow` says so and goes on; see the test of the service.
        }
        expect(action(table), value).toBe('block')
      }
    })
    rule(
      'Rows without `episode` and `revision` are of earlier versions: any row that has them is newer.',
      () => {
        const table = tableOf(row({ episode: undefined, revision: undefined }))
        expect(action(table)).toBe('block')
        table.takeBlock('s1', JSON.stringify(row({ action: 'observe' })))
        expect(action(table)).toBe('observe')
      },
    )
    rule('Of rows without them the later in the topic holds, also after a tombstone.', () => {
      const old = (over: object) => row({ episode: undefined, revision: undefined, ...over })
      const table = tableOf(old({ expiresAt: iso(NOW + 1) }), old({ action: 'throttle' }))
      expect(action(table, sms(), NOW + 2), 'renewed').toBe('throttle')
      table.takeBlock('s1', null)
      expect(action(table)).toBe('pass')
      table.takeBlock('s1', JSON.stringify(old({})))
      expect(action(table), 'raised again').toBe('block')
      table.takeAlert(alert('updated', row({ action: 'review' })))
      table.takeBlock('s1', JSON.stringify(old({})))
      expect(action(table), 'an event has an order').toBe('review')
    })
    const nothing = [
      { mode: 'shadow' },
      { mode: 'shadow', late: true },
      { late: true },
      { mode: 'trial' },
      { mode: null },
    ]
    rule('An alert whose `mode` is not `enforce`, or with `late: true`, asks for nothing.', () => {
      for (const over of nothing) {
        const table = blocker.table(KEY)
        table.takeAlert(alert('raised', row(), over))
        table.takeAlert(messageAlert(over))
        expect(action(table), JSON.stringify(over)).toBe('pass')
        table.takeAlert(messageAlert())
        table.takeAlert(messageAlert(over))
        expect(action(table), 'a message alert stands alone').toBe('block')
      }
    })
    rule('A newer state event that asks for nothing ends the order before it.', () => {
      for (const over of nothing) {
        const table = tableOf(row({ revision: 2 }))
        table.takeAlert(alert('updated', row({ revision: 1 }), over))
        expect(action(table), JSON.stringify(over)).toBe('block')
        table.takeAlert(alert('updated', row({ revision: 3 }), over))
        expect(action(table), JSON.stringify(over)).toBe('pass')
        table.takeAlert(alert('raised', row({ revision: 4 })))
        expect(action(table), JSON.stringify(over)).toBe('block')
      }
    })
  })

  describe('docs/blocking.md: time', () => {
    rule('What is past its `expiresAt` is a record, not an order.', () => {
      const table = tableOf(row())
      expect([NOW + 59_999, NOW + 60_000].map((now) => action(table, sms(), now))).toEqual(['block', 'pass'])
    })
    rule('What has its `validFrom` in the future is no order yet.', () => {
      const ofMessage = blocker.table(KEY)
      ofMessage.takeAlert(messageAlert({ validFrom: iso(NOW + 1) }))
      const ofState = tableOf(row({ validFrom: iso(NOW + 1) }))
      for (const table of [ofState, ofMessage])
        expect([NOW, NOW + 1].map((now) => action(table, sms(), now))).toEqual(['pass', 'block'])
      expect(
        [NOW, NOW + 1].map((now) => ofState.entries(now).length),
        'states in force',
      ).toEqual([0, 1])
    })
    rule('Times are RFC 3339: a date, a time, and `Z` or an offset.', () => {
      for (const validFrom of ['2026-11-11T01:59:59Z', '2026-11-11T09:59:59.123456+08:00'])
        expect(action(tableOf(row({ validFrom }))), validFrom).toBe('block')
    })
    rule('Without a readable `validFrom` and `expiresAt` there is no order.', () => {
      const unread = [
        undefined,
        'soon',
        '2001',
        '2026-11-11',
        '2026-11-11T01:59:59',
        '2026-13-11T01:59:59Z',
        1,
      ]
      for (const over of [
        { expiresAt: undefined },
        { expiresAt: 'soon' },
        ...unread.map((validFrom) => ({ validFrom })),
      ]) {
        const table = tableOf(row(over))
        table.takeAlert(messageAlert(over))
        expect(action(table), JSON.stringify(over)).toBe('pass')
      }
    })
    const live = (timestampType: number, ms: number) => ({
      timestamp: String(ms),
      batchContext: { timestampType },
    })
    rule(
      "Compare times with the brokers' clock: the `LogAppendTime` of records as they come, carried on by a monotonic clock.",
      () => {
        const clock = blocker.clock()
        clock.read(live(1, NOW))
        const monotonic = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 120_000)
        try {
          expect(Math.abs(clock.now() - NOW - 120_000)).toBeLessThan(1_000)
          // One that was held up on its way sets it back no more.
          clock.read(live(1, NOW + 60_000))
          expect(Math.abs(clock.now() - NOW - 120_000)).toBeLessThan(1_000)
        } finally {
          monotonic.mockRestore()
        }
      },
    )
    rule("Use the host's clock until such a record has come, and where the topics have `CreateTime`.", () => {
      const clock = blocker.clock()
      expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000)
      clock.read(live(0, NOW))
      expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000)
    })
    rule(
      'States are renewed before they expire, so a block lapses within 15 minutes if sigwatch dies.',
      () => {
        expect(LIFECYCLE_LIMITS.renewAfter).toBeLessThan(LIFECYCLE_LIMITS.validity)
        expect(LIFECYCLE_LIMITS.validity).toBe(15 * 60_000)
      },
    )
    rule('A row of a deployment that is gone stays in the topic, expired.', () => {
      const table = tableOf(row({ expiresAt: iso(NOW - 86_400_000) }))
      expect([action(table), table.entries(NOW)]).toEqual(['pass', []])
    })
  })

  describe('docs/blocking.md: match', () => {
    rule('An absent or empty match matches nothing.', () => {
      for (const match of [{}, undefined, null])
        expect(action(tableOf(row({ match }))), String(match)).toBe('pass')
    })
    rule('Treat a member of another form as unknown.', () => {
      for (const match of [
        { ports: '106900001111' },
        { domains: [7] },
        { signature: ['京东'] },
        { toToken: 1 },
      ])
        expect(action(tableOf(row({ match }))), JSON.stringify(match)).toBe('review')
    })
    rule('`match` is a conjunction: every member that is present must hold.', () => {
      const match = { signature: '京东', ports: ['106900001111'] }
      expect(holds(match, { signature: '京东' })).toBe('yes')
      expect(holds(match, { signature: '淘宝' })).toBe('no')
      expect(holds(match, { signature: '京东', from: '1' })).toBe('no')
    })
    rule('`signature` is the name without brackets.', () => {
      const of = (signature: string) => holds({ signature: '京东' }, { signature })
      expect([of('京东'), of('【京东】'), of('')]).toEqual(['yes', 'no', 'no'])
    })
    rule('`ports` lists exact ports, or prefixes that end in `*`.', () => {
      expect(holds({ ports: ['1'] })).toBe('no')
      expect([['106900*'], ['1', '106900001111'], ['10690000111']].map((ports) => holds({ ports }))).toEqual([
        'yes',
        'yes',
        'no',
      ])
    })
    rule('`exceptPorts` lists ports, in the same forms, that must not match.', () => {
      const match = { ports: ['1069*'], exceptPorts: ['10690000*'] }
      expect([holds(match), holds(match, { from: '106911' })]).toEqual(['no', 'yes'])
    })
    rule('`domains` holds when a link leads to one of them or to a host below it.', () => {
      const of = (...hosts: string[]) => holds({ domains: ['spam.top', 'x.cn'] }, { hosts })
      expect([of('spam.top'), of('a.b.SPAM.top'), of('jd.com', 'x.cn'), of('jd.com'), of()]).toEqual([
        'yes',
        'yes',
        'yes',
        'no',
        'no',
      ])
    })
    rule('A domain does not match a host that merely ends in the same letters.', () => {
      expect(holds({ domains: ['am.top'] }, { hosts: ['spam.top'] })).toBe('no')
    })
    rule('Compare domains and hosts in lower case, without a dot at the end.', () => {
      for (const [domain, host] of [
        ['Spam.TOP', 'a.spam.top'],
        ['spam.top', 'A.Spam.top.'],
        ['spam.top.', 'spam.top'],
      ] as const)
        expect(action(tableOf(row({ match: { domains: [domain] } })), sms({ hosts: [host] })), host).toBe(
          'block',
        )
    })
    rule('`toToken` is the recipient as a token.', () => {
      const table = tableOf(row({ match: { toToken: blocker.tokenOf('13800005678', KEY) } }))
      expect(action(table, sms({ to: '+86 138 0000 5678' }))).toBe('block')
      expect(action(table, sms({ toToken: blocker.tokenOf('13800005678', KEY) }))).toBe('block')
      expect(action(table, sms({ to: '13800005679' }))).toBe('pass')
    })
    rule(
      'Compare numbers, on both sides, without spaces, `+`, a leading `00` and the country code 86.',
      () => {
        const forms = [
          '+86 138 0000 5678',
          '008613800005678',
          '13800005678',
          '8610690001',
          '861234',
          'tok_7f3a',
          '00',
        ]
        expect(forms.map(blocker.canonical)).toEqual(forms.map(canonicalNumber))
        expect(blocker.canonical(forms[0]!)).toBe('13800005678')
        for (const port of ['+86 106900001111', '0086106900001111', '86106900*'])
          expect(action(tableOf(row({ match: { ports: [port] } }))), port).toBe('block')
        expect(holds({ exceptPorts: ['+86 1069*'] })).toBe('no')
      },
    )
    rule('Full-width digits are the same as others (NFKC).', () => {
      const forms = ['１０６９００００１１１１', '＋８６　１０６９０ ０００１１１１', '1069００００1111']
      for (const canonical of [blocker.canonical, canonicalNumber])
        expect(forms.map(canonical)).toEqual(forms.map(() => '106900001111'))
      for (const compare of ['Ｂａｎｋ', '１０６９－１'])
        expect(blocker.canonical(compare)).toBe(canonicalNumber(compare))
    })
    rule(
      'Drop the country code before `106` and before eleven digits that begin with 1; compare what is no number as it is.',
      () => {
        const forms = ['8610690001', '8613800005678', '86123456789', '861380000567', 'tok +86 7f3a']
        const compared = ['10690001', '13800005678', '86123456789', '861380000567', 'tok +86 7f3a']
        expect(forms.map(blocker.canonical)).toEqual(compared)
        expect(forms.map(canonicalNumber)).toEqual(compared)
      },
    )
    rule('Only sigwatch can evaluate `campaign` and `labels`.', () => {
      expect([holds({ campaign: 'b0' }), holds({ labels: ['fraud'] })]).toEqual(['unknown', 'unknown'])
    })
    rule(
      'A member whose field the submission lacks cannot be evaluated; an empty text or list is a value.',
      () => {
        const toToken = blocker.tokenOf('13800005678', KEY)
        const foreign = blocker.tokenOf('13800005678', { ...KEY, keyId: '2' })
        const cases: [Match, Partial<Submission>, string][] = [
          [{ signature: '京东' }, {}, 'review'],
          [{ signature: '京东' }, { signature: '' }, 'pass'],
          [{ domains: ['spam.top'] }, {}, 'review'],
          [{ domains: ['spam.top'] }, { hosts: [] }, 'pass'],
          [{ toToken }, {}, 'review'],
          [{ toToken }, { toToken: foreign }, 'review'],
          [{ toToken, labels: ['marketing'] }, {}, 'review'],
          [{ toToken, labels: ['marketing'] }, { to: '13800005679' }, 'pass'],
          [{ signature: '京东', domains: ['spam.top'] }, { signature: '淘宝' }, 'pass'],
          [{ toToken }, { verdict: { action: 'pass', states: ['s1'] } }, 'block'],
        ]
        for (const [match, message, expected] of cases)
          expect(action(tableOf(row({ match })), sms(message)), JSON.stringify([match, message])).toBe(
            expected,
          )
      },
    )
    const marked = row({ match: { signature: '京东', campaign: 'b0' } })
    rule('Without a verdict, enforce a state with such a member, or an unknown one, as `review`.', () => {
      expect(action(tableOf(marked), sms({ signature: '京东' }))).toBe('review')
      expect(action(tableOf(row({ match: { moonPhase: 'full' } })))).toBe('review')
    })
    rule('With a verdict, enforce it on the messages whose `states` name it.', () => {
      const of = (states: string[]) => sms({ signature: '京东', verdict: { action: 'pass', states } })
      expect([action(tableOf(marked), of(['s1'])), action(tableOf(marked), of(['s2']))]).toEqual([
        'block',
        'pass',
      ])
    })
    rule('A state does not match if any member that can be evaluated fails.', () => {
      expect(action(tableOf(marked), sms({ signature: '淘宝' }))).toBe('pass')
    })
  })

  describe('docs/blocking.md: what to do', () => {
    const does = (over: object) => {
      const { action, deliver } = tableOf(row(over)).decide(sms(), NOW)
      return [action, deliver]
    }
    rule('`block`: do not deliver.', () => expect(does({})).toEqual(['block', false]))
    rule('`throttle`: deliver at most `limit.perMinute` matching messages a minute.', () => {
      const table = tableOf(row({ action: 'throttle', limit: { perMinute: 3 } }))
      const delivered = Array.from({ length: 5 }, () => table.decide(sms(), NOW).deliver)
      expect(delivered).toEqual([true, true, true, false, false])
      expect(table.decide(sms({ from: '1' }), NOW).deliver).toBe(true)
      expect(table.decide(sms(), NOW + 59_000 + 999).deliver).toBe(false)
    })
    rule('Treat a `throttle` of a state without a numeric `limit.perMinute` as `review`.', () => {
      for (const limit of [undefined, null, 7, {}, { perMinute: '3' }, { perMinute: -1 }])
        expect(does({ action: 'throttle', limit }), JSON.stringify(limit)).toEqual(['review', true])
      expect(does({ action: 'throttle', limit: { perMinute: 0 } })).toEqual(['throttle', false])
    })
    rule('`review`: deliver, and let a person look.', () =>
      expect(does({ action: 'review' })).toEqual(['review', true]),
    )
    rule('`observe`: deliver.', () => expect(does({ action: 'observe' })).toEqual(['observe', true]))
    rule('Under several open states the strongest action holds.', () => {
      const states = (['review', 'block', 'throttle'] as const).map((action) =>
        row({ state: action, action }),
      )
      expect(tableOf(...states).decide(sms(), NOW)).toEqual({
        action: 'block',
        deliver: false,
        stateId: 'block',
      })
    })
    rule('Deliver a message under several throttles only if all have room; it counts for each.', () => {
      const throttle = (state: string, perMinute: number, ports: string[]) =>
        row({ state, action: 'throttle', limit: { perMinute }, match: { ports } })
      const table = tableOf(throttle('wide', 4, ['1069*']), throttle('narrow', 2, ['106900001111']))
      const sent = (from: string, n: number) =>
        Array.from({ length: n }, () => table.decide(sms({ from }), NOW).deliver).filter(Boolean).length
      expect([sent('106900001111', 9), sent('106900002222', 9)]).toEqual([2, 2])
      expect(table.decide(sms(), NOW)).toMatchObject({ action: 'throttle', deliver: false })
      expect(sent('1', 9)).toBe(9)
    })
    rule('Treat an unknown action as `review`, and `pass` in a state or alert too.', () => {
      const table = blocker.table(KEY)
      table.takeAlert(messageAlert({ action: 'pass' }))
      expect(action(table)).toBe('review')
      for (const action of ['quarantine', 'pass', undefined])
        expect(does({ action })).toEqual(['review', true])
    })
    rule('Ignore unknown members and codes.', () =>
      expect(does({ code: 'NEW_CODE', later: { member: 1 } })).toEqual(['block', false]),
    )
    rule('A message alert holds for the message that its `target` names.', () => {
      const table = blocker.table(KEY)
      table.takeAlert(messageAlert({ expiresAt: iso(NOW + 1) }))
      expect([sms(), sms({ id: 'm2' })].map((message) => action(table, message))).toEqual(['block', 'pass'])
      expect(action(table, sms(), NOW + 1)).toBe('pass')
    })
    rule('Of several alerts on one message, as from two deployments, the strongest action counts.', () => {
      for (const actions of [
        ['block', 'review'],
        ['review', 'block'],
      ]) {
        const table = blocker.table(KEY)
        for (const [i, action] of actions.entries()) table.takeAlert(messageAlert({ action }, `of-${i}`))
        expect(action(table), String(actions)).toBe('block')
        table.takeAlert(messageAlert({ expiresAt: iso(NOW + 1), action: 'throttle' }, 'longest'))
        expect(action(table, sms(), NOW + 60_000), 'all have expired').toBe('pass')
        table.sweep(NOW + 60_000)
        expect(action(table)).toBe('pass')
      }
    })
    rule('The `action` of a verdict holds for its message as an alert on it does.', () => {
      const of = (action: string, table = blocker.table(KEY)) => {
        const decided = table.decide(sms({ verdict: { action, states: ['s1'] } }), NOW)
        return [decided.action, decided.deliver]
      }
      expect(['block', 'throttle', 'review', 'observe', 'pass', 'shred'].map((action) => of(action))).toEqual(
        [
          ['block', false],
          ['review', true],
          ['review', true],
          ['observe', true],
          ['pass', true],
          ['review', true],
        ],
      )
      expect(of('throttle', tableOf(row({ action: 'throttle', limit: { perMinute: 0 } })))).toEqual([
        'throttle',
        false,
      ])
    })
    rule('Treat a `throttle` of a verdict or message alert as `review` where no state throttles.', () => {
      const table = blocker.table(KEY)
      table.takeAlert(messageAlert({ action: 'throttle', limit: { perMinute: 1 } }))
      expect(table.decide(sms(), NOW)).toMatchObject({ action: 'review', deliver: true })
      const throttled = tableOf(row({ action: 'throttle', limit: { perMinute: 1 } }))
      const verdict = { action: 'throttle', states: ['s1'] }
      const sent = [1, 2].map(() => throttled.decide(sms({ verdict }), NOW))
      expect(sent.map(({ action, deliver }) => [action, deliver])).toEqual([
        ['throttle', true],
        ['throttle', false],
      ])
    })
    rule('A verdict without `action` asks for nothing; one without `states` evaluates no member.', () => {
      const table = tableOf(row({ match: { campaign: 'b0' } }))
      for (const verdict of [null, {}, { action: null, states: null }, { action: 'pass' }, 7]) {
        const message = blocker.submissionOf({ id: 'm1', from: '106900001111', hosts: null, verdict })!
        expect(action(table, message), JSON.stringify(verdict)).toBe('review')
        expect(action(blocker.table(KEY), message), JSON.stringify(verdict)).toBe('pass')
      }
    })
    rule('A marketing state does not stop a message that has no verdict.', () => {
      const match = { signature: '京东', labels: ['marketing', 'finance'] }
      const table = tableOf(row({ action: 'throttle', limit: { perMinute: 1 }, match }))
      const sent = Array.from({ length: 9 }, () => table.decide(sms({ signature: '京东' }), NOW).deliver)
      expect(sent).not.toContain(false)
    })
    rule('A cleared event ends the state immediately, also in mode `shadow`.', () => {
      for (const mode of ['enforce', 'shadow']) {
        const table = tableOf(row())
        table.takeAlert(alert('cleared', row({ revision: 2 }), { mode }))
        expect(action(table), mode).toBe('pass')
      }
    })
  })

  describe('docs/blocking.md: extraction', () => {
    const domain = tableOf(row({ match: { domains: ['icbc-jf.vip'] } }))
    const signature = tableOf(row({ match: { signature: '工商银行' } }))
    const asked = (text: string | undefined, over: object = {}) =>
      blocker.submissionOf({ id: 'm1', from: '1069', text, ...over })!

    rule('Compare `domains` with each `host` found, `signature` with the `signature`.', () => {
      for (const host of ['icbc-jf。vip', 'ｉｃｂｃ-jf.vip', 'icbc-jf点vip', 'm.icbc-jf.vip'])
        expect(action(domain, asked(`官网 jd.com，请登录 ${host} 核实`)), host).toBe('block')
      expect(action(domain, asked('请登录 icbc-jf.vip.jd.com 核实'))).toBe('pass')
      expect(action(signature, asked('【工商银行】请登录 jd.com'))).toBe('block')
      expect(action(signature, asked('【工商银行】请登录 jd.com', { signature: '京东' }))).toBe('pass')
    })
    rule('Without a signature, `signature` is the empty text; without links, the list is empty.', () => {
      expect(extract('您好')).toMatchObject({ signature: '', urls: [] })
      for (const table of [domain, signature]) expect(action(table, asked('您好'))).toBe('pass')
    })
    rule('In one part of an SMS a link may be cut: what is not found is unknown.', () => {
      const part = { part: { ref: 7, index: 2, count: 2 } }
      for (const table of [domain, signature]) expect(action(table, asked('您好', part))).toBe('review')
      expect(action(domain, asked('请登录 icbc-jf.vip', part))).toBe('block')
    })
    rule(
      'Without an extractor, leave the hosts out, and enforce states on domains where a verdict names them.',
      () => {
        expect(action(domain, asked(undefined))).toBe('review')
        expect(action(domain, asked(undefined, { verdict: { states: ['s1'] } }))).toBe('block')
        expect(action(domain, asked(undefined, { verdict: { states: [] } }))).toBe('pass')
      },
    )
  })

  describe('docs/blocking.md: parts', () => {
    const part = { ref: '7', count: 2 }
    const joined = () => messageAlert({ message: { id: 'm1', parts: ['m1', 'm2'] } })

    rule('An alert on a message holds for every id in its `message.parts` as for its own.', () => {
      const table = blocker.table(KEY)
      table.takeAlert(joined())
      for (const id of ['m1', 'm2']) expect(action(table, sms({ id })), id).toBe('block')
      expect(action(table, sms({ id: 'm3' }))).toBe('pass')
    })
    rule(
      'After a blocked part, block the later ones of the same sender, recipient, `ref` and `count`.',
      () => {
        const table = tableOf(row({ match: { domains: ['evil.example'] } }))
        const first = sms({ id: 'p1', to: '13800005678', part, hosts: ['evil.example'] })
        expect(action(table, first)).toBe('block')
        const second = { to: '+86 138 0000 5678', part, hosts: [] }
        expect(table.decide(sms({ ...second, id: 'p2' }), NOW)).toEqual({
          ...{ action: 'block', deliver: false, stateId: 's1' },
        })
        for (const other of [{ to: '13900005678' }, { part: { ref: '8', count: 2 } }, { part: undefined }])
          expect(action(table, sms({ ...second, ...other, id: 'p3' }))).toBe('pass')
        expect(action(table, sms({ ...second, id: 'p2' }), NOW + 16 * 60_000)).toBe('pass')
      },
    )
    rule(
      'Write a part that was delivered before the alert to `sms.enforcements` with `action: "missed"`, once.',
      () => {
        const table = blocker.table(KEY)
        expect(action(table, sms({ id: 'm1', to: '1', part }))).toBe('pass')
        expect(table.takeAlert(joined())).toEqual(['m1'])
        expect(table.takeAlert(joined())).toEqual([])
        expect(action(table, sms({ id: 'm2', to: '1', part }))).toBe('block')
      },
    )
  })

  describe('docs/blocking.md: tokens', () => {
    const vectors = [...PAGE.matchAll(/^\| `([^:`]+):([^`]+)` \| `([^`]+)` \| `([^`]+)` \|$/gm)]
    it('has test vectors', () => expect(vectors.length).toBeGreaterThanOrEqual(3))
    it.each(vectors.map(([, ...cells]) => cells as [string, string, string, string]))(
      '%s:%s, %s',
      (...cells) => {
        const [keyId, key, recipient, token] = cells
        expect(blocker.tokenOf(recipient, { keyId, key })).toBe(token)
        expect(createTokeniser({ keyId, key })(canonicalNumber(recipient))).toBe(token)
      },
    )
    rule(
      '`privacy.tokenKey` is `<keyId>:<key>`, split at the first colon; without a colon it is the key, and its `keyId` is `1`.',
      () => {
        for (const setting of ['k2:a-key-of-the-tests:that-is-longer-than-32-bytes', KEY.key]) {
          const { keyId, key } = tokenKey().read(setting, { fromText: true, folder: '.' })
          expect(tokenKeyOf(setting)).toEqual({ keyId, key: key.reveal() })
        }
      },
    )
    rule('A token of another key says nothing about a recipient.', () => {
      for (const [of, own] of [
        ['0', '1'],
        ['a.b', 'a'],
        ['a', 'a.b'],
      ]) {
        const table = blocker.table({ ...KEY, keyId: own! })
        const match = { toToken: blocker.tokenOf('13800005678', { ...KEY, keyId: of! }) }
        table.takeBlock('s1', JSON.stringify(row({ match })))
        expect(action(table, sms({ to: '13800005678' })), `${of} ${own}`).toBe('review')
      }
    })
  })
})

it('docs/blocking.md: every rule in a list is tried', () => {
  const listed = PAGE.split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []))
  expect(listed.filter((sentence) => !tried.has(sentence))).toEqual([])
})

it('README.md: the alert that it shows is valid', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
  const shown = [...readme.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, json]) => JSON.parse(json!))
  const alerts = shown.filter((one) => 'specversion' in one)
  expect(alerts).toHaveLength(1)
  checkedAlert(alerts[0])
})
