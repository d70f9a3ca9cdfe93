import { describe, expect, it } from 'vitest'
import { createLog } from '../../../../src/service/telemetry/log.ts'

describe('log fields', () => {
  const shown = (fields: Record<string, string>) => {
    const lines: string[] = []
    const stream = { write: (text: string) => lines.push(text) }
    createLog({ deployment: 'd', level: 'info', stream }).write(
      'info',
      'policy_loaded',
      'policy loaded',
      fields,
    )
    return JSON.parse(lines.join('')) as Record<string, unknown>
  }

  it('shows the hash of a policy as alerts do', () => {
    expect(shown({ hash: '60ac5343701a' })).toMatchObject({ hash: '60ac5343701a' })
  })

  it('hides numbers, under whatever name', () => {
    expect(shown({ hash: '13800138000', reason: '60ac5343701a' })).toMatchObject({
      hash: '<number>',
      reason: '60ac<number>a',
    })
  })
})
