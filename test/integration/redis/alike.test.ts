import { expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import { redisFeatureStore } from '../../../src/stores/rates/redis.ts'
import { judged, named, play, TRADES } from '../../helpers/alike-play.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

it.skipIf(!redisServerInstalled())(
  'a campaign that swaps its words is one over three instances that share Redis, as it is in memory',
  async () => {
    const server = await startOwnRedis()
    const links = [0, 1, 2].map(() => connectRedis({ url: server.url, commandTimeout: 10_000 }))
    onTestFinished(async () => {
      await Promise.all(links.map((link) => link.close()))
      await server.stop()
    })
    const part = { signature: named(TRADES), enterprises: 40, says: judged('tea'), each: 8 }
    const scope = { deployment: 'd', clusterId: 'c', topic: 'sms.mt', budgetMs: 10_000 }
    const shared = await play([part], 5, 3, undefined, (i) => redisFeatureStore(links[i]!, scope))
    const inMemory = await play([part], 5, 3)
    const told = (raised: typeof shared) =>
      raised.map(({ signal: { target, evidence }, after }) => ({
        target,
        after,
        messages: evidence.messages,
      }))
    expect(told(shared)).toEqual(told(inMemory))
    expect(shared.filter(({ signal }) => signal.target.id.startsWith('alike-'))).toHaveLength(1)
  },
  60_000,
)
