import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { RunningTime } from '../../../src/domain/running-time.ts'

it('counts no more than a moment of what the process was busy for', async () => {
  const time = new RunningTime()
  const began = time.now()
  const until = performance.now() + 1_000
  while (performance.now() < until);
  const after = time.now()
  expect(after - began).toBeLessThanOrEqual(151)
  const idleFrom = performance.now()
  await sleep(700)
  time.stop()
  const since = time.now() - after
  expect(since).toBeGreaterThan(200)
  // On a busy machine it is longer than asked for, and the process ran meanwhile.
  expect(since).toBeLessThanOrEqual(performance.now() - idleFrom + 10)
})
