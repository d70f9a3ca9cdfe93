import { describe, expect, it } from 'vitest'
import { CODE_BY_HAND, speaksOf } from '../../../../src/detection/detectors/all.ts'
import { createDescribe } from '../../../../src/detection/detectors/describe.ts'
import { manualBlock } from '../../../../src/detection/detectors/manual-block.ts'

const order = { by: 'ann', why: 'forged refunds', until: '2026-11-11T04:00:00.000Z' }
const said = (more: object = {}) =>
  createDescribe('en')({ code: manualBlock.code, evidence: { ...order, ...more } }).detail

describe('MANUAL_BLOCK', () => {
  it('says who ordered it, who approved it, and why', () => {
    expect(said()).toBe('Ordered by ann: forged refunds.')
    expect(said({ approvedBy: 'ben' })).toContain('approved by ben')
  })
  it('reports that it is enforced although the policy is in shadow mode, and otherwise nothing', () => {
    expect(said({ policyMode: 'shadow' })).toContain('enforced although the policy is in shadow mode')
    expect(said()).not.toContain('shadow')
  })
  it('is raised by people alone: it counts nothing and looks at no message', () => {
    expect(CODE_BY_HAND).toBe('MANUAL_BLOCK')
    expect(manualBlock).not.toHaveProperty('rates')
    expect(manualBlock).not.toHaveProperty('onRate')
    expect(speaksOf(manualBlock.code, 'recipient')).toBe(false)
  })
})
