import type { SideInput } from '../domain/input-events.ts'
import { DAY, HOUR, MINUTE } from '../domain/time.ts'
import { ARCHIVE_SETTINGS } from './archive-settings.ts'
import { BLOCKER_SETTINGS } from './blocker-settings.ts'
import { HTTP_SETTINGS } from './http-settings.ts'
import { type InputTopicSetting, inputTopics, sideTopicForm, topicName } from './input-forms.ts'
import { INPUT_SETTINGS } from './input-settings.ts'
import { KAFKA_LOGIN_SETTINGS } from './kafka-login-settings.ts'
import { LIMIT_SETTINGS } from './limit-settings.ts'
import { NOTIFY_SETTINGS } from './notify-settings.ts'
import type { Secret, TokenKeySetting } from './secret.ts'
import { type Setting, setting } from './setting.ts'
import {
  choice,
  duration,
  flag,
  int,
  list,
  optional,
  path,
  pem,
  secret,
  size,
  startFrom,
  text,
  tokenKey,
  tokenKeys,
} from './setting-forms.ts'
import { SHADOW_SETTINGS } from './shadow-settings.ts'
import { SIDE_FILE_SETTINGS } from './side-file-settings.ts'
import type { SideMap } from './side-map-schema.ts'

const hostPort = /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$/
const name = text('1 to 64 letters, digits, dots, _ or -', /^[A-Za-z0-9._-]{1,64}$/)
const groupId = text('1 to 255 letters, digits, dots, _ or -', /^[A-Za-z0-9._-]{1,255}$/)
const password = secret('text')

const topic = (value: string, about: string) => setting(topicName, value, about)
const sideTopic = (value: string, about: string) =>
  setting(optional(topicName), value, `${about} \`null\` switches it off.`)
/** Of rows that may have another form. */
const rowsTopic = (input: SideInput, value: string, about: string) =>
  setting(
    optional(sideTopicForm(input)),
    value,
    `${about} \`{topic, map}\` where its records have another form ([input-records.md](input-records.md#side-inputs)). \`null\` switches it off.`,
  )
const outTopic = (about: string) =>
  setting<string | null>(optional(topicName), null, `${about} Must exist when it is named.`)
const file = (about: string, shown = 'none') =>
  setting<string | null>(optional(path('a path')), null, about, { shown })
const pemFile = (about: string) => setting<Secret | null>(optional(pem()), null, about)

function isRedisUrl(value: string): boolean {
  try {
    return ['redis:', 'rediss:'].includes(new URL(value).protocol)
  } catch {
    return false
  }
}

export type { Setting } from './setting.ts'

