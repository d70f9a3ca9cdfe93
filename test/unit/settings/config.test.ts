import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { formatProblem, InvalidInput } from '../../../src/domain/errors.ts'
import { type ConfigOptions, loadConfig, readConfig } from '../../../src/settings/config.ts'
import type { Setting } from '../../../src/settings/setting.ts'
import { sharedTopicsWarning, warningsOf } from '../../../src/settings/setting-checks.ts'
import { SETTING_KEYS, SETTINGS, variableOf } from '../../../src/settings/settings.ts'

const KEY = 'k'.repeat(32)
let folders = 0
const root = mkdtempSync(join(tmpdir(), 'config-'))

/** A working directory with files. */
function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return folder
}

function read(yaml: string, env: Record<string, string> = {}, options: ConfigOptions = {}) {
  return readConfig({ folder: folderWith({ 'sigwatch.yaml': yaml }), env, ...options })
}

/** Problems with the folder cut off. */
function faults(yaml: string, env: Record<string, string> = {}, options: ConfigOptions = {}): string[] {
  return read(yaml, env, options).problems.map((problem) =>
    formatProblem(problem).replace(/^\/.*\/sigwatch/, 'sigwatch'),
  )
}

describe('configuration', () => {
  it('has the documented defaults when nothing is given', () => {
    const { config, problems, file } = readConfig({ folder: folderWith(), env: {} })
    expect(problems).toEqual([])
    expect(file).toBeUndefined()
    expect(config).toMatchObject({
      deployment: 'default',
      kafka: {
        brokers: null,
        groupId: 'sigwatch',
        startFrom: 'earliest',
        createTopics: false,
        ssl: { enabled: false },
        topics: {
          messages: [{ topic: 'sms.mt' }],
          alerts: 'sms.alerts',
          deadLetters: 'sms.dlq',
          registry: 'sms.registry',
          consents: 'sms.consents',
          replies: 'sms.mo',
          complaints: 'sms.complaints',
          feedback: 'sms.feedback',
          shadowAlerts: null,
          verdicts: null,
          blocks: null,
        },
      },
      redis: { url: null, nodes: null, budget: 100 },
      http: { host: '127.0.0.1', port: 9464 },
      privacy: { tokenKey: null, senderContacts: 'clear' },
      alerts: { maxAge: 86_400_000 },
      locale: 'en',
      policy: null,
      registry: null,
      model: null,
      limits: { futureReject: 300_000, partWait: 10_000 },
      batch: { maxRecords: 4096, maxAge: 20 },
    })
  })

  it('lets a batch hold no more than may be in flight, unless it is said', () => {
    expect(read('batch: {maxInFlight: 3000}').config?.batch).toMatchObject({
      maxInFlight: 3000,
      maxRecords: 3000,
    })
    expect(read('batch: {maxInFlight: 30000}').config?.batch.maxRecords).toBe(4096)
  })

  it('has a default that its own form accepts for every key, and a sentence', () => {
    for (const key of SETTING_KEYS) {
      const { form, default: fallback, about } = SETTINGS[key] as Setting<unknown>
      expect(about, key).toMatch(/\.$/)
      if (fallback === null) expect(form.nullable, key).toBe(true)
      else if (form.unit === undefined) {
        expect(form.read(fallback, { fromText: false, folder: '' }), key).toEqual(fallback)
      }
    }
  })

  it('names variables in upper snake case, each once', () => {
    expect(variableOf('kafka.topics.deadLetters')).toBe('SIGWATCH_KAFKA_TOPICS_DEAD_LETTERS')
    expect(variableOf('locale')).toBe('SIGWATCH_LOCALE')
    expect(new Set(SETTING_KEYS.map(variableOf)).size).toBe(SETTING_KEYS.length)
  })

  it('reads the file in the working directory, and --config instead of it', () => {
    const folder = folderWith({ 'sigwatch.yaml': 'deployment: here\n', 'other.yaml': 'deployment: other\n' })
    expect(readConfig({ folder, env: {} }).config.deployment).toBe('here')
    expect(readConfig({ folder, env: {}, file: join(folder, 'other.yaml') }).config.deployment).toBe('other')
    const missing = readConfig({ folder, env: {}, file: join(folder, 'none.yaml') })
    expect(missing.problems.map((problem) => problem.message)).toEqual(['the file does not exist'])
  })

  it('lets the environment win over the file, and the command line over both', () => {
    const options = { overrides: { policy: 'c.yaml' } }
    const { config, given } = read(
      'deployment: file\nlocale: zh-CN\npolicy: a.yaml\n',
      { SIGWATCH_DEPLOYMENT: 'env', SIGWATCH_POLICY: 'b.yaml' },
      options,
    )
    expect([config.deployment, config.locale]).toEqual(['env', 'zh-CN'])
    expect(config.policy).toMatch(/\/c\.yaml$/)
    expect(given.get('policy')).toEqual({ file: 'command line', key: '--policy' })
    expect(given.get('locale')).toMatchObject({ line: 2 })
    expect(given.has('kafka.groupId')).toBe(false)
  })

  it('gives each deployment a consumer group of its own unless one is named', () => {
    const groupOf = (file: string) => read(file).config.kafka.groupId
    expect(groupOf('deployment: trial')).toBe('sigwatch-trial')
    expect(groupOf('deployment: trial\nkafka: {groupId: ours}')).toBe('ours')
  })

  it('reads lists, numbers, switches and nothing from the environment', () => {
    const { config, problems } = read('kafka: {topics: {verdicts: v}}\n', {
      SIGWATCH_KAFKA_BROKERS: 'a:9092, b:9092',
      SIGWATCH_PRIVACY_TOKEN_KEY: KEY,
      SIGWATCH_HTTP_PORT: '0',
      SIGWATCH_KAFKA_CREATE_TOPICS: 'true',
      SIGWATCH_KAFKA_TOPICS_REGISTRY: 'null',
      SIGWATCH_KAFKA_TOPICS_VERDICTS: '',
      SIGWATCH_ALERTS_MAX_AGE: '0',
      SIGWATCH_KAFKA_START_FROM: '2026-11-01T00:00+08:00',
      SIGWATCH_LIMITS_FUTURE_REJECT: '90s',
      SIGWATCH_BATCH_MAX_BYTES: '2MB',
    })
    expect(problems).toEqual([])
    expect(config.kafka).toMatchObject({
      brokers: ['a:9092', 'b:9092'],
      createTopics: true,
      startFrom: Date.UTC(2026, 9, 31, 16),
      topics: { registry: null, verdicts: null },
    })
    expect([
      config.http.port,
      config.alerts.maxAge,
      config.limits.futureReject,
      config.batch.maxBytes,
    ]).toEqual([0, 0, 90_000, 2_000_000])
  })

  it('takes the shared variables below its own', () => {
    const env = { KAFKA_BROKERS: 'a:1', REDIS_URL: 'redis://r', SIGWATCH_PRIVACY_TOKEN_KEY: KEY }
    expect(read('kafka: {brokers: [f:1]}\n', env).config).toMatchObject({ kafka: { brokers: ['a:1'] } })
    expect(read('', { ...env, SIGWATCH_KAFKA_BROKERS: 'b:1' }).config.kafka.brokers).toEqual(['b:1'])
    expect(read('', env).config.redis.url?.reveal()).toBe('redis://r')
  })

  it('reads a value from a file, without the line break at its end', () => {
    const folder = folderWith({ key: `${KEY}\n` })
    const { config } = readConfig({ folder, env: { SIGWATCH_PRIVACY_TOKEN_KEY_FILE: join(folder, 'key') } })
    expect(config.privacy.tokenKey?.key.reveal()).toBe(KEY)
    const both = { SIGWATCH_PRIVACY_TOKEN_KEY: KEY, SIGWATCH_PRIVACY_TOKEN_KEY_FILE: 'key' }
    expect(faults('', both)).toEqual([
      'environment: SIGWATCH_PRIVACY_TOKEN_KEY_FILE: SIGWATCH_PRIVACY_TOKEN_KEY is set too: keep one of the two',
    ])
    // That the key is missing then is no second fault.
    expect(faults('', { KAFKA_BROKERS: 'a:1', SIGWATCH_PRIVACY_TOKEN_KEY_FILE: '/none/at/all' })).toEqual([
      'environment: SIGWATCH_PRIVACY_TOKEN_KEY_FILE: /none/at/all: the file does not exist',
    ])
    expect(faults('', { SIGWATCH_KAFKA_SASL_PASSWORD_FILE: '/none/at/all' })[0]).toBe(
      'environment: SIGWATCH_KAFKA_SASL_PASSWORD_FILE: /none/at/all: the file does not exist',
    )
  })

  it('starts paths of the file at its folder, and paths of the environment at the working directory', () => {
    const folder = folderWith()
    mkdirSync(join(folder, 'etc'))
    writeFileSync(join(folder, 'etc', 's.yaml'), 'registry: r.yaml\nmodel: /abs\n')
    const { config } = readConfig({
      folder,
      file: join(folder, 'etc', 's.yaml'),
      env: { SIGWATCH_POLICY: 'p.yaml' },
    })
    expect([config.registry, config.model, config.policy]).toEqual([
      join(folder, 'etc', 'r.yaml'),
      '/abs',
      join(folder, 'p.yaml'),
    ])
  })

  it('reads PEM as text or from a file, and switches TLS on with it', () => {
    const pem = '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n'
    const folder = folderWith({
      'ca.pem': pem,
      'no.pem': 'x',
      'sigwatch.yaml': 'kafka: {ssl: {ca: ca.pem}}\n',
    })
    const { config } = readConfig({ folder, env: { SIGWATCH_REDIS_TLS_CA: pem } })
    expect(config.kafka.ssl.enabled).toBe(true)
    expect(config.kafka.ssl.ca?.reveal()).toBe(pem)
    expect(config.redis.tls.enabled).toBe(true)
    const env = { SIGWATCH_KAFKA_SSL_CA: 'no.pem' }
    expect(readConfig({ folder, env }).problems[0]?.message).toContain('is not PEM')
    expect(
      readConfig({ folder: folderWith(), env: { REDIS_URL: 'rediss://r' } }).config.redis.tls.enabled,
    ).toBe(true)
  })

  it('leaves out what is commented out, and an empty file', () => {
    expect(faults('kafka:\n#  groupId: x\nredis:\n')).toEqual([])
    expect(faults('')).toEqual([])
  })
})

