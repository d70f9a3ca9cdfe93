import { expect, it } from 'vitest'
import { BrokerWatch } from '../../../../src/adapters/sources/broker-watch.ts'

it('names a broker that leaves a fetch unanswered, whatever the others answer', () => {
  let now = 0
  const watch = new BrokerWatch(() => now)
  for (const node of ['1', '2']) watch.asked(node)
  for (; now < 5_000; now += 100) {
    watch.answered('1')
    watch.asked('1')
  }
  expect(watch.silent(3_000)).toEqual([{ node: '2', ms: 5_000 }])
  // The client gives up on a request and asks again: the broker still has not answered.
  now = 31_000
  watch.asked('2')
  watch.answered('1')
  expect(watch.silent(3_000)).toEqual([{ node: '2', ms: 31_000 }])
  watch.answered('2')
  expect(watch.silent(3_000)).toEqual([])
})

it('forgets a broker that is asked no more', () => {
  let now = 0
  const watch = new BrokerWatch(() => now)
  watch.asked('3')
  now = 50_000
  expect(watch.silent(3_000)).toEqual([])
  watch.asked('1')
  watch.reset()
  now = 60_000
  expect(watch.silent(3_000)).toEqual([])
})
