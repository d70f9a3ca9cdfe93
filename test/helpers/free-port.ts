import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that outgoing connections get, also for the bus of a Redis Cluster, which is 10,000 above. */
const [FIRST, END] = [10_000, 22_000]
const ATTEMPTS = 100

/**
 * A socket port of the loopback that no process listens on now. No outgoing connection takes it either, so a server that
 * was stopped can come back on it.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, END)
    if (await isFree(port)) return port
  }
  throw new Error('no free socket port')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
