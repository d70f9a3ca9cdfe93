import { describe, expect, it } from 'vitest'
import { isPersonal, senderKind } from '../../../../../src/detection/detectors/shared/sender-kind.ts'

describe('senderKind', () => {
  it.each([
    ['106901234567', 'port'],
    ['95588', 'short'],
    ['12306', 'short'],
    ['10086', 'short'],
    ['1008611', 'short'],
    ['13812345678', 'mobile'],
    ['17012345678', 'mobile'],
    ['85291234567', 'overseas'],
    ['447911123456', 'overseas'],
    ['12025550123', 'overseas'],
    ['02161234567', 'landline'],
    ['JD-INFO', 'name'],
    ['?', 'landline'],
  ])('%s is %s', (from, kind) => {
    expect(senderKind(from)).toBe(kind)
    expect(isPersonal(senderKind(from))).toBe(['mobile', 'overseas', 'landline'].includes(kind))
  })
  it('treats an empty sender as a name', () => {
    expect(senderKind('')).toBe('name')
  })
})