/** Every key of the service configuration, in the order of docs/config.md. */
export const SETTINGS = {
  deployment: setting(
    name,
    'default',
    'Name of this installation: part of ids, of `source` and of every key in Redis.',
  ),

  'kafka.brokers': setting<readonly string[] | null>(
    optional(list('host:port', hostPort)),
    null,
    'Seeds of the Kafka cluster. `run` needs them unless `--source` is given.',
    { alias: 'KAFKA_BROKERS' },
  ),
  'kafka.groupId': setting<string | null>(
    optional(groupId),
    null,
    'Consumer group; each deployment has its own, so that a trial takes no partition of another. Side inputs use groups that begin with the same name, so one prefixed access rule covers all.',
    { shown: '`sigwatch`, with another `deployment` than `default` `sigwatch-<deployment>`' },
  ),
  'kafka.clientId': setting(name, 'sigwatch', 'Client id in the logs and quotas of the brokers.'),
  'kafka.ssl.enabled': setting<boolean | null>(
    optional(flag()),
    null,
    'TLS to the brokers, checked against the authorities of the system or `kafka.ssl.ca`.',
    { shown: 'on when `ca`, `cert` or `key` is given' },
  ),
  'kafka.ssl.ca': pemFile('Authority that signed the certificates of the brokers.'),
  'kafka.ssl.cert': pemFile('Client certificate; goes with `kafka.ssl.key`.'),
  'kafka.ssl.key': pemFile('Private key of the client certificate.'),
  ...KAFKA_LOGIN_SETTINGS,
  'kafka.topics.messages': setting<readonly InputTopicSetting[]>(
    inputTopics(),
    [{ topic: 'sms.mt' }],
    'The submissions to watch. Must exist. Of several, the first is part of keys in Redis.',
    { shown: '`sms.mt`' },
  ),
  'kafka.topics.alerts': topic('sms.alerts', 'Alerts. Must exist.'),
  'kafka.topics.deadLetters': topic('sms.dlq', 'Records that cannot be read. Must exist.'),
  'kafka.topics.registry': rowsTopic(
    'registry',
    'sms.registry',
    'Rows of brands, signatures and ports (compacted).',
  ),
  'kafka.topics.consents': rowsTopic('consents', 'sms.consents', 'Consents and refusals (compacted).'),
  'kafka.topics.replies': rowsTopic('replies', 'sms.mo', 'Inbound replies: an opt-out word refuses.'),
  'kafka.topics.complaints': rowsTopic('complaints', 'sms.complaints', 'Complaints.'),
  'kafka.topics.feedback': rowsTopic('feedback', 'sms.feedback', "Analysts' words on alerts."),
  'kafka.topics.shadowAlerts': outTopic('Alerts of rules in shadow mode.'),
  'kafka.topics.verdicts': outTopic('A verdict for every input record.'),
  'kafka.topics.blocks': outTopic('Block table (compacted) for services that block.'),
  'kafka.topics.enforcements': sideTopic(
    'sms.enforcements',
    'What blocking services did; read by `archive`.',
  ),
  'kafka.topics.feedbackResults': sideTopic(
    'sms.feedback-results',
    'What became of each row of feedback; used when it exists.',
  ),
  'kafka.topics.stats': outTopic('What each sender sent in each minute, by label.'),
  'kafka.topics.versions': outTopic(
    'What stands behind each hash that alerts name (compacted): policies, registries, model cards.',
  ),
  'kafka.topics.templates': outTopic(
    'Known templates (compacted): restored from it after Redis was emptied, and where lists are imported ([templates.md](templates.md)).',
  ),
  'kafka.startFrom': setting<'earliest' | 'latest' | number>(
    startFrom(),
    'earliest',
    'Where a new consumer group begins. A group that has committed goes on from there.',
  ),
  'kafka.createTopics': setting(
    flag(),
    false,
    'Create topics that are missing. For trials: partitions and retention are the defaults of the brokers.',
  ),

  ...INPUT_SETTINGS,

  delivery: setting(
    choice(['at-least-once', 'exactly-once']),
    'at-least-once',
    'With Kafka: `exactly-once` writes message alerts, verdicts, dead letters and offsets in transactions ([operations.md](operations.md#exactly-once)). The same on all instances. The embedded mode writes files and commits nothing: there it changes nothing.',
  ),

  'redis.url': setting<Secret | null>(
    optional(secret('redis:// or rediss:// and a host, for example redis://127.0.0.1:6379/0', isRedisUrl)),
    null,
    'Redis for rates and states that instances share. Without it they are in memory and every instance sees only its own part.',
    { alias: 'REDIS_URL' },
  ),
  'redis.nodes': setting<readonly string[] | null>(
    optional(list('host:port', hostPort)),
    null,
    'Seeds of a Redis Cluster, instead of `redis.url`.',
  ),
  'redis.sentinels': setting<readonly string[] | null>(
    optional(list('host:port', hostPort)),
    null,
    'Sentinels that know the master, instead of `redis.url`.',
  ),
  'redis.masterName': setting(text('text'), 'mymaster', 'Name under which the sentinels know the master.'),
  'redis.username': setting<string | null>(
    optional(text('text')),
    null,
    'User of Redis; wins over the one in the URL.',
  ),
  'redis.password': setting<Secret | null>(
    optional(password),
    null,
    'Password of Redis; wins over the one in the URL.',
  ),
  'redis.tls.enabled': setting<boolean | null>(optional(flag()), null, 'TLS to Redis.', {
    shown: 'on with `rediss://`, or when `ca`, `cert` or `key` is given',
  }),
  'redis.tls.ca': pemFile('Authority that signed the certificate of Redis.'),
  'redis.tls.cert': pemFile('Client certificate; goes with `redis.tls.key`.'),
  'redis.tls.key': pemFile('Private key of the client certificate.'),
  'redis.budget': setting(
    duration(10, 10_000),
    100,
    'Time that one answer of Redis may take, twice that for counts of more than 2,048 messages. After that a batch goes on without it, and its alerts say `degraded`.',
  ),
  'redis.backlogWait': setting(
    duration(0, DAY),
    10 * MINUTE,
    'How long one outage of Redis may hold up records older than a minute before they go on `degraded`. Live records do not wait.',
  ),

  ...HTTP_SETTINGS,

  'privacy.tokenKey': setting<TokenKeySetting | null>(
    optional(tokenKey()),
    null,
    'Key of the HMAC that stands for a recipient in every output. Required with brokers; the same on all instances. A new key gets a new id.',
    { shown: 'none (embedded mode: a fixed development key)' },
  ),
  'privacy.previousTokenKeys': setting<readonly TokenKeySetting[] | null>(
    optional(tokenKeys()),
    null,
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
  ...SIDE_FILE_SETTINGS,
  model: file('Folder of the text model.', 'the shipped model'),

  ...SHADOW_SETTINGS,
  ...ARCHIVE_SETTINGS,
  ...BLOCKER_SETTINGS,
  ...NOTIFY_SETTINGS,

  'inference.backend': setting(
    choice(['auto', 'native', 'wasm', 'cpu']),
    'auto',
    'What computes the model. `auto` takes the first that works of native (the optional package @tensorflow/tfjs-node), wasm, cpu.',
  ),
  'batch.maxRecords': setting<number | null>(
    optional(int(1, 65_536)),
    null,
    'Messages worked on together, at most.',
    { shown: '4096, or `batch.maxInFlight` where that is less' },
  ),
  'batch.maxBytes': setting(size(1000, 256_000_000), 4_000_000, 'Bytes of the records of a batch, at most.'),
  'batch.maxAge': setting(duration(0, 10_000), 20, 'How long the first message of a batch waits for others.'),
  'batch.maxInFlight': setting(int(1, 1_000_000), 8192, 'Messages not yet settled, at which reading pauses.'),
  ...LIMIT_SETTINGS,
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
/** Keys whose default follows from others are decided when the configuration is complete. */
interface Decided {
  readonly kafka: { readonly groupId: string; readonly ssl: { readonly enabled: boolean } }
  readonly redis: { readonly tls: { readonly enabled: boolean } }
  readonly batch: { readonly maxRecords: number }
}

/** The configuration, nested as in its file: durations in ms, sizes in bytes, null where something is off. */
export type Config = Shape &
  Decided & {
    /** How rows of side topics are read that have another form. */
    readonly sideMaps?: { readonly [I in SideInput]?: SideMap }
    /** How rows of their files are read. */
    readonly sideFileMaps?: { readonly [I in SideInput]?: SideMap }
  }

/** `kafka.topics.deadLetters` → `SIGWATCH_KAFKA_TOPICS_DEAD_LETTERS`. */
export function variableOf(key: string): string {
  return `SIGWATCH_${key.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`
}
