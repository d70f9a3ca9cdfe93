import { expect, it } from 'vitest'
import type { RedisLink } from '../../../../src/adapters/redis/link.ts'
import { exactClock } from '../../../../src/domain/ports.ts'
import { RedisSenderMinutes } from '../../../../src/stores/sender-statistics/redis.ts'

it('says that another instance counts the partition, not that Redis is away', async () => {
  let stored = 0
  const link = {
    command: async () => 1,
    // Between any two tries the other instance has counted on.
    run: async (calls: readonly unknown[]) => calls.map(() => [0, ++stored]),
  } as unknown as RedisLink
  const counted = new RedisSenderMinutes({ link, prefix: 'p', clock: exactClock(Date.now) }).count([
    {
      position: { topic: 'sms.mt', partition: 0, offset: 100 },
      minute: 1,
      signature: '示例超市',
      port: '10690200001',
      label: 'notice',
    },
  ])
  await expect(counted).rejects.toMatchObject({ code: 'STORE_CONFLICT', retry: true })
})
