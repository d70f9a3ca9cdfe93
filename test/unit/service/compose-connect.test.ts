import { describe, expect, it } from 'vitest'
import type { Findings } from '../../../src/service/check-rows.ts'
import { sayMissing } from '../../../src/service/compose-connect.ts'

describe('a topic that check --connect does not find', () => {
  const said = (role: 'messages' | 'alerts', creates: boolean) => {
    const findings: Findings = { summary: [], problems: [] }
    sayMissing(
      { name: 'gw.submit', role, required: true, cleanup: 'delete', stamped: false },
      creates,
      findings,
    )
    return findings
  }

  it('is a warning if it is an input that would be created empty', () => {
    expect(said('messages', true)).toEqual({
      summary: [
        'kafka: warning: gw.submit (messages): missing: `run` creates it, empty (kafka.createTopics); is the name right?',
      ],
      problems: [],
    })
  })

  it('is no warning if it is an output that would be created', () => {
    expect(said('alerts', true)).toEqual({
      summary: ['kafka: gw.submit (alerts): missing: `run` creates it (kafka.createTopics)'],
      problems: [],
    })
  })

  it('is a fault if it would not be created', () => {
    expect(said('messages', false).problems).toHaveLength(1)
  })
})
