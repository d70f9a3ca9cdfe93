import type { TrustedClock } from '../domain/trusted-clock.ts'
import type { Config } from '../settings/config.ts'
import { apart, observeRedis, trustedClockOf } from './compose-clock.ts'

/** How long to wait for Redis, ms. */
const CONNECT_WITHIN = 3_000

/** The clock of a short-lived command: the deployment's, if Redis is configured and answers, otherwise the host's. */
export async function commandClock(config: Config): Promise<TrustedClock> {
  const clock = trustedClockOf(config)
  const { url, nodes, sentinels } = config.redis
  if (!url && !nodes && !sentinels) return clock
  const { redisOf } = await import('./compose-clients.ts')
  const patient = { ...config, redis: { ...config.redis, budget: CONNECT_WITHIN } }
  const link = await redisOf(patient)
  try {
    if (await link.ready(CONNECT_WITHIN)) await observeRedis(clock, link)
  } finally {
    await link.close()
  }
  return clock
}

/** Warning for the user of a command, or undefined if no clock difference above `maxSkew` is known. */
export function skewWarning(clock: TrustedClock, maxSkew: number): string | undefined {
  for (const [reference, skew] of clock.standing().skews) {
    if (Math.abs(skew) <= maxSkew) continue
    return `warning: the clock here is ${apart(skew)} that of ${reference}: set both by NTP; what is written has the time ${new Date(clock.now()).toISOString()}`
  }
  return undefined
}
