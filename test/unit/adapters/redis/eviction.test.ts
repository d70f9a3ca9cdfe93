import { describe, expect, it, onTestFinished } from 'vitest'
import { EvictionWatch, evictionOf } from '../../../../src/adapters/redis/eviction.ts'

const info = (maxmemory: number, policy: string, evicted = 0, server = 'a') =>
  `# Server\r\nrun_id:${server}\r\n# Memory\r\nmaxmemory:${maxmemory}\r\nmaxmemory_human:0B\r\nmaxmemory_policy:${policy}\r\n# Stats\r\nevicted_keys:${evicted}\r\n`

describe('keys that Redis drops', () => {
  it('are none without a limit, or under noeviction', () => {
    expect(evictionOf([info(0, 'allkeys-lru'), info(1_000_000, 'noeviction', 5)])).toBeUndefined()
    expect(evictionOf([''])).toBeUndefined()
  })

  it('are those of any master; what expires is dropped first, and everything here expires', () => {
    expect(evictionOf([info(0, 'noeviction'), info(1_000_000, 'volatile-ttl', 7)])).toEqual({
      policy: 'volatile-ttl',
      dropped: 7,
    })
  })
})

describe('the watch over keys that Redis drops', () => {
  /** Takes INFO of all masters at each look, and returns the losses that it reported. */
  async function lossesOf(looks: readonly (readonly string[])[]): Promise<number[]> {
    const left = [...looks]
    const losses: number[] = []
    const watch = new EvictionWatch(
      async () => left.shift()!,
      (eviction, lost) => void (eviction === undefined && losses.push(lost)),
    )
    onTestFinished(() => watch.stop())
    for (const _ of looks) await watch.look()
    return losses
  }

  it('reports keys that were lost once no server evicts any more', async () => {
    const evicting = [info(1e6, 'allkeys-lru', 3), info(1e6, 'allkeys-lru', 4, 'b')]
    const corrected = [info(1e6, 'noeviction', 3), info(1e6, 'noeviction', 9, 'b')]
    expect(await lossesOf([evicting, corrected, corrected])).toEqual([12])
  })

  it('takes neither a failover nor a failback after the correction for a loss', async () => {
    const first = info(1e6, 'noeviction', 1_000)
    const others = [info(1e6, 'noeviction', 1_000, 'b'), info(1e6, 'noeviction', 0, 'promoted')]
    expect(
      await lossesOf([
        [first, others[0]!],
        [first, others[1]!],
        [first, others[0]!],
      ]),
    ).toEqual([])
  })
})
