import { describe, expect, it } from 'vitest'
import { verdictJson, verdictsOf } from '../../../../src/detection/alerts/verdict.ts'
import { decide } from '../../../../src/detection/judge.ts'
import type { AnalysedMessage } from '../../../../src/domain/message.ts'
import type { MatchingState } from '../../../../src/domain/state.ts'
import { loadPolicy } from '../../../helpers/policies.ts'
import { message } from '../../../helpers/state-fixtures.ts'

const NOW = Date.parse('2026-11-11T00:00:00Z')
const AT = { now: NOW, model: 'sms-zh@2', degraded: false }
const SHOWN = { explain: false, senderContacts: 'clear' } as const
const policy = loadPolicy()
/** The decision on a message on which nothing was found. */
const on = (of: AnalysedMessage, matching: readonly MatchingState[] = []) =>
  decide({ message: of, findings: [] }, { states: matching, now: NOW, maxAge: 0 }, policy)
const late = (matching: readonly MatchingState[]) => {
  const of = message()
  return decide(
    { message: of, findings: [] },
    { states: matching, now: of.receivedAt + 2, maxAge: 1 },
    policy,
  )
}
const states = [{ id: 'a'.repeat(32), action: 'block' as const }]

describe('a verdict', () => {
  it('asks for the strongest of its reasons and of the open states', () => {
    const [verdict] = verdictsOf(on(message(), states), AT, SHOWN)
    expect(verdict).toMatchObject({ action: 'block', states: [states[0]!.id] })
    expect(verdict).not.toHaveProperty('late')
  })

  it('asks for no more than to observe a message that is too old to act on', () => {
    expect(verdictsOf(late(states), AT, SHOWN)[0]).toMatchObject({ action: 'observe', late: true })
    expect(verdictsOf(late([]), AT, SHOWN)[0]).toMatchObject({ action: 'pass', late: true })
  })

  it('says of an ordinary message what it says of any, in the same order', () => {
    const at = { ...AT }
    const origins = [
      { ...message().origins[0]!, id: 'one' },
      { ...message().origins[0]!, id: 'two', ext: { batch: '7' } },
    ]
    const ordinary = verdictsOf(on(message({ origins })), at, SHOWN)
    // With `explain` it is put together member by member.
    const whole = verdictsOf(on(message({ origins })), at, { ...SHOWN, explain: true })
    const expected = whole.map(({ findings: _none, ...verdict }) => verdict)
    expect(JSON.stringify(ordinary)).toBe(JSON.stringify(expected))
    const [later] = verdictsOf(on(message()), { ...at, now: NOW + 1 }, SHOWN)
    expect(later!.decidedAt).toBe('2026-11-11T00:00:00.001Z')
  })
})

describe('the model of a verdict', () => {
  it('is named, with its score of the label', () => {
    const scores = {
      notice: 0.01,
      personal: 0.02,
      marketing: 0.91267,
      finance: 0.03,
      fraud: 0.02,
      illicit: 0.007,
    }
    for (const reached of [[], states]) {
      const [verdict] = verdictsOf(on(message({ label: 'marketing', scores }), reached), AT, SHOWN)
      expect(verdict).toMatchObject({ label: 'marketing', model: 'sms-zh@2', modelScore: 0.913 })
      expect(JSON.parse(verdictJson(verdict!))).toEqual(verdict)
    }
  })

  it('may have any name', () => {
    const [verdict] = verdictsOf(on(message()), { ...AT, model: 'mein "modell"@1\n' }, SHOWN)
    expect(verdictJson(verdict!)).toBe(JSON.stringify(verdict))
  })
})

describe('the JSON of a verdict', () => {
  const at = { ...AT }

  it.each(['gw1.1', 'gw"1', 'gw\\1', '网关.1', 'gw\u0001', '', '\ud800'])(
    'is that of JSON.stringify for the id %j',
    (id) => {
      const origins = [{ ...message().origins[0]!, id }]
      const [verdict] = verdictsOf(on(message({ origins })), at, SHOWN)
      expect(verdict!.id).toBe(id)
      expect(verdictJson(verdict!)).toBe(JSON.stringify(verdict))
    },
  )

  it('has everything that an extraordinary one has', () => {
    const ext = { lot: '7' }
    const origins = [{ ...message().origins[0]!, ext }]
    for (const verdict of [
      ...verdictsOf(on(message({ origins })), at, SHOWN),
      ...verdictsOf(on(message()), { ...at, degraded: true }, SHOWN),
      ...verdictsOf(late([]), at, SHOWN),
      ...verdictsOf(on(message({ partial: true })), at, SHOWN),
      ...verdictsOf(on(message(), [{ id: 'a', action: 'block', campaign: 'c' }]), at, SHOWN),
      ...verdictsOf(on(message()), at, { ...SHOWN, explain: true }),
    ])
      expect(verdictJson(verdict)).toBe(JSON.stringify(verdict))
  })
})
