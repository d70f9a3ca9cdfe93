import { afterAll, beforeAll, expect, it } from 'vitest'
import { Arena } from '../faults/arena.ts'
import { SHORT_CELLS } from '../faults/cells.ts'
import { holds } from '../faults/results.ts'
import { describeWith } from '../helpers/services.ts'

const RECORDS = 8_000
const SEED = 1

/** Some cells of the fault matrix with few records, see docs/faults.md for the others. */
describeWith(['kafka', 'redis'], 'two instances on three brokers', () => {
  let arena: Arena | undefined

  beforeAll(async () => {
    arena = await Arena.open(RECORDS)
  }, 240_000)

  afterAll(() => arena?.close(), 60_000)

  it.each(SHORT_CELLS.map((cell) => [cell.what, cell] as const))(
    'give every record its place and say what they said without faults, while %s',
    async (_, cell) => {
      const result = await arena!.run(cell, SEED)
      expect(result.detail).toEqual([])
      expect(holds({ ...result, commit: '', at: '' })).toBe(true)
    },
    300_000,
  )
})
