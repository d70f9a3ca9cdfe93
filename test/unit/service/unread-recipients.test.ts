import { describe, expect, it } from 'vitest'
import { unreadRecipients } from '../../../src/service/unread-recipients.ts'
import type { InputMap } from '../../../src/settings/map-schema.ts'

const told = (to: string, record: object) =>
  unreadRecipients({ to } as InputMap, Buffer.from(JSON.stringify(record)))

describe('recipients that a map does not read', () => {
  it('are further members of the list that holds them', () => {
    expect(told('/dst/0', { dst: ['a', 'b'] })).toContain('to (/dst/0)')
    expect(told('/dst/0/number', { dst: [{ number: 'a' }, { number: 'b' }] })).toContain('further recipients')
    expect(told('/hops/1/to/0', { hops: [{}, { to: ['a', 'b'] }] })).toContain('further recipients')
  })

  it('are no other members of a list on the way', () => {
    expect(told('/hops/1/to/0', { hops: [{ to: ['x'] }, { to: ['a'] }] })).toBeUndefined()
  })

  it('are no members that have nothing in the place of the recipient', () => {
    expect(told('/hops/1/to', { hops: [{ via: 'x' }, { to: 'a' }] })).toBeUndefined()
    expect(told('/dst/0', { dst: ['a', null] })).toBeUndefined()
    expect(told('/dst/0', { dst: ['a'] })).toBeUndefined()
  })
})
