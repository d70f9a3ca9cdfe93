/**
 * A process that raises one state on the Redis of `REDIS_URL` under the prefix `argv[2]`, and kills itself without cleanup
 * after the write and before the event is published.
 */
import { connectRedis } from '../../src/adapters/redis/client.ts'
import { exactClock } from '../../src/domain/ports.ts'
import { StateManager } from '../../src/stores/states/manager.ts'
import { RedisStateStore } from '../../src/stores/states/redis.ts'
import { ALERT_OPTIONS, message, policyOf, signal, versionsOf } from './state-fixtures.ts'

const link = connectRedis({ url: process.env.REDIS_URL!, commandTimeout: 5000 })
const clock = exactClock(() => Date.now())
const manager = new StateManager({
  alerts: ALERT_OPTIONS,
  store: new RedisStateStore({ link, prefix: process.argv[2]!, clock }),
  versions: versionsOf(() => policyOf()),
  outbox: { add: () => process.kill(process.pid, 'SIGKILL') },
  clock,
  lateAfterExpiry: false,
})
await link.ready(5000)
const tipped = message()
await manager.apply([{ signal: signal(), message: tipped, position: tipped.position }])