describe('token key', () => {
  const tokenKey = (value: string) => read('', { SIGWATCH_PRIVACY_TOKEN_KEY: value })

  it('has the id 1 unless one is given', () => {
    expect(tokenKey(KEY).config.privacy.tokenKey).toMatchObject({ keyId: '1' })
    const { tokenKey: named } = tokenKey(`k2:${KEY}`).config.privacy
    expect([named?.keyId, named?.key.reveal()]).toEqual(['k2', KEY])
  })

  it('counts bytes of UTF-8, not characters', () => {
    expect(tokenKey('密'.repeat(11)).problems).toEqual([])
    expect(tokenKey('密'.repeat(10)).problems).toHaveLength(1)
  })

  it.each([
    ['short', 'the key has 5 bytes, at least 32 are needed; make one: openssl rand -hex 32'],
    [`2:${'x'.repeat(31)}`, 'the key has 31 bytes'],
    [`a.b:${KEY}`, 'the id before the colon must have'],
    [`:${KEY}`, 'the id before the colon must have'],
  ])('refuses %s', (value, message) => {
    expect(tokenKey(value).problems[0]?.message).toContain(message)
  })

  it('is required with brokers for a service, and only there', () => {
    const [fault] = faults('kafka: {brokers: [a:1]}\n')
    expect(fault).toMatch(/^sigwatch.yaml: privacy.tokenKey: is required with kafka.brokers/)
    expect(fault).toContain('openssl rand -hex 32')
    expect(fault).toContain('SIGWATCH_PRIVACY_TOKEN_KEY_FILE')
    expect(faults('kafka: {brokers: [a:1]}\n', {}, { serving: false })).toEqual([])
    expect(faults('kafka: {brokers: [a:1]}\nprivacy: {tokenKey: null}\n')[0]).toContain(
      'sigwatch.yaml:2: privacy.tokenKey: is required',
    )
  })

  it('says one thing when it was given and is wrong', () => {
    expect(faults('kafka: {brokers: [a:1]}\nprivacy: {tokenKey: abc}\n')).toHaveLength(1)
  })

  it('has an id of its own', () => {
    const keys = (now: string, before: string) =>
      faults('', { SIGWATCH_PRIVACY_TOKEN_KEY: now, SIGWATCH_PRIVACY_PREVIOUS_TOKEN_KEYS: before })
    expect(keys(`2:${KEY}`, KEY)).toEqual([])
    // A rotation that was prepared too early.
    expect(keys(KEY, KEY)).toEqual([])
    expect(keys(KEY, `${KEY}x`)).toEqual([
      'environment: SIGWATCH_PRIVACY_PREVIOUS_TOKEN_KEYS: two keys have the id 1: give each its own id, for example the new one as 2:<key>',
    ])
    expect(keys(`3:${KEY}`, `2:${KEY},2:${KEY}x`)).toHaveLength(1)
  })
})

