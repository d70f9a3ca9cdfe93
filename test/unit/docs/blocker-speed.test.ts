import { expect, it } from 'vitest'
import { BlockTable } from '../../../examples/blocker/src/block-table.ts'

it('the reference blocking service decides in under a millisecond of CPU with a thousand open states', () => {
  const table = new BlockTable({ keyId: '1', key: 'sigwatch-test-vector-key-of-32-bytes-or-more' })
  const now = Date.UTC(2026, 10, 11)
  for (let i = 0; i < 1000; i++) {
    const match = [{ ports: [`10690000${i}`] }, { domains: [`spam${i}.top`] }, { signature: `s${i}` }][i % 3]
    const times = {
      validFrom: new Date(now - 1).toISOString(),
      expiresAt: new Date(now + 60_000).toISOString(),
    }
    table.takeBlock(`s${i}`, JSON.stringify({ episode: now, revision: 1, action: 'block', match, ...times }))
  }
  const decide = (i: number) =>
    table.decide(
      { id: `m${i}`, from: '106812345', to: `1380000${i}`, hosts: ['jd.com'], signature: '京东' },
      now,
    )
  for (let i = 0; i < 200; i++) decide(i)
  const began = process.cpuUsage()
  for (let i = 0; i < 1000; i++) expect(decide(i).action).toBe('pass')
  const { user, system } = process.cpuUsage(began)
  const microseconds = (user + system) / 1000
  expect(microseconds, 'microseconds a decision').toBeLessThan(1000)
  process.stderr.write(`${microseconds.toFixed(0)} microseconds of CPU a decision\n`)
})
