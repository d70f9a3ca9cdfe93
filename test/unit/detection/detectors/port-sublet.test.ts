import { describe, expect, it } from 'vitest'
import { portSublet } from '../../../../src/detection/detectors/port-sublet.ts'
import { membersOf, signalContext, T } from '../../../helpers/signal-context.ts'

describe('PORT_SUBLET', () => {
  const sublet = (port: string, names: readonly string[]) =>
    portSublet.onMembers!(membersOf(`port-signatures:${port}`, names, 100), T, signalContext)

  it('is raised by a second owner on a port', () => {
    const signal = sublet('10699999', ['甲健身', '乙餐饮'])
    expect(signal).toMatchObject({
      over: true,
      target: { kind: 'port', id: '10699999' },
      match: { ports: ['10699999'] },
    })
    expect(signal!.evidence).toEqual({ signatures: ['甲健身', '乙餐饮'], count: 2, allowed: 1 })
  })

  it('counts the signatures of one brand once, and allows what the registry allows', () => {
    expect(sublet('10690001', ['京东', '京东物流'])).toBeUndefined()
    expect(sublet('10690003777', ['甲', '乙', '丙'])).toBeUndefined()
    expect(sublet('10690003777', ['甲', '乙', '丙', '丁'])!.evidence).toMatchObject({ count: 4, allowed: 3 })
  })

  it('counts a signature once in traditional and simplified characters', () => {
    expect(sublet('10699999', ['藍天', '蓝天'])).toBeUndefined()
    expect(sublet('10699999', ['藍天', '蓝天', '乙餐饮'])!.evidence).toMatchObject({ count: 2, allowed: 1 })
  })

  it('counts signatures of signs alone one by one', () => {
    expect(sublet('10699999', ['★', '♥'])!.evidence).toMatchObject({ count: 2, allowed: 1 })
  })

  it('reads no other set', () => {
    expect(
      portSublet.onMembers!(membersOf('escalation:X', ['甲', '乙'], 9), T, signalContext),
    ).toBeUndefined()
  })
})
