import type { Redis } from 'ioredis'
import { answeredWithin } from './deadline.ts'
import type { ServerTime } from './link.ts'

/** The clocks of those servers that answer within the budget, ms. */
export async function timesOf(servers: readonly Redis[], budgetMs: number): Promise<ServerTime[]> {
  const times: ServerTime[] = []
  const asking = servers.map(async (server) => {
    const sent = performance.now()
    const [seconds, micros] = await server.time()
    const { host, port } = server.options
    const time = Number(seconds) * 1000 + Number(micros) / 1000
    times.push({ server: `${host}:${port}`, time, sent, received: performance.now() })
  })
  await answeredWithin(Promise.allSettled(asking), budgetMs)
  return [...times]
}
