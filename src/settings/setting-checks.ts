import type { Problem } from '../domain/errors.ts'
import { oddKeyWarnings } from './odd-keys.ts'
import type { Secret } from './secret.ts'
import type { Config, SettingKey } from './settings.ts'

/** Location of a value, as in a Problem. */
export type Place = Pick<Problem, 'file' | 'line' | 'key'>

/** Default of `batch.maxRecords`, unless `batch.maxInFlight` is less. */
const BATCH_RECORDS = 4096

/** Fills in the defaults that follow from other keys. */
export function decide(config: Config): Config {
  const { kafka, redis, batch } = config
  const { ssl } = kafka
  const { tls } = redis
  const sslGiven = ssl.ca !== null || ssl.cert !== null || ssl.key !== null
  const tlsGiven = tls.ca !== null || tls.cert !== null || tls.key !== null
  const secureUrl = redis.url?.reveal().startsWith('rediss:') ?? false
  return {
    ...config,
    kafka: {
      ...kafka,
      groupId: kafka.groupId ?? groupOf(config.deployment),
      ssl: { ...ssl, enabled: ssl.enabled ?? sslGiven },
    },
    redis: { ...redis, tls: { ...tls, enabled: tls.enabled ?? (secureUrl || tlsGiven) } },
    batch: { ...batch, maxRecords: batch.maxRecords ?? Math.min(BATCH_RECORDS, batch.maxInFlight) },
  }
}

/** Settings that are valid one by one but not together. Reported at the first key, unless one of the keys is invalid itself. */
interface Conflict {
  readonly keys: readonly [SettingKey, ...SettingKey[]]
  readonly message: string
}

const MAKE_KEY =
  'is required with kafka.brokers, because every output has tokens instead of recipients; make one: ' +
  'openssl rand -hex 32, and set SIGWATCH_PRIVACY_TOKEN_KEY to it, or SIGWATCH_PRIVACY_TOKEN_KEY_FILE to its file'

/** Conflicts between settings. `serving`: also requires what a service on Kafka needs. */
export function checkTogether(config: Config, serving: boolean): Conflict[] {
  const conflicts: Conflict[] = []
  const fault = (keys: Conflict['keys'], message: string) => conflicts.push({ keys, message })
  const pair = (one: SettingKey, a: unknown, other: SettingKey, b: unknown) => {
    if (a !== null && b === null) fault([one, other], `needs ${other} too`)
    if (a === null && b !== null) fault([other, one], `needs ${one} too`)
  }
  const { kafka, redis, batch } = config

  if (serving && kafka.brokers !== null && config.privacy.tokenKey === null) {
    fault(['privacy.tokenKey', 'kafka.brokers'], MAKE_KEY)
  }
  conflicts.push(...keyFaults(config.privacy))
  conflicts.push(...loginFaults(kafka.sasl), ...oidcFaults(config.desk.oidc))
  pair('kafka.ssl.cert', kafka.ssl.cert, 'kafka.ssl.key', kafka.ssl.key)
  pair('redis.tls.cert', redis.tls.cert, 'redis.tls.key', redis.tls.key)
  if (redis.url !== null && redis.nodes !== null) {
    fault(
      ['redis.nodes', 'redis.url'],
      'redis.url is set too: keep redis.url for a single server, redis.nodes for a cluster',
    )
  }
  if (redis.sentinels !== null && (redis.url !== null || redis.nodes !== null)) {
    fault(
      ['redis.sentinels', redis.url === null ? 'redis.nodes' : 'redis.url'],
      'redis.url or redis.nodes is set too: keep one of redis.url, redis.nodes and redis.sentinels',
    )
  }
  if (redis.url?.reveal().startsWith('rediss:') && !redis.tls.enabled) {
    fault(
      ['redis.tls.enabled', 'redis.url'],
      'is false, but redis.url begins with rediss://: use redis://, or remove this key',
    )
  }
  conflicts.push(...schemaFaults(config), ...sameTopics(config))
  if (batch.maxInFlight < batch.maxRecords) {
    fault(
      ['batch.maxInFlight', 'batch.maxRecords'],
      `is less than batch.maxRecords (${batch.maxRecords}), so no batch could fill: raise it, or lower batch.maxRecords`,
    )
  }
  return conflicts
}

