import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MemoryBudget } from '../../../../../src/adapters/kafka/records/memory-budget.ts'

it('never holds more than its limit, and lets everyone in at last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 750 }), { maxLength: 40 }), async (sizes) => {
      const memory = new MemoryBudget(1_000)
      let [held, most, done] = [0, 0, 0]
      await Promise.all(
        sizes.map(async (bytes) => {
          const reserved = await memory.reserve(bytes)
          held += bytes
          most = Math.max(most, held)
          await new Promise((resolve) => setImmediate(resolve))
          held -= bytes
          reserved.release()
          reserved.release()
          done++
        }),
      )
      expect(most).toBeLessThanOrEqual(1_000)
      expect(done).toBe(sizes.length)
    }),
  )
})

it('lets small batches pass while a large one is there and another one waits', async () => {
  const memory = new MemoryBudget(1_000)
  const first = await memory.reserve(300)
  let isIn = false
  const second = memory.reserve(100).then((reserved) => {
    isIn = true
    return reserved
  })
  const small = await memory.reserve(60)
  expect(isIn).toBe(false)
  first.release()
  await second
  small.release()
})
