import { expect, it } from 'vitest'
import { atTheClock } from '../../../../src/offline/simulator/live.ts'
import type { TimedRecord } from '../../../../src/offline/simulator/records.ts'

const START = 1_795_000_000_000
const record = (after: number): TimedRecord => ({ at: START + after, key: 'k', value: `record ${after}` })
/** Two minutes as `simulate` yields them, the first of three records. */
function traffic(end: number) {
  return {
    end: START + end,
    *minutes() {
      yield [record(0), record(30), record(60)]
      yield [record(90), record(5_000)]
    },
  }
}

it('hands each record over when its time has come, and none earlier', async () => {
  const began = Date.now()
  const now = () => START + Date.now() - began
  const values: unknown[] = []
  for await (const some of atTheClock(traffic(200), new AbortController().signal, now)) {
    for (const { at, value } of some) {
      expect(at).toBeLessThanOrEqual(now())
      values.push(value)
    }
  }
  expect(values).toEqual(['record 0', 'record 30', 'record 60', 'record 90'])
  expect(now()).toBeGreaterThanOrEqual(START + 90)
})

it('hands over at once what is due already', async () => {
  const sizes: number[] = []
  for await (const some of atTheClock(traffic(200), new AbortController().signal, () => START + 80))
    if (sizes.push(some.length) === 1) break
  expect(sizes).toEqual([3])
})

it('stops on request in the middle of a wait', async () => {
  const ending = new AbortController()
  const began = Date.now()
  let records = 0
  for await (const some of atTheClock(traffic(10_000), ending.signal, () => START + Date.now() - began)) {
    records += some.length
    if (records === 4) setTimeout(() => ending.abort(), 20)
  }
  expect(records).toBe(4)
  expect(Date.now() - began).toBeLessThan(4_000)
})