/** Different keys need different ids: a token refers to its key by the id only. */
function keyFaults({ tokenKey, previousTokenKeys }: Config['privacy']): Conflict[] {
  const keys = new Map(tokenKey ? [[tokenKey.keyId, tokenKey.key.reveal()]] : [])
  return (previousTokenKeys ?? []).flatMap(({ keyId, key }) => {
    const known = keys.get(keyId) ?? key.reveal()
    keys.set(keyId, known)
    if (known === key.reveal()) return []
    const message = `two keys have the id ${keyId}: give each its own id, for example the new one as 2:<key>`
    return [{ keys: ['privacy.previousTokenKeys', 'privacy.tokenKey'], message }]
  })
}

/** Settings that Avro and Protobuf require, and credentials of the registry that are incomplete. */
function schemaFaults({ kafka, input }: Config): Conflict[] {
  const { url, username, password } = input.schemaRegistry
  const faults: Conflict[] = []
  const of = kafka.topics.messages.map(({ format = input.format, map = input.map }) => ({ format, map }))
  const typed = of.find(({ format }) => format !== 'json')
  if (typed && url === null)
    faults.push({
      keys: ['input.schemaRegistry.url', 'input.format'],
      message: `is required with ${typed.format}`,
    })
  if (of.some(({ format, map }) => format !== 'json' && map === null))
    faults.push({ keys: ['input.map', 'input.format'], message: `is required with ${typed!.format}` })
  if ((username === null) !== (password === null)) {
    const key = `input.schemaRegistry.${username === null ? 'username' : 'password'}` as const
    faults.push({ keys: [key, 'input.schemaRegistry.url'], message: 'needs both user and password' })
  }
  return faults
}

const WITH_PASSWORD = ['kafka.sasl.username', 'kafka.sasl.password'] as const
const WITH_TOKEN = [
  'kafka.sasl.oauth.tokenEndpoint',
  'kafka.sasl.oauth.clientId',
  'kafka.sasl.oauth.clientSecret',
] as const

/** Settings of `kafka.sasl` that the mechanism requires, or that belong to another mechanism. */
function loginFaults({ mechanism, username, password, oauth }: Config['kafka']['sasl']): Conflict[] {
  const { tokenEndpoint, clientId, clientSecret, scope } = oauth
  const given = new Map<SettingKey, unknown>([
    ...[username, password].map((value, i) => [WITH_PASSWORD[i]!, value] as const),
    ...[tokenEndpoint, clientId, clientSecret].map((value, i) => [WITH_TOKEN[i]!, value] as const),
    ['kafka.sasl.oauth.scope', scope],
  ])
  const isToken = mechanism === 'oauthbearer'
  const needed: readonly SettingKey[] = mechanism === null ? [] : isToken ? WITH_TOKEN : WITH_PASSWORD
  return [...given].flatMap(([key, value]): Conflict[] => {
    const keys = [key, 'kafka.sasl.mechanism'] as const
    if (needed.includes(key))
      return value === null ? [{ keys, message: `is required with the mechanism ${mechanism}` }] : []
    if (value === null || (isToken && key === 'kafka.sasl.oauth.scope')) return []
    const allowed = key.startsWith('kafka.sasl.oauth.')
      ? 'oauthbearer'
      : 'plain, scram-sha-256, scram-sha-512'
    const message =
      mechanism === null
        ? `needs kafka.sasl.mechanism too (allowed: ${allowed})`
        : `cannot be used with the mechanism ${mechanism} (allowed: ${allowed})`
    return [{ keys, message }]
  })
}

/** `desk.oidc.*` keys that are missing although others are set. */
function oidcFaults(oidc: Config['desk']['oidc']): Conflict[] {
  const names = ['issuer', 'clientId', 'clientSecret', 'url', 'rights'] as const
  const given = names.find((name) => oidc[name] !== null)
  return names
    .filter((name) => given !== undefined && oidc[name] === null)
    .map((name) => ({
      keys: [`desk.oidc.${name}`, `desk.oidc.${given!}`],
      message: `is required with desk.oidc.${given!}`,
    }))
}