describe('faults of the configuration', () => {
  it.each([
    [
      'kafka: {broker: [a:1]}',
      'sigwatch.yaml:1: kafka.broker: unknown key; did you mean "brokers"? (allowed: brokers, groupId',
    ],
    ['\nkafak: {}', 'sigwatch.yaml:2: kafak: unknown key; did you mean "kafka"? (allowed: deployment, kafka'],
    ['kafka.groupId: x', 'sigwatch.yaml:1: kafka.groupId: unknown key; write it nested: kafka: {groupId: …}'],
    ['kafka: [a]', 'sigwatch.yaml:1: kafka: must be a mapping of keys (allowed: brokers,'],
    [
      'deployment: 12',
      'sigwatch.yaml:1: deployment: 12 is not allowed: put text in quotes (allowed: 1 to 64 letters',
    ],
    ['deployment: a/b', 'sigwatch.yaml:1: deployment: "a/b" is not allowed (allowed: 1 to 64 letters'],
    ['deployment:', 'sigwatch.yaml:1: deployment: has no value (allowed:'],
    ['locale: zh', 'sigwatch.yaml:1: locale: "zh" is not allowed (allowed: en, zh-CN)'],
    [
      'privacy: {senderContacts: cleer}',
      'sigwatch.yaml:1: privacy.senderContacts: "cleer" is not allowed; did you mean "clear"? (allowed: clear, masked)',
    ],
    [
      'http: {port: 70000}',
      'sigwatch.yaml:1: http.port: 70000 is not allowed (allowed: a whole number from 0 to 65535)',
    ],
    ['http: {port: "9464"}', 'sigwatch.yaml:1: http.port: "9464" is not allowed'],
    [
      'alerts: {maxAge: 24}',
      'sigwatch.yaml:1: alerts.maxAge: 24 is not allowed: the unit is missing (allowed: 0, or a number with ms, s, m, h or d',
    ],
    ['alerts: {maxAge: 24 hours}', 'sigwatch.yaml:1: alerts.maxAge: "24 hours" is not allowed'],
    [
      'kafka: {startFrom: 2026-11-01T00:00}',
      'sigwatch.yaml:1: kafka.startFrom: "2026-11-01T00:00" is not allowed (allowed: earliest, latest, or an ISO-8601 time with offset',
    ],
    [
      'kafka: {createTopics: yes}',
      'sigwatch.yaml:1: kafka.createTopics: "yes" is not allowed (allowed: true, false)',
    ],
    ['kafka: {topics: {alerts: null}}', 'sigwatch.yaml:1: kafka.topics.alerts: has no value'],
    [
      'kafka: {topics: {verdicts: sms.alerts}}',
      'sigwatch.yaml:1: kafka.topics.verdicts: is "sms.alerts", as is kafka.topics.alerts',
    ],
    [
      'kafka: {sasl: {username: u}}',
      'sigwatch.yaml:1: kafka.sasl.username: needs kafka.sasl.mechanism too (allowed: plain',
    ],
    [
      'kafka: {sasl: {mechanism: plain, username: u}}',
      'sigwatch.yaml: kafka.sasl.password: is required with the mechanism plain',
    ],
    [
      'kafka: {sasl: {mechanism: oauthbearer, oauth: {clientId: c, tokenEndpoint: "https://a/t"}}}',
      'sigwatch.yaml: kafka.sasl.oauth.clientSecret: is required with the mechanism oauthbearer',
    ],
    [
      'kafka: {sasl: {mechanism: oauthbearer, username: u, oauth: {clientId: c, clientSecret: s, tokenEndpoint: "https://a/t"}}}',
      'sigwatch.yaml:1: kafka.sasl.username: cannot be used with the mechanism oauthbearer (allowed: plain, scram',
    ],
    [
      'kafka: {sasl: {mechanism: plain, username: u, password: p, oauth: {scope: s}}}',
      'sigwatch.yaml:1: kafka.sasl.oauth.scope: cannot be used with the mechanism plain (allowed: oauthbearer)',
    ],
    [
      'kafka: {sasl: {oauth: {clientId: c}}}',
      'sigwatch.yaml:1: kafka.sasl.oauth.clientId: needs kafka.sasl.mechanism too (allowed: oauthbearer)',
    ],
    [
      'kafka: {sasl: {oauth: {tokenEndpoint: "https://user@a/t"}}}',
      'sigwatch.yaml:1: kafka.sasl.oauth.tokenEndpoint: "https://user@a/t" is not allowed',
    ],
    ['redis: {url: "redis://a", nodes: [b:1]}', 'sigwatch.yaml:1: redis.nodes: redis.url is set too'],
    [
      'redis: {url: "rediss://a", tls: {enabled: false}}',
      'sigwatch.yaml:1: redis.tls.enabled: is false, but redis.url begins with rediss://',
    ],
    ['batch: {maxRecords: 9000}', 'sigwatch.yaml: batch.maxInFlight: is less than batch.maxRecords (9000)'],
  ])('%s', (yaml, expected) => {
    const found = faults(yaml)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(expected)
  })

  it.each([
    ['kafka: {brokers: []}', '[] is not allowed (allowed: a list of host:port)'],
    ['kafka: {brokers: kafka}', '"kafka" is not allowed (allowed: host:port'],
    ['kafka: {brokers: [a:1, a:1]}', '"a:1" is listed twice'],
  ])('brokers: %s', (yaml, expected) => {
    expect(faults(yaml)[0]).toContain(`sigwatch.yaml:1: kafka.brokers: ${expected}`)
  })

  it('refuses unknown variables of its own, and only these', () => {
    expect(faults('', { SIGWATCH_KAFKA_BROKER: 'x', KAFKA_HOME: '/opt', PATH: '/bin' })).toEqual([
      expect.stringContaining(
        'environment: SIGWATCH_KAFKA_BROKER: unknown variable; did you mean "SIGWATCH_KAFKA_BROKERS"?',
      ),
    ])
    expect(faults('', { SIGWATCH_LOCALES_FILE: 'x' })[0]).toContain('did you mean "SIGWATCH_LOCALE"?')
  })

  it('passes over the variables that Kubernetes makes of a Service named sigwatch', () => {
    const env = {
      SIGWATCH_SERVICE_HOST: '10.0.0.1',
      SIGWATCH_SERVICE_PORT: '9464',
      SIGWATCH_SERVICE_PORT_METRICS: '9464',
      SIGWATCH_PORT: 'tcp://10.0.0.1:9464',
      SIGWATCH_PORT_9464_TCP: 'tcp://10.0.0.1:9464',
      SIGWATCH_PORT_9464_TCP_ADDR: '10.0.0.1',
      SIGWATCH_HTTP_PORT: 'tcp://10.0.0.1:80',
    }
    expect(faults('', env)).toEqual([])
    expect(read('', env).config.http.port).toBe(9464)
  })

  it('gives everything at once, and throws it as one error', () => {
    const yaml = 'locale: x\nhttp: {port: x}\nnope: 1\n'
    expect(faults(yaml, { SIGWATCH_NOPE: '1' })).toHaveLength(4)
    const load = () => loadConfig({ folder: folderWith({ 'sigwatch.yaml': yaml }), env: {} })
    expect(load).toThrow(InvalidInput)
    expect(load).toThrow(/sigwatch\.yaml:1: locale: /)
  })

  it('does not depend on NODE_ENV', () => {
    const plain = read('', {}).config
    expect(read('', { NODE_ENV: 'production' }).config).toEqual(plain)
  })
})

