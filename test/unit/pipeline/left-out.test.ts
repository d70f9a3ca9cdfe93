import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/domain/events.ts'
import type { LeftOutReason } from '../../../src/domain/input-events.ts'
import { compileMap } from '../../../src/pipeline/field-map.ts'
import { leftOutEvents, unreadRecipients } from '../../../src/pipeline/left-out.ts'
import type { InputMap } from '../../../src/settings/map-schema.ts'

const unread = (to: string, record: object) => unreadRecipients({ to } as InputMap)?.(record)

describe('recipients that a map does not read', () => {
  it('are further members of the list that holds them', () => {
    expect(unread('/dst/0', { dst: ['a', 'b', 'c'] })).toBe(2)
    expect(unread('/dst/0/number', { dst: [{ number: 'a' }, { number: 'b' }] })).toBe(1)
    expect(unread('/hops/1/to/0', { hops: [{}, { to: ['a', 'b'] }] })).toBe(1)
  })

  it('are no other members of a list on the way, and none without a recipient', () => {
    expect(unread('/hops/1/to/0', { hops: [{ to: ['x'] }, { to: ['a'] }] })).toBe(0)
    expect(unread('/hops/1/to', { hops: [{ via: 'x' }, { to: 'a' }] })).toBe(0)
    expect(unread('/dst/0', { dst: ['a', null] })).toBe(0)
    expect(unread('/dst/0', { dst: { 0: 'a', 1: 'b' } })).toBe(0)
    expect(unread('/to', { to: 'a' })).toBeUndefined()
    expect(unreadRecipients({ split: '/dst', to: './0' } as InputMap)).toBeUndefined()
  })

  it('are counted as records are read', () => {
    const events: Event[] = []
    const map: InputMap = { id: '/id', ts: '/ts', from: '/from', to: '/dst/0', text: '/text' }
    const read = compileMap(
      map,
      leftOutEvents((event) => events.push(event)),
    )
    const body = { id: 'a', ts: 1, from: '1', text: 't', dst: ['x', 'y'] }
    read({ timestamp: 0, value: Buffer.alloc(0) }, body)
    read({ timestamp: 0, value: Buffer.alloc(0) }, { ...body, dst: ['x'] })
    expect(events).toEqual([{ name: 'mapping_left_out', reason: 'recipients', count: 1 }])
  })
})

describe('a user data header in front of a text', () => {
  const HEADER = Buffer.from([5, 0, 3, 12, 2, 1])
  const text = Buffer.concat([HEADER, Buffer.from('京东', 'utf16le').swap16()]).toString('hex')
  const read = (more: Partial<InputMap>, bytes = text) => {
    const seen: LeftOutReason[] = []
    const map: InputMap = {
      ...{ id: '/id', ts: '/ts', from: '/from', to: '/to' },
      text: { pointer: '/text', form: 'hex', encoding: 'ucs2' },
      ...more,
    }
    const body = { id: 'a', ts: 1, from: '1', to: '2', text: bytes }
    const mapped = compileMap(map, (reason) => seen.push(reason))({ timestamp: 0, value: HEADER }, body)
    return { text: undefined as unknown, ...(mapped as Record<string, unknown>), seen }
  }

  it('is cut and fills the part, where the map says so', () => {
    const part = { ref: '12', index: 1, count: 2 }
    expect(read({ udh: true })).toMatchObject({ text: '京东', part, seen: ['udh'] })
    const rule = { pointer: '/text', form: 'hex', encoding: 'ucs2', udh: true } as const
    expect(read({ text: rule })).toMatchObject({ text: '京东', part, seen: ['udh'] })
  })

  it('yields to the part that the map names', () => {
    const part = { ref: '/from', index: { value: 2 }, count: { value: 2 } }
    expect(read({ udh: true, part })).toMatchObject({ part: { ref: '1', index: 2, count: 2 } })
  })

  it('is left in the text and counted, where the map does not say so', () => {
    expect(read({})).toMatchObject({ seen: ['udh_as_text'] })
    expect(read({}).text).toContain('京东')
    expect(read({})).not.toHaveProperty('part')
  })

  it('is not looked for in a text that begins otherwise', () => {
    const plain = Buffer.from('您好', 'utf16le').swap16().toString('hex')
    expect(read({ udh: true }, plain)).toMatchObject({ text: '您好', seen: [] })
  })
})
