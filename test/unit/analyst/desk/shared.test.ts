import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Shared } from '../../../../src/analyst/desk/shared.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

it('shows a result that takes long for as long as it is given', async () => {
  const shared = new Shared<number>({ fresh: 300_000, oldest: 3_600_000 })
  let n = 0
  const work = async () => ++n
  const slow = () => new Promise<number>(() => {})
  expect(await shared.get(work)).toBe(1)
  vi.advanceTimersByTime(299_000)
  expect(await shared.get(work)).toBe(1)
  expect(n).toBe(1)
  vi.advanceTimersByTime(3_300_000)
  expect(await shared.get(slow)).toBe(1)
})

it('shows an old result until the new one is there, for at most a minute, and no error', async () => {
  const shared = new Shared<number>()
  const results: { resolve: (n: number) => void; reject: (error: Error) => void }[] = []
  const work = () => {
    return new Promise<number>((resolve, reject) => results.push({ resolve, reject }))
  }
  const first = shared.get(work)
  results[0]!.resolve(1)
  expect(await first).toBe(1)
  vi.advanceTimersByTime(31_000)
  expect(await shared.get(work)).toBe(1)
  expect(await shared.get(work)).toBe(1)
  results[1]!.resolve(2)
  await Promise.resolve()
  expect(await shared.get(work)).toBe(2)
  expect(results).toHaveLength(2)
  vi.advanceTimersByTime(61_000)
  const late = shared.get(work)
  results[2]!.reject(new Error('gone'))
  await expect(late).rejects.toThrow('gone')
  const other = shared.get(work)
  results[3]!.resolve(4)
  expect(await other).toBe(4)
  const ofKey = shared.get(work, 'key')
  results[4]!.resolve(5)
  expect(await ofKey).toBe(5)
})

it('keeps the results of the keys that were asked for last', async () => {
  const shared = new Shared<string>()
  const work = vi.fn(async (key: string) => key)
  const ask = (key: string) => shared.get(() => work(key), key)
  for (const key of ['today', 'week', 'today']) expect(await ask(key)).toBe(key)
  expect(work).toHaveBeenCalledTimes(2)
  for (let day = 0; day < 8; day++) await ask(`day ${day}`)
  await ask('today')
  expect(work).toHaveBeenCalledTimes(11)
})