describe('secrets', () => {
  const secret = 'do-not-show-this-value-in-any-place'
  it('are shown in no message, no JSON and no log', () => {
    const env = {
      SIGWATCH_PRIVACY_TOKEN_KEY: secret,
      REDIS_URL: `redis://u:${secret}@h`,
      SIGWATCH_REDIS_PASSWORD: secret,
    }
    const { config, problems } = read('', env)
    expect(problems).toEqual([])
    for (const text of [
      JSON.stringify(config),
      inspect(config, { depth: 9 }),
      String(config.redis.password),
    ]) {
      expect(text).not.toContain(secret)
    }
    expect(config.redis.password?.reveal()).toBe(secret)
  })

  it('stay hidden when they are wrong', () => {
    const env = {
      SIGWATCH_PRIVACY_TOKEN_KEY: `!${secret}:x`,
      REDIS_URL: `http://${secret}`,
      SIGWATCH_KAFKA_SSL_KEY: `x\n${secret}`,
    }
    const found = faults('', env)
    expect(found).toHaveLength(3)
    expect(found.join('\n')).not.toContain(secret)
  })
})

describe('a key that is given without its PEM frame', () => {
  const bare = Buffer.from('not a real key, but as long as one is: '.repeat(20)).toString('base64')

  it.each([bare, bare.slice(0, 64), `keys/${bare.slice(0, 40)}`])('is not shown: %#', (value) => {
    const [fault] = faults(`kafka: {ssl: {cert: ./cert.pem, key: "${value}"}}`).filter((f) =>
      f.includes('ssl.key'),
    )
    expect(fault).toContain('is not shown')
    expect(fault).not.toContain(value.slice(0, 20))
  })

  it('is not taken for the name of a file, which is shown', () => {
    expect(faults('kafka: {ssl: {ca: certs/ca.pem}}').join()).toContain('certs/ca.pem')
  })
})

