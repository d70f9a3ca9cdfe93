import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ephemeral ports, also for the bus of a Redis Cluster, whose port is 10,000 higher. */
const [FIRST, END] = [10_000, 22_000]
const ATTEMPTS = 100

/**
 * A loopback port on which no process listens. It is not ephemeral, so no outgoing connection takes it while a server that
 * was stopped is down.
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
