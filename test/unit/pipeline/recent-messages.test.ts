import { describe, expect, it } from 'vitest'
import { RecentMessages } from '../../../src/pipeline/recent-messages.ts'
import { message } from '../../helpers/state-fixtures.ts'

const named = (...ids: readonly string[]) => ids.map((id) => message({ id }))
const ids = (messages: readonly { readonly id: string }[]) => messages.map((m) => m.id)

describe('RecentMessages', () => {
  it('keeps the last of an entity, oldest first, each once', () => {
    const recent = new RecentMessages(10, 3)
    recent.remember('a', named('1', '2'))
    recent.remember('a', named('2', '3', '4'))
    expect(ids(recent.of('a'))).toEqual(['2', '3', '4'])
    expect(ids(recent.of('b'))).toEqual([])
    expect(ids(recent.before('a', named('4', '5')))).toEqual(['2', '3', '4', '5'])
  })

  it('forgets the entity that was quiet longest', () => {
    const recent = new RecentMessages(2, 3)
    recent.remember('a', named('1'))
    recent.remember('b', named('2'))
    recent.remember('a', named('3'))
    recent.remember('c', named('4'))
    expect(ids(recent.of('b'))).toEqual([])
    expect(ids(recent.of('a'))).toEqual(['1', '3'])
  })

  it('keeps no raw bytes alive', () => {
    const recent = new RecentMessages()
    recent.remember('a', named('1'))
    const [kept] = recent.of('a')
    expect(kept!.record.value.length).toBe(0)
    expect(kept!.origins).toEqual([])
    expect(kept!.text).toBe(message().text)
  })
})