describe('passwords without TLS', () => {
  const warnings = (yaml: string) => warningsOf(read(yaml).config)

  it('are warned about', () => {
    const sasl = 'sasl: {mechanism: scram-sha-256, username: u, password: p}'
    expect(warnings(`kafka: {brokers: [a:9092], ${sasl}}`)).toHaveLength(1)
    expect(warnings(`kafka: {brokers: [a:9093], ssl: {enabled: true}, ${sasl}}`)).toEqual([])
    const oauth = (url: string) =>
      warnings(
        `kafka: {brokers: [a:9093], ssl: {enabled: true}, sasl: {mechanism: oauthbearer, oauth: {clientId: c, clientSecret: s, tokenEndpoint: "${url}"}}}`,
      )
    expect(oauth('https://login.example/t')).toEqual([])
    expect(oauth('http://127.0.0.1:9/t')).toEqual([])
    expect(oauth('http://login.example/t').join()).toContain('the client secret is sent unencrypted')
    expect(warnings('redis: {url: "redis://:secret@a:6379"}').join()).not.toContain('secret')
    expect(warnings('redis: {url: "redis://:secret@a:6379"}')).toHaveLength(1)
    expect(warnings('redis: {url: "redis://a:6379", password: p}')).toHaveLength(1)
    expect(warnings('redis: {url: "rediss://:secret@a:6379"}')).toEqual([])
    expect(warnings('redis: {url: "redis://a:6379"}')).toEqual([])
    const token = 't'.repeat(16)
    expect(warnings(`http: {check: {token: ${token}}}`)).toEqual([])
    expect(warnings(`http: {host: localhost, check: {token: ${token}}}`)).toEqual([])
    expect(warnings(`http: {host: 0.0.0.0, check: {token: ${token}}}`)).toHaveLength(1)
    expect(warnings('http: {check: {token: guessme}}')).toHaveLength(1)
    expect(warnings('http: {check: {token: guessme}}').join()).not.toContain('guessme')
  })
})

