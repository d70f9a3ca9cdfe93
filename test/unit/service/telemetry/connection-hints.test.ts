import { expect, it } from 'vitest'
import { CONNECTION_REPORTS } from '../../../../src/service/telemetry/connections.ts'

function hintOf(reason: string): unknown {
  const { line } = CONNECTION_REPORTS.connection_lost
  return line?.extra?.({ name: 'connection_lost', service: 'kafka', reason })
}

it('says what to do about a topic that is gone, whatever words its name has', () => {
  const gone = 'UNKNOWN_TOPIC_OR_PARTITION: This server does not host this topic-partition'
  const hint = { hint: expect.stringMatching(/^the topic does not exist: create it/) }
  expect(hintOf(`${gone} (topic prov.alerts)`)).toEqual(hint)
  expect(hintOf(`${gone} (topics sasl.ssl, timeout)`)).toEqual(hint)
  expect(hintOf('LEADER_NOT_AVAILABLE: no leader (topic sasl.ssl)')).toEqual({
    hint: 'run sigwatch check --connect, which tries kafka step by step',
  })
})