/** Warnings about settings that are allowed but insecure. */
export function warningsOf(config: Config): string[] {
  const { kafka, redis, http } = config
  const warnings = oddKeyWarnings(config)
  if (kafka.brokers !== null && kafka.sasl.mechanism !== null && !kafka.ssl.enabled) {
    warnings.push(`kafka.sasl without kafka.ssl: ${SHOWN[kafka.sasl.mechanism]} is sent unencrypted`)
  }
  if (isClear(kafka.sasl.oauth.tokenEndpoint))
    warnings.push('kafka.sasl.oauth.tokenEndpoint without https: the client secret is sent unencrypted')
  if ((redis.password !== null || hasPassword(redis.url)) && !redis.tls.enabled)
    warnings.push('the password of Redis without redis.tls: it is sent unencrypted')
  const token = http.check.token?.reveal()
  if (token !== undefined && token.length < SHORT_TOKEN)
    warnings.push(
      `http.check.token has fewer than ${SHORT_TOKEN} characters and can be guessed; make one: openssl rand -hex 32`,
    )
  if (token !== undefined && !LOOPBACK.test(http.host))
    warnings.push('http.check.token without TLS: token and texts are sent unencrypted')
  return warnings
}

/**
 * Warns of topics that another deployment may also use: those that have neither the common prefix of alerts and dead letters
 * nor the name of the deployment.
 */
export function sharedTopicsWarning({ deployment, kafka: { topics } }: Config): string | undefined {
  const { messages: _, alerts, deadLetters, ...others } = topics
  const prefix = commonPrefix(alerts, deadLetters)
  if (deployment === 'default' || prefix === '') return undefined
  const shared = Object.entries(others).filter(
    ([, name]) => name !== null && !name.startsWith(prefix) && !name.split(/[._-]/).includes(deployment),
  )
  if (shared.length === 0) return undefined
  const names = shared.map(([use, name]) => `${use} (${name})`).join(', ')
  return `kafka.topics: these lack the prefix ${prefix} of alerts and deadLetters, and are shared with every deployment that has the same names: ${names}`
}

/** Common prefix of two names, up to and including its last separator; may be empty. */
function commonPrefix(one: string, other: string): string {
  let same = 0
  while (same < one.length && one[same] === other[same]) same++
  return /^.*[._-]/.exec(one.slice(0, same))?.[0] ?? ''
}

const SHORT_TOKEN = 16
const LOOPBACK = /^(?:127\.[\d.]+|\[?::1\]?|localhost)$/

function hasPassword(url: Secret | null): boolean {
  return url !== null && new URL(url.reveal()).password !== ''
}

/** Each use needs its own topic: readers could not tell the records apart, and alerts on an input topic would be read as input. */
function sameTopics(config: Config): Conflict[] {
  const conflicts: Conflict[] = []
  const uses = new Map<string, SettingKey>()
  const { messages, ...others } = config.kafka.topics
  const inputs = messages.map(({ topic }) => ['messages', topic] as const)
  for (const [use, name] of [...inputs, ...Object.entries(others)]) {
    const key = `kafka.topics.${use}` as SettingKey
    const other = name === null ? undefined : uses.get(name)
    if (name !== null && other === undefined) uses.set(name, key)
    if (other !== undefined)
      conflicts.push({ keys: [key, other], message: `is "${name}", as is ${other}: use two topics` })
  }
  return conflicts
}

/** Default consumer group of a deployment. */
function groupOf(deployment: string): string {
  return deployment === 'default' ? 'sigwatch' : `sigwatch-${deployment}`
}

/** What each mechanism exposes without TLS. */
const SHOWN = {
  plain: 'the password',
  'scram-sha-256': 'a proof of the password',
  'scram-sha-512': 'a proof of the password',
  oauthbearer: 'the token',
} as const

/** Whether requests to the URL cross the network without TLS. */
function isClear(url: string | null): boolean {
  return url?.startsWith('http:') === true && !LOOPBACK.test(new URL(url).hostname)
}
