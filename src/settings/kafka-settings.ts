import type { SideInput } from '../domain/input-events.ts'
import { inputTopics, sideForm, topicName } from './input-settings.ts'
import { optionalSetting, setting } from './setting.ts'
import {
  choice,
  flag,
  hostPorts,
  optional,
  pem,
  secret,
  shortName,
  startFrom,
  text,
} from './setting-forms.ts'

const topic = (value: string, about: string) => setting(topicName, value, about)
const sideTopic = (value: string, about: string) => setting(optional(topicName), value, about)
/** Side topic whose rows may be mapped. */
const rowsTopic = (input: SideInput, value: string, about: string) =>
  setting(optional(sideForm(input, 'topic')), value, about)
const outTopic = (about: string) => optionalSetting(topicName, about)

/** `kafka.*`: brokers, login and topics. */
export const KAFKA_SETTINGS = {
  'kafka.brokers': optionalSetting(
    hostPorts,
    'Seeds of the Kafka cluster. `run` needs them unless `--source` is given.',
    { alias: 'KAFKA_BROKERS' },
  ),
  'kafka.groupId': optionalSetting(
    text('1 to 255 letters, digits, dots, _ or -', /^[A-Za-z0-9._-]{1,255}$/),
    'Consumer group; those of side inputs begin with the same name.',
    { shown: '`sigwatch`, with another `deployment` than `default` `sigwatch-<deployment>`' },
  ),
  'kafka.clientId': setting(shortName, 'sigwatch', 'Client id in the logs and quotas of the brokers.'),
  'kafka.ssl.enabled': optionalSetting(flag(), 'TLS to the brokers.', {
    shown: 'on when `ca`, `cert` or `key` is given',
  }),
  'kafka.ssl.ca': optionalSetting(pem(), 'Authority of their certificates (default: of the system).'),
  'kafka.ssl.cert': optionalSetting(pem(), 'Client certificate; goes with `kafka.ssl.key`.'),
  'kafka.ssl.key': optionalSetting(pem(), 'Private key of the client certificate.'),
  'kafka.sasl.mechanism': optionalSetting(
    choice(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer']),
    'Login to the brokers; goes with `username` and `password`, `oauthbearer` with `kafka.sasl.oauth.*`.',
  ),
  'kafka.sasl.username': optionalSetting(text('text'), 'User of the brokers.'),
  'kafka.sasl.password': optionalSetting(secret('text'), 'Its password.'),
  'kafka.sasl.oauth.tokenEndpoint': optionalSetting(
    text(
      'an http:// or https:// URL without a login, for example https://login.example/oauth2/token',
      /^https?:\/\/[^\s@/]+(?:\/[^\s@]*)?$/,
    ),
    'Where tokens are fetched (client credentials). Authorities other than those of Node: `NODE_EXTRA_CA_CERTS`.',
  ),
  'kafka.sasl.oauth.clientId': optionalSetting(text('text'), 'Client there (HTTP Basic).'),
  'kafka.sasl.oauth.clientSecret': optionalSetting(secret('text'), 'Its secret.'),
  'kafka.sasl.oauth.scope': optionalSetting(text('scopes with spaces between them'), 'Scope to ask for.'),
  'kafka.topics.messages': setting(
    inputTopics,
    [{ topic: 'sms.mt' }],
    'Submissions. Of several topics, the first is part of keys in Redis.',
    { shown: '`sms.mt`' },
  ),
  'kafka.topics.alerts': topic('sms.alerts', 'Alerts.'),
  'kafka.topics.deadLetters': topic('sms.dlq', 'Records that cannot be read.'),
  'kafka.topics.registry': rowsTopic(
    'registry',
    'sms.registry',
    'Rows of brands, signatures and ports (compacted).',
  ),
  'kafka.topics.consents': rowsTopic('consents', 'sms.consents', 'Consents and refusals (compacted).'),
  'kafka.topics.replies': rowsTopic('replies', 'sms.mo', 'Inbound replies.'),
  'kafka.topics.complaints': rowsTopic('complaints', 'sms.complaints', 'Complaints.'),
  'kafka.topics.feedback': rowsTopic('feedback', 'sms.feedback', "Analysts' words on alerts."),
  'kafka.topics.shadowAlerts': outTopic('Alerts of rules in shadow mode.'),
  'kafka.topics.verdicts': outTopic('A verdict for every input record.'),
  'kafka.topics.blocks': outTopic('Block table (compacted).'),
  'kafka.topics.enforcements': sideTopic(
    'sms.enforcements',
    'What blocking services did; read by `archive`.',
  ),
  'kafka.topics.feedbackResults': sideTopic('sms.feedback-results', 'Outcome of each row of feedback.'),
  'kafka.topics.stats': outTopic('What each sender sent in each minute, by label.'),
  'kafka.topics.versions': outTopic(
    'Policies, registries, rules and model cards by the hashes in alerts (compacted).',
  ),
  'kafka.topics.templates': outTopic('Known templates (compacted; [templates.md](templates.md#the-topic)).'),
  'kafka.startFrom': setting(
    startFrom(),
    'earliest',
    'Where a consumer group without committed offsets begins.',
  ),
  'kafka.createTopics': setting(
    flag(),
    false,
    'Creates missing topics with defaults of the brokers: for trials.',
  ),
} as const
