/**
 * A process that raises one state on the Redis of `REDIS_URL` under the prefix `argv[2]` and is killed, by itself and
 * without a chance to clean up, after the write and before the event is published.
 */
import { connectRedis } from '../../src/redis/client.ts'
import { createStateManager } from '../../src/states/manager.ts'
import { createRedisStateStore } from '../../src/states/redis.ts'
import { ALERT_OPTIONS, message, policyOf, signal } from './state-fixtures.ts'

const link = connectRedis({ url: process.env.REDIS_URL!, commandTimeout: 5000 })
const clock = { now: () => Date.now() }
const manager = createStateManager({
  ...ALERT_OPTIONS,
  store: createRedisStateStore({ link, prefix: process.argv[2]!, clock }),
  policy: () => policyOf(),
  provenance: () => ({ model: 'text@1', policy: 'p', registry: 'r' }),
  publish: async () => {
    process.kill(process.pid, 'SIGKILL')
    await new Promise(() => {})
  },
  clock,
  lateAfterExpiry: false,
})
await link.ready(5000)
const tipped = message()
await manager.apply([{ signal: signal(), message: tipped, position: tipped.position }])
