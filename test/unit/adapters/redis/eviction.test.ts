import { describe, expect, it } from 'vitest'
import { evictionOf } from '../../../../src/adapters/redis/eviction.ts'

const info = (maxmemory: number, policy: string, evicted = 0) =>
  `# Memory\r\nmaxmemory:${maxmemory}\r\nmaxmemory_human:0B\r\nmaxmemory_policy:${policy}\r\n# Stats\r\nevicted_keys:${evicted}\r\n`

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
