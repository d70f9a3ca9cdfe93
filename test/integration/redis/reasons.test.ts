import { expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import { startRedisProxy } from '../../helpers/redis-proxy.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

it.skipIf(!redisServerInstalled())(
  'a connection that is lost is told without the words of the client',
  async () => {
    const server = await startOwnRedis()
    const proxy = await startRedisProxy(Number(new URL(server.url).port))
    const link = connectRedis({ url: proxy.url })
    onTestFinished(async () => {
      await link.close()
      await proxy.stop()
      await server.stop()
    })
    expect(await link.ready(5_000)).toBe(true)
    proxy.latency = 300
    const pending = link.command('PING').catch((error: Error) => error.message)
    proxy.refusing = true
    proxy.cut()
    const said = [await pending]
    for (let i = 0; i < 20; i++) {
      said.push(await link.command('PING').then(String, (error: Error) => error.message), ...link.unready())
    }
    expect(said.join('\n')).toMatch(/connection was lost|not connected|no connection/)
    expect(said.join('\n')).not.toMatch(/no connection.*no connection/)
    expect(said.join('\n')).not.toMatch(/maxRetriesPerRequest|enableOfflineQueue|writeable/)
  },
  30_000,
)
