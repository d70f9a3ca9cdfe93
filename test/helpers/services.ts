import { afterAll, beforeAll, describe, inject, it } from 'vitest'
import { apicurioAvailable } from './apicurio.ts'
import { browserAvailable } from './browser.ts'
import { kafkaAvailable, kafkaMissing, startKafka } from './kafka-broker.ts'
import { pgbouncerAvailable } from './pgbouncer.ts'
import { postgresAvailable } from './postgres-server.ts'
import { redisAvailable } from './redis-server.ts'
import { shiftedClockAvailable } from './shifted-clock.ts'

const SERVICES = {
  shiftedClock: {
    available: shiftedClockAvailable,
    remedy: () => 'run on Linux with a C compiler (on Debian: apt-get install gcc)',
  },
  kafka: {
    available: kafkaAvailable,
    remedy: () =>
      `set KAFKA_BROKERS to a broker, or install ${kafkaMissing()} (on Debian: apt-get install openjdk-17-jre-headless maven)`,
  },
  apicurio: {
    available: apicurioAvailable,
    remedy: () => `install ${kafkaMissing()} (on Debian: apt-get install openjdk-17-jre-headless maven)`,
  },
  chromium: {
    available: browserAvailable,
    remedy: () => 'install Chromium (on Debian: apt-get install chromium)',
  },
  pgbouncer: {
    available: pgbouncerAvailable,
    remedy: () => 'install PgBouncer (on Debian: apt-get install pgbouncer)',
  },
  postgres: {
    available: postgresAvailable,
    remedy: () => 'install PostgreSQL (on Debian: apt-get install postgresql)',
  },
  redis: {
    available: redisAvailable,
    remedy: () =>
      'set REDIS_URL to a server, or install redis-server (on Debian: apt-get install redis-server)',
  },
}
export type Service = keyof typeof SERVICES

/**
 * A suite that needs real servers. If they are missing it is skipped with a line that says how to get them; under `CI=true` it
 * fails, so that a build cannot pass by skipping.
 */
export function describeWith(needed: Service | readonly Service[], name: string, suite: () => void): void {
  const lacking = [needed].flat().filter((service) => !SERVICES[service].available())
  if (lacking.length === 0) {
    describe(name, suite)
    return
  }
  const line = lacking.map((s) => `${s} is not here: ${SERVICES[s].remedy()}`).join('; ')
  if (process.env.CI === 'true') {
    describe(name, () => {
      it(`has ${lacking.join(' and ')}`, () => {
        throw new Error(line)
      })
    })
    return
  }
  process.stderr.write(`\nSKIPPED: ${name}: ${line}\n`)
  describe.skip(name, suite)
}

/** Brokers for the calling suite: those of the whole run, else brokers started and stopped with the suite. */
export function useKafka(): { readonly brokers: readonly string[] } {
  let brokers: readonly string[] | undefined = inject('kafkaBrokers')
  let stop: (() => Promise<void>) | undefined
  beforeAll(async () => {
    if (!brokers) ({ brokers, stop } = await startKafka())
  }, 120_000)
  afterAll(async () => {
    await stop?.()
  })
  return {
    get brokers() {
      if (!brokers) throw new Error('asked for before the suite has begun')
      return brokers
    },
  }
}

export { uniqueName } from './unique-name.ts'
