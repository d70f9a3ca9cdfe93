import type { SideInput } from '../domain/input-events.ts'
import { DAY, HOUR, MINUTE } from '../domain/time.ts'
import { ARCHIVE_SETTINGS } from './archive-settings.ts'
import { INPUT_SETTINGS, sideForm } from './input-settings.ts'
import { KAFKA_SETTINGS } from './kafka-settings.ts'
import { NOTIFY_SETTINGS } from './notify-settings.ts'
import { optionalSetting, type Setting, setting } from './setting.ts'
import {
  choice,
  duration,
  flag,
  hostPorts,
  int,
  path,
  pem,
  secret,
  shortName,
  size,
  text,
} from './setting-forms.ts'
import type { SideMap } from './side-map-schema.ts'
import { httpTokens, tokenKey, tokenKeys } from './token-forms.ts'

const file = (about: string, shown = 'none') => optionalSetting(path('a path'), about, { shown })
const rowsFile = (input: SideInput, about: string, shown = 'none') =>
  optionalSetting(sideForm(input, 'file'), about, { shown })

function isRedisUrl(value: string): boolean {
  try {
    return ['redis:', 'rediss:'].includes(new URL(value).protocol)
  } catch {
    return false
  }
}

/** Every key of the service configuration, in the order of docs/config.md. */
export const SETTINGS = {
  deployment: setting(
    shortName,
    'default',
    'Name of the installation: part of ids, `source` and keys in Redis.',
  ),

  ...KAFKA_SETTINGS,
  ...INPUT_SETTINGS,

  delivery: setting(
    choice(['at-least-once', 'exactly-once']),
    'at-least-once',
    '`exactly-once`: in Kafka transactions ([operations.md](operations.md#exactly-once)). The same on all instances; no effect in the embedded mode.',
  ),

  'redis.url': optionalSetting(
    secret('redis:// or rediss:// and a host, for example redis://127.0.0.1:6379/0', isRedisUrl),
    'Redis for shared rates and states. Without it each instance counts alone, in memory.',
    { alias: 'REDIS_URL' },
  ),
  'redis.nodes': optionalSetting(hostPorts, 'Seeds of a Redis Cluster, instead of `redis.url`.'),
  'redis.sentinels': optionalSetting(hostPorts, 'Sentinels, instead of `redis.url`.'),
  'redis.masterName': setting(text('text'), 'mymaster', 'Name of the master at the sentinels.'),
  'redis.username': optionalSetting(text('text'), 'User; wins over the one in the URL.'),
  'redis.password': optionalSetting(secret('text'), 'Its password; wins over the one in the URL.'),
  'redis.tls.enabled': optionalSetting(flag(), 'TLS to Redis.', {
    shown: 'on with `rediss://`, or when `ca`, `cert` or `key` is given',
  }),
  'redis.tls.ca': optionalSetting(pem(), 'Authority of the certificate of Redis.'),
  'redis.tls.cert': optionalSetting(pem(), 'Client certificate; goes with `redis.tls.key`.'),
  'redis.tls.key': optionalSetting(pem(), 'Private key of the client certificate.'),
  'redis.budget': setting(
    duration(10, 10_000),
    100,
    'Time for an answer, twice that for counts of more than 2,048 messages; then the batch continues `degraded`.',
  ),
  'redis.backlogWait': setting(
    duration(0, DAY),
    10 * MINUTE,
    'How long records older than a minute wait for Redis before they continue `degraded`.',
  ),

  'http.host': setting(
    text('an address or host name'),
    '127.0.0.1',
    'Address of metrics and health; `0.0.0.0` for all.',
  ),
  'http.port': setting(int(0, 65_535), 9464, 'Socket port of metrics and health; 0 takes a free one.', {
    shown: '9464 (embedded mode: no server unless given)',
  }),
  'http.check.token': optionalSetting(
    secret('1 to 512 letters, digits or -._~+/=', (token) => /^[\w.~+/=-]{1,512}$/.test(token)),
    'Switches on `POST /v1/check`: its bearer token ([check.md](check.md)).',
    { shown: 'none: off' },
  ),
  'http.tokens': optionalSetting(
    httpTokens,
    'Who may ask and order over HTTP ([check.md](check.md), [blocking.md](blocking.md#extraction), [blocker.md](blocker.md), [manual-blocks.md](manual-blocks.md)). Reloaded; switching it off takes a restart.',
    { shown: 'none: off' },
  ),
  'manual.approval': setting(
    choice(['none', 'required']),
    'none',
    '`required`: a manual block has no effect until a second person approves it.',
  ),

  'privacy.tokenKey': optionalSetting(
    tokenKey(),
    'HMAC key of the tokens of recipients. Required with brokers; the same on all instances. A new key needs a new id ([how](operations.md#change-the-token-key)).',
    { shown: 'none (embedded mode: a fixed development key)' },
  ),
  'privacy.previousTokenKeys': optionalSetting(
    tokenKeys(),
    'Earlier keys: data under their tokens still applies. Drop one after 180 days.',
  ),
  'privacy.senderContacts': setting(
    choice(['clear', 'masked']),
    'clear',
    'Senders, links and callback numbers in alerts of `review` or stronger.',
  ),

  'alerts.maxAge': setting(
    duration(0, 366 * DAY),
    24 * HOUR,
    'With Kafka: alerts on older messages, and events of states past their `expiresAt`, are shadow and `late`, so that a backlog blocks nothing. 0: neither.',
  ),
  'blocks.minAction': setting(
    choice(['block', 'throttle', 'review', 'observe']),
    'throttle',
    'Least action of the states in the block table; one that falls below gets a tombstone.',
  ),
  'alerts.maxPerSender': setting(
    int(0, 1_000_000),
    1000,
    'Most message alerts of a port in a minute of event time; verdicts and states continue. 0: no cap.',
  ),
  'verdicts.explain': setting(
    flag(),
    false,
    'Adds `findings` to verdicts: score and evidence of each reason.',
  ),
  locale: setting(choice(['en', 'zh-CN']), 'en', 'Language of alerts (`detail`) and packs of evidence.'),

  policy: file('Policy file; what it leaves out keeps the shipped default.', 'the shipped policy'),
  rules: file('File of own rules ([rules.md](rules.md)).'),
  registry: rowsFile(
    'registry',
    'Registry of brands, signatures and ports (YAML, JSON, JSONL or CSV).',
    'the shipped brand list',
  ),
  consents: rowsFile(
    'consents',
    'Consents and refusals (JSONL or CSV). Rows of the topic override it by key.',
  ),
  complaints: rowsFile('complaints', 'Complaints (JSONL or CSV).'),
  replies: rowsFile('replies', 'Inbound replies (JSONL or CSV).'),
  feedback: rowsFile('feedback', "Analysts' words on alerts (JSONL or CSV)."),
  model: file('Folder of the text model.', 'the shipped model'),

  'shadowModel.path': optionalSetting(
    path('a path'),
    'Folder of a shadow model ([learning.md](learning.md#try-it-in-shadow)).',
    { shown: 'none: off' },
  ),
  'shadowModel.samples': optionalSetting(path('a path'), 'File for messages on which the models disagree.', {
    shown: 'none: only counted',
  }),
  'shadowModel.samplesPerMinute': setting(
    int(0, 1000),
    10,
    'Most messages that an instance adds in a minute.',
  ),
  ...ARCHIVE_SETTINGS,
  'blocker.listen': setting(
    text(
      'host:port, or the path of a Unix socket that begins with /',
      /^(?:\/.{1,100}|(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5})$/,
    ),
    '127.0.0.1:9466',
    'Where `sigwatch blocker` answers `POST /v1/decide` ([blocker.md](blocker.md)).',
  ),
  'blocker.failure': setting(
    choice(['open', 'closed']),
    'open',
    'Without a table, and after two minutes without a broker: `open` lets unknown messages through, `closed` keeps everything back.',
  ),
  'blocker.throttle': setting(
    choice(['global', 'instance']),
    'global',
    'Whether throttles count over all blockers (needs Redis) or per instance.',
  ),
  ...NOTIFY_SETTINGS,

  'inference.backend': setting(
    choice(['auto', 'native', 'wasm', 'cpu']),
    'auto',
    '`auto` takes the first that works of native (the optional package @tensorflow/tfjs-node), wasm, cpu.',
  ),
  'batch.maxRecords': optionalSetting(int(1, 65_536), 'Most messages in a batch.', {
    shown: '4096, or `batch.maxInFlight` where that is less',
  }),
  'batch.maxBytes': setting(size(1000, 256_000_000), 4_000_000, 'Most bytes of the records of a batch.'),
  'batch.maxAge': setting(
    duration(0, 10_000),
    20,
    'Longest wait of a message for others of its batch; no longer than the previous batch took.',
  ),
  'batch.maxInFlight': setting(int(1, 1_000_000), 8192, 'Unsettled messages at which reading pauses.'),
  'limits.futureReject': setting(
    duration(0, DAY),
    5 * MINUTE,
    'A `ts` further ahead of the reference clock is a dead letter; one less far ahead is set to the clock.',
  ),
  'limits.partWait': setting(
    duration(100, 10 * MINUTE),
    10_000,
    'How long parts of an SMS wait for each other.',
  ),
  'limits.maxRecordBytes': setting(size(1000, 10_000_000), 1_000_000, 'A larger record is a dead letter.'),
  'limits.headers': setting(int(0, 1_000_000), 1_000, 'A Kafka record with more headers is a dead letter.'),
  'limits.bytesInFlight': setting(
    size(1_000_000, 8_000_000_000),
    400_000_000,
    'Decompressed bytes of Kafka batches in memory, over all partitions. A batch of more than three quarters of it is a dead letter.',
  ),
  'log.level': setting(
    choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace']),
    'info',
    'Least level of log lines.',
  ),
} as const satisfies Record<string, Setting<never> | Setting<unknown>>

