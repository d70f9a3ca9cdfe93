import { expect, it } from 'vitest'
import { JoinWatch } from '../../../../src/adapters/sources/join-watch.ts'

function watch() {
  const lost: string[] = []
  const clock = { now: 1_000 }
  const join = new JoinWatch(
    ({ message }) => lost.push(message),
    10_000,
    () => clock.now,
  )
  return { join, lost, clock }
}
const LOST = ['the answer to a join of the group was lost']

it('finds a join whose answer was lost by the heartbeats that the group takes after it', () => {
  const { join, lost } = watch()
  join.begun()
  join.fetching()
  join.counted()
  expect(lost).toEqual([])
  join.counted()
  join.counted()
  expect(lost).toEqual(LOST)
})

it('finds it by the time that passes where no heartbeat is sent, since the client has no place any more', () => {
  const { join, lost, clock } = watch()
  join.begun()
  clock.now += 20_000
  join.fetching()
  clock.now += 10_000
  join.fetching()
  expect(lost).toEqual([])
  clock.now += 1
  join.fetching()
  join.fetching()
  expect(lost).toEqual(LOST)
})

it('lets joins that end, that start over, and that are still under way be', () => {
  const { join, lost, clock } = watch()
  join.fetching()
  join.counted()
  join.begun()
  join.counted()
  join.counted()
  join.ended()
  join.fetching()
  join.counted()
  join.counted()
  join.begun()
  join.fetching()
  join.counted()
  join.begun()
  join.counted()
  clock.now += 60_000
  join.fetching()
  expect(lost).toEqual([])
})