describe('topics that deployments may share', () => {
  const warning = (deployment: string, topics: string) =>
    sharedTopicsWarning(read(`deployment: ${deployment}\nkafka: {topics: {${topics}}}`).config)
  const recipe = /```yaml\n(# sigwatch-gd\.yaml\n[^`]+)```/.exec(readFileSync('docs/tenants.md', 'utf8'))![1]!

  it('are none in the recipe of docs/tenants.md', () => {
    const { config, problems } = read(recipe)
    expect(problems).toEqual([])
    const { messages, ...others } = config.kafka.topics
    const names = [...messages.map(({ topic }) => topic), ...Object.values(others)]
    expect(names.filter((name) => !name?.startsWith('gd.'))).toEqual([])
    expect(sharedTopicsWarning(config)).toBeUndefined()
  })

  it('are those without the prefix of the others', () => {
    const own =
      'alerts: gd.sms.alerts, deadLetters: gd.sms.dlq, consents: gd.sms.consents, registry: cdc.gd.filings'
    const said = warning('gd', own)
    expect(said).toContain('the prefix gd.sms. of alerts and deadLetters')
    expect(said).toContain(
      'replies (sms.mo), complaints (sms.complaints), feedback (sms.feedback), enforcements (sms.enforcements), feedbackResults (sms.feedback-results)',
    )
    expect(said).not.toMatch(/consents|filings/)
  })

  it('are not looked for in the only deployment of a cluster', () => {
    expect(warning('default', 'alerts: a.alerts, deadLetters: a.dlq')).toBeUndefined()
    expect(warning('gd', '')).toBeUndefined()
    expect(warning('gd', 'alerts: spam, deadLetters: refused')).toBeUndefined()
  })
})
