import type { Problem } from '../domain/errors.ts'
import type { Config, SettingKey } from './settings.ts'

/** Where a value came from: the parts of a Problem. */
export type Place = Pick<Problem, 'file' | 'line' | 'key'>

/** Fills in the defaults that follow from other keys. */
export function decide(config: Config): Config {
  const { kafka, redis } = config
  const { ssl } = kafka
  const { tls } = redis
  const sslGiven = ssl.ca !== null || ssl.cert !== null || ssl.key !== null
  const tlsGiven = tls.ca !== null || tls.cert !== null || tls.key !== null
  const secureUrl = redis.url?.reveal().startsWith('rediss:') ?? false
  return {
    ...config,
    kafka: { ...kafka, ssl: { ...ssl, enabled: ssl.enabled ?? sslGiven } },
    redis: { ...redis, tls: { ...tls, enabled: tls.enabled ?? (secureUrl || tlsGiven) } },
  }
}

/** A fault between settings: it stands at the first key and exists only if none of them was refused by itself. */
interface Conflict {
  readonly keys: readonly [SettingKey, ...SettingKey[]]
  readonly message: string
}

const MAKE_KEY =
  'is required with kafka.brokers, because tokens stand for recipients in every output; make one: ' +
  'openssl rand -hex 32, and give it as SIGWATCH_PRIVACY_TOKEN_KEY, or its file as SIGWATCH_PRIVACY_TOKEN_KEY_FILE'

/** What is wrong with settings that are right one by one. */
export function checkTogether(config: Config, serving: boolean): Conflict[] {
  const conflicts: Conflict[] = []
  const fault = (keys: Conflict['keys'], message: string) => conflicts.push({ keys, message })
  const pair = (one: SettingKey, a: unknown, other: SettingKey, b: unknown) => {
    if (a !== null && b === null) fault([one, other], `needs ${other} beside it`)
    if (a === null && b !== null) fault([other, one], `needs ${one} beside it`)
  }
  const { kafka, redis, batch } = config

  if (serving && kafka.brokers !== null && config.privacy.tokenKey === null) {
    fault(['privacy.tokenKey', 'kafka.brokers'], MAKE_KEY)
  }
  const { mechanism, username, password } = kafka.sasl
  const credentials = { 'kafka.sasl.username': username, 'kafka.sasl.password': password } as const
  for (const key of Object.keys(credentials) as (keyof typeof credentials)[]) {
    if (mechanism !== null && credentials[key] === null) {
      fault([key, 'kafka.sasl.mechanism'], `is required with the mechanism ${mechanism}`)
    } else if (mechanism === null && credentials[key] !== null) {
      fault(
        [key, 'kafka.sasl.mechanism'],
        'needs kafka.sasl.mechanism beside it (allowed: plain, scram-sha-256, scram-sha-512)',
      )
    }
  }
  pair('kafka.ssl.cert', kafka.ssl.cert, 'kafka.ssl.key', kafka.ssl.key)
  pair('redis.tls.cert', redis.tls.cert, 'redis.tls.key', redis.tls.key)
  if (redis.url !== null && redis.nodes !== null) {
    fault(
      ['redis.nodes', 'redis.url'],
      'redis.url is given too: keep the URL for one server, the nodes for a cluster',
    )
  }
  if (redis.url?.reveal().startsWith('rediss:') && !redis.tls.enabled) {
    fault(
      ['redis.tls.enabled', 'redis.url'],
      'is false, and the URL begins with rediss://: use redis://, or leave it out',
    )
  }
  conflicts.push(...sameTopics(config))
  if (batch.maxInFlight < batch.maxRecords) {
    fault(
      ['batch.maxInFlight', 'batch.maxRecords'],
      `is less than batch.maxRecords (${batch.maxRecords}): a batch could never fill`,
    )
  }
  return conflicts
}

/** Two uses of one topic mix records that readers cannot tell apart; alerts on the input topic would feed themselves. */
function sameTopics(config: Config): Conflict[] {
  const conflicts: Conflict[] = []
  const uses = new Map<string, SettingKey>()
  for (const [use, name] of Object.entries(config.kafka.topics)) {
    const key = `kafka.topics.${use}` as SettingKey
    const other = name === null ? undefined : uses.get(name)
    if (name !== null && other === undefined) uses.set(name, key)
    if (other !== undefined)
      conflicts.push({ keys: [key, other], message: `is "${name}", the topic of ${other}: use two topics` })
  }
  return conflicts
}
