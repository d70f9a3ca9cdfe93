import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.ts'
import type { Ping } from './redis-probe.ts'
import { startOwnRedis } from './redis-server.ts'

export interface FarRedis {
  readonly url: string
  /** Past the proxy. */
  readonly direct: string
  /** Stops all of it; resolves with what the probe measured. */
  stop(): Promise<Ping[]>
}

/** Before the work of others, where the user may: on another machine it would not share a processor with them. */
const AHEAD = -15

/** A Redis of its own that is `ms` away each way, with a probe that measures the way from outside. */
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
      // Then the probe says how late they were.
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
