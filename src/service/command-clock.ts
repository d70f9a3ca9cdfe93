import type { TrustedClock } from '../domain/trusted-clock.ts'
import type { Config } from '../settings/config.ts'
import { apart, observeRedis, trustedClockOf } from './compose-clock.ts'

/** How long Redis is waited for, ms. */
const CONNECT_WITHIN = 3_000

/** The clock of a command that ends: that of the deployment, where Redis is configured and answers, else that of the host. */
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

/** What is to be said to the person who gave the command; undefined: the clocks agree, as far as is known. */
export function skewWarning(clock: TrustedClock, maxSkew: number): string | undefined {
  for (const [reference, skew] of clock.standing().skews) {
    if (Math.abs(skew) <= maxSkew) continue
    return `warning: the clock here is ${apart(skew)} that of ${reference}: set both by NTP; what is written has the time ${new Date(clock.now()).toISOString()}`
  }
  return undefined
}
