import { describe, expect, it } from 'vitest'
import { SigwatchError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events.ts'
import { Isolation } from '../../../src/pipeline/isolation.ts'
import { message } from '../../helpers/state-fixtures.ts'

const batch = (...ids: string[]) => ids.map((id) => message({ id, origins: [origin(id)] }))
const origin = (id: string) => ({
  id,
  position: { topic: 't', partition: 0, offset: Number(id.slice(1)) },
  value: Buffer.from(id),
})

describe('messages of a batch', () => {
  it('lose the one that a stage throws on to a dead letter, and no later stage sees it', async () => {
    const events: Event[] = []
    const isolation = new Isolation((event) => events.push(event))
    const messages = batch('m1', 'm2', 'm3')
    const read = isolation.each('read', messages, (m) => {
      if (m.id === 'm2') throw new RangeError('Invalid time value')
      return m
    })
    expect(read.map((m) => m.id)).toEqual(['m1', 'm3'])
    expect(isolation.each('detect', messages, (m) => m.id)).toEqual(['m1', 'm3'])
    expect(await isolation.together('rate', messages, (some) => some.map((m) => m.id))).toEqual([
      ['m1', 'm3'],
    ])
    expect(isolation.deadLetters).toMatchObject([
      {
        channel: 'deadLetters',
        value: Buffer.from('m2'),
        headers: { 'sigwatch-error': 'INTERNAL', 'sigwatch-stage': 'read', 'sigwatch-offset': '2' },
      },
    ])
    expect(JSON.stringify(isolation.deadLetters[0]!.headers)).not.toContain('Invalid')
    expect(events).toEqual([{ name: 'dead_lettered', error: 'INTERNAL', count: 1 }])
  })

  it('are tried one by one when a stage throws on all of them', async () => {
    const isolation = new Isolation(() => {})
    const calls: number[] = []
    const results = await isolation.together('classify', batch('m1', 'm2', 'm3'), async (some) => {
      calls.push(some.length)
      if (some.some((m) => m.id === 'm3')) throw new TypeError('tensor')
      return some.map((m) => m.id)
    })
    expect(results).toEqual([['m1'], ['m2']])
    expect(calls).toEqual([3, 1, 1, 1])
    expect(isolation.deadLetters.map((letter) => String(letter.value))).toEqual(['m3'])
  })

  it('are not to blame for an error of the table', async () => {
    const isolation = new Isolation(() => {})
    const gone = new SigwatchError('REDIS_UNREACHABLE', 'gone')
    const fails = () => {
      throw gone
    }
    await expect(isolation.together('rate', batch('m1', 'm2'), fails)).rejects.toBe(gone)
    expect(() => isolation.each('read', batch('m1'), fails)).toThrow(gone)
    expect(isolation.deadLetters).toEqual([])
  })
})
