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
  optionalSetting(
    sideForm(input, 'file'),
    `${about} \`{file, map}\` maps other forms ([input-records.md](input-records.md#side-inputs)).`,
    { shown },
  )

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
    'Name of this installation: part of ids, of `source` and of every key in Redis.',
  ),

  ...KAFKA_SETTINGS,
  ...INPUT_SETTINGS,

  delivery: setting(
    choice(['at-least-once', 'exactly-once']),
    'at-least-once',
    'With Kafka: `exactly-once` writes message alerts, verdicts, dead letters and offsets in transactions ([operations.md](operations.md#exactly-once)). The same on all instances. The embedded mode writes files and commits nothing: there it changes nothing.',
  ),

  'redis.url': optionalSetting(
    secret('redis:// or rediss:// and a host, for example redis://127.0.0.1:6379/0', isRedisUrl),
    'Redis for rates and states that instances share. Without it they are in memory and every instance sees only its own part.',
    { alias: 'REDIS_URL' },
  ),
  'redis.nodes': optionalSetting(hostPorts, 'Seeds of a Redis Cluster, instead of `redis.url`.'),
  'redis.sentinels': optionalSetting(hostPorts, 'Sentinels that know the master, instead of `redis.url`.'),
  'redis.masterName': setting(text('text'), 'mymaster', 'Name under which the sentinels know the master.'),
  'redis.username': optionalSetting(text('text'), 'User of Redis; wins over the one in the URL.'),
  'redis.password': optionalSetting(secret('text'), 'Password of Redis; wins over the one in the URL.'),
  'redis.tls.enabled': optionalSetting(flag(), 'TLS to Redis.', {
    shown: 'on with `rediss://`, or when `ca`, `cert` or `key` is given',
  }),
  'redis.tls.ca': optionalSetting(pem(), 'Authority that signed the certificate of Redis.'),
  'redis.tls.cert': optionalSetting(pem(), 'Client certificate; goes with `redis.tls.key`.'),
  'redis.tls.key': optionalSetting(pem(), 'Private key of the client certificate.'),
  'redis.budget': setting(
    duration(10, 10_000),
    100,
    'Time that one answer of Redis may take, twice that for counts of more than 2,048 messages. After that a batch continues without counts, and its alerts have `degraded: true`.',
  ),
  'redis.backlogWait': setting(
    duration(0, DAY),
    10 * MINUTE,
    'How long one outage of Redis may hold up records older than a minute before they go on `degraded`. Live records do not wait.',
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
    'Switches on `POST /v1/check`, and is what its callers send as `Authorization: Bearer` ([check.md](check.md)).',
    { shown: 'none: off' },
  ),
  'http.tokens': optionalSetting(
    httpTokens,
    'Who may ask and order over HTTP: `{name, token, may: [check, extract, decide, block, approve]}` ([check.md](check.md), [blocking.md](blocking.md#extraction), [blocker.md](blocker.md), [manual-blocks.md](manual-blocks.md)). The configuration file is looked at again on SIGHUP and when it changes; the list is then exchanged whole (`tokens_loaded`). To switch it off takes a restart.',
    { shown: 'none: off' },
  ),
  'manual.approval': setting(
    choice(['none', 'required']),
    'none',
    '`required`: what is blocked by hand asks for nothing until a second token approves it.',
  ),

  'privacy.tokenKey': optionalSetting(
    tokenKey(),
    'Key of the HMAC that stands for a recipient in every output. Required with brokers; the same on all instances. A new key gets a new id.',
    { shown: 'none (embedded mode: a fixed development key)' },
  ),
  'privacy.previousTokenKeys': optionalSetting(
    tokenKeys(),
    'Keys that were used before: what stands under their tokens still holds. Drop one after 180 days.',
  ),
  'privacy.senderContacts': setting(
    choice(['clear', 'masked']),
    'clear',
    'Whether senders, links and callback numbers of alerts from `review` on are shown.',
  ),

  'alerts.maxAge': setting(
    duration(0, 366 * DAY),
    24 * HOUR,
    'With Kafka: alerts on older messages are shadow and `late`, and so are events of states past their `expiresAt`, from 15 minutes on: a replayed backlog blocks nothing. 0 switches both rules off.',
  ),
  'blocks.minAction': setting(
    choice(['block', 'throttle', 'review', 'observe']),
    'throttle',
    'The block table holds enforced states from this action on; a state that falls below it gets a tombstone.',
  ),
  'alerts.maxPerSender': setting(
    int(0, 1_000_000),
    1000,
    'Message alerts of one port in a minute of event time, at most; the verdicts of its messages and the states of its senders go on. 0 switches the cap off.',
  ),
  'verdicts.explain': setting(
    flag(),
    false,
    'Adds `findings` to verdicts: the score and the evidence of every reason, masked as in alerts.',
  ),
  locale: setting(
    choice(['en', 'zh-CN']),
    'en',
    'Language of `detail` in alerts, and of the packs of `sigwatch evidence`, which cite rules by their Chinese names in zh-CN. Everything that programs read stays as it is: codes, actions, labels, `rule` and `evidence` of alerts, metrics, logs and errors.',
  ),

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
    'Folder of a second model that judges the same messages as the live one and changes nothing ([learning.md](learning.md)).',
    { shown: 'none: off' },
  ),
  'shadowModel.samples': optionalSetting(
    path('a path'),
    'File to which messages are added on which the two models disagree, masked as in alerts, one JSON a line.',
    { shown: 'none: only counted' },
  ),
  'shadowModel.samplesPerMinute': setting(
    int(0, 1000),
    10,
    'Messages that an instance adds to it in a minute, at most.',
  ),
  ...ARCHIVE_SETTINGS,
  'blocker.listen': setting(
    text(
      'host:port, or the path of a Unix socket that begins with /',
      /^(?:\/.{1,100}|(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5})$/,
    ),
    '127.0.0.1:9466',
    'Where `sigwatch blocker` answers `POST /v1/decide` ([blocker.md](blocker.md)): `host:port`, or the path of a Unix socket.',
  ),
  'blocker.failure': setting(
    choice(['open', 'closed']),
    'open',
    'What the blocker answers before it has read its table, and once the brokers have been silent for two minutes: `open` lets through what it does not know, `closed` keeps everything back.',
  ),
  'blocker.throttle': setting(
    choice(['global', 'instance']),
    'global',
    'Over what a throttle counts: all blockers of the deployment, which needs Redis, or each instance separately.',
  ),
  ...NOTIFY_SETTINGS,

  'inference.backend': setting(
    choice(['auto', 'native', 'wasm', 'cpu']),
    'auto',
    'What computes the model. `auto` takes the first that works of native (the optional package @tensorflow/tfjs-node), wasm, cpu.',
  ),
  'batch.maxRecords': optionalSetting(int(1, 65_536), 'Messages worked on together, at most.', {
    shown: '4096, or `batch.maxInFlight` where that is less',
  }),
  'batch.maxBytes': setting(size(1000, 256_000_000), 4_000_000, 'Bytes of the records of a batch, at most.'),
  'batch.maxAge': setting(
    duration(0, 10_000),
    20,
    'Maximum time that the first message of a batch waits for others. It waits no longer than the previous batch took.',
  ),
  'batch.maxInFlight': setting(int(1, 1_000_000), 8192, 'Messages not yet settled, at which reading pauses.'),
  'limits.futureReject': setting(
    duration(0, DAY),
    5 * MINUTE,
    'A `ts` further ahead of the reference clock is a dead letter; one less far ahead is set to the clock.',
  ),
  'limits.partWait': setting(
    duration(100, 10 * MINUTE),
    10_000,
    'How long the parts of one SMS wait for each other before they are scored as they are.',
  ),
  'limits.maxRecordBytes': setting(size(1000, 10_000_000), 1_000_000, 'A larger record is a dead letter.'),
  'limits.headers': setting(int(0, 1_000_000), 1_000, 'A Kafka record with more headers is a dead letter.'),
  'limits.bytesInFlight': setting(
    size(1_000_000, 8_000_000_000),
    400_000_000,
    'Decompressed bytes of Kafka batches that are in memory at a time, over all partitions. A batch that alone unpacks to more than three quarters of it is a dead letter.',
  ),
  'log.level': setting(
    choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace']),
    'info',
    'The least important lines that the log has.',
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
