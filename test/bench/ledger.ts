import { redisLedger } from '../../src/ledgers/redis.ts'
import { connectRedis } from '../../src/redis/client.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'

/**
 * Bytes of Redis memory a consent row, on a sample as dense as the ledger would be with `FULL` rows: fewer hashes for
 * fewer rows, so that each hash holds as many as it would then.
 */
const ROWS = 400_000
const FULL = [1_000_000, 10_000_000, 50_000_000]
const DEFAULT_SLOTS = 1 << 19
const T = Date.UTC(2026, 0, 1)

for (const full of FULL) {
  const server = await startOwnRedis()
  const link = connectRedis({ url: server.url, commandTimeout: 10_000 })
  const used = async () => Number(/used_memory:(\d+)/.exec(String(await link.command('INFO', 'memory')))?.[1])
  const ledger = redisLedger({ link, prefix: 'bench', slots: Math.round((DEFAULT_SLOTS * ROWS) / full) })
  const before = await used()
  const began = performance.now()
  for (let from = 0; from < ROWS; from += 20_000) {
    await ledger.apply(
      Array.from({ length: 20_000 }, (_, i) => {
        const n = from + i
        return {
          signature: `签名${n % 3000}`,
          to: `138${String(n).padStart(8, '0')}`,
          state: n % 5 ? 'in' : 'out',
          ts: T + n * 1000,
        }
      }),
    )
  }
  const seconds = (performance.now() - began) / 1000
  const bytes = ((await used()) - before) / ROWS
  console.log(
    `${(full / 1e6).toFixed(0)}M rows: ${bytes.toFixed(1)} bytes a row; ${Math.round(ROWS / seconds)} rows/s written`,
  )
  await link.close()
  await server.stop()
}
