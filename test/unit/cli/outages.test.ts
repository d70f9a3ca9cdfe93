import { expect, it } from 'vitest'
import { outageReporter } from '../../../src/cli/outages.ts'

it('reports each reason of an outage once, also of one that was there from the start', () => {
  const lines: string[] = []
  const report = outageReporter((line) => lines.push(line))
  report({ name: 'connecting', service: 'kafka' })
  report({ name: 'connection_awaited', service: 'kafka', reason: 'connect ECONNREFUSED' })
  report({ name: 'connection_awaited', service: 'kafka', reason: 'connect ECONNREFUSED' })
  report({ name: 'connection_lost', service: 'kafka', reason: 'timeout' })
  expect(lines).toEqual(['kafka: connect ECONNREFUSED', 'kafka: timeout'])
})
