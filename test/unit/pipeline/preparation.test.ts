import { describe, expect, it } from 'vitest'
import type { RecordRun } from '../../../src/domain/ports.ts'
import { Preparation } from '../../../src/pipeline/preparation.ts'

const MB = 1_000_000
const partition = { topic: 't', partition: 0 }

function runOf(offset: number, bytes: number): RecordRun {
  const value = Buffer.alloc(bytes)
  return {
    partition,
    epoch: 1,
    from: offset,
    lag: undefined,
    records: [{ position: { ...partition, offset }, timestamp: 0, value }],
  }
}

/** Each run is prepared when the test says so. */
function setUp() {
  const ready: (() => void)[] = []
  const passed: number[] = []
  const preparation = new Preparation({
    prepare: () => new Promise((resolve) => ready.push(() => resolve(true))),
    pass: async ({ from }) => void passed.push(from),
    leave: () => {},
  })
  return { preparation, ready, passed }
}

/** Whether a promise has resolved by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(resolve, 5, false)),
  ])
}

describe('records that wait for what they need', () => {
  it('lets the caller wait while they have 4 MB, and only then', async () => {
    const { preparation } = setUp()
    for (let offset = 0; offset < 3; offset++)
      expect(await isDone(preparation.take(runOf(offset, MB)))).toBe(true)
    expect(await isDone(preparation.take(runOf(3, MB)))).toBe(false)
  })

  it('counts no record that was taken in', async () => {
    const { preparation, ready, passed } = setUp()
    await preparation.take(runOf(0, MB))
    for (let offset = 1; offset < 8; offset++) {
      expect(await isDone(preparation.take(runOf(offset, MB)))).toBe(true)
      ready.shift()!()
      await expect.poll(() => passed).toHaveLength(offset)
    }
    ready.shift()!()
    await preparation.settled()
    expect(passed).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })
})