export type SettingKey = keyof typeof SETTINGS
export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[]

type ValueOf<S> = S extends Setting<infer T> ? T : never
type Nest<K extends string, V> = K extends `${infer Head}.${infer Rest}`
  ? { readonly [P in Head]: Nest<Rest, V> }
  : { readonly [P in K]: V }
type Meet<U> = (U extends unknown ? (_: U) => void : never) extends (_: infer I) => void ? I : never
type Shape = Meet<{ [K in SettingKey]: Nest<K, ValueOf<(typeof SETTINGS)[K]>> }[SettingKey]>
/** Keys that `decide` fills in: their defaults follow from other keys. */
interface Decided {
  readonly kafka: { readonly groupId: string; readonly ssl: { readonly enabled: boolean } }
  readonly redis: { readonly tls: { readonly enabled: boolean } }
  readonly batch: { readonly maxRecords: number }
}

/** The configuration, nested as in its file: durations in ms, sizes in bytes, null where something is off. */
export type Config = Shape &
  Decided & {
    /** Maps of side topics whose rows have another form. */
    readonly sideMaps?: { readonly [I in SideInput]?: SideMap }
    /** Maps of side input files whose rows have another form. */
    readonly sideFileMaps?: { readonly [I in SideInput]?: SideMap }
  }

/** `kafka.topics.deadLetters` → `SIGWATCH_KAFKA_TOPICS_DEAD_LETTERS`. */
export function variableOf(key: string): string {
  return `SIGWATCH_${key.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`
}
