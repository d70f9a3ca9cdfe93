import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import type { Ping } from './redis-probe.ts'
import { startOwnRedis } from './redis-server.ts'

export interface FarRedis {
  readonly url: string
  /** URL without the proxy. */
  readonly direct: string
  /** Stops everything; resolves with the measurements of the probe. */
  stop(): Promise<Ping[]>
}

/** High priority, where permitted: on another machine, Redis and proxy would not compete for a processor. */
const AHEAD = -15

/** Starts a Redis behind a latency of `ms` each way, with a probe that measures it from another process. */
export async function startFarRedis(ms: number): Promise<FarRedis> {
  const redis = await startOwnRedis()
  const port = await freePort()
  const program = join(import.meta.dirname, 'far-redis-process.ts')
  const places = [String(port), new URL(redis.url).port, String(ms)]
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...places], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await once(child.stdout, 'data')
  for (const { pid } of [redis.process, child]) {
    try {
      setPriority(pid!, AHEAD)
    } catch {
      // Not permitted: the probe shows how late they were.
    }
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    direct: redis.url,
    async stop() {
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
      await redis.stop()
      return JSON.parse(said.slice(said.indexOf('\n') + 1)) as Ping[]
    },
  }
}
