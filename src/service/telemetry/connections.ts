import type { Service } from '../../domain/connection-events.ts'
import { type Reports, TEN_SECONDS } from './report.ts'

/** Messages of servers that refuse the credentials. */
const LOGIN = /WRONGPASS|NOAUTH|SASL|authentication|token endpoint: HTTP 4/i

/** What to check, by the reason of a failed connection. The first match is used. */
const HINTS: readonly (readonly [says: RegExp, hint: (service: Service) => string])[] = [
  [/WRONGPASS|NOAUTH/i, () => 'check redis.username and redis.password'],
  [/NOPERM|AUTHORIZATION/i, (service) => `give this user of ${service} the rights of docs/operations.md`],
  [/token endpoint/i, () => 'check kafka.sasl.oauth.* and the log of the token endpoint'],
  [
    /SASL|authentication/i,
    (service) =>
      `check ${service === 'schema-registry' ? 'input.schemaRegistry.username and .password' : 'kafka.sasl.*'}`,
  ],
  [/HTTP \d+|not JSON/, () => 'check input.schemaRegistry.url, its path, and the log of the registry'],
  [
    /UNKNOWN_TOPIC_OR_PARTITION/,
    () => 'the topic does not exist: create it, or correct its name (sigwatch topics lists all)',
  ],
  [/INVALID_TRANSACTION_TIMEOUT/, () => 'the brokers answer: change that setting on all of them'],
  [
    /certificate|altname|self.signed|CERT_/i,
    (service) =>
      `check who issued the certificate of the server and for which host name, and ${tls(service, 'ca')}`,
  ],
  [
    /SSL|TLS|EPROTO|wrong version|packet length/i,
    (service) => `one side uses TLS and the other does not: check ${tls(service, 'enabled')}`,
  ],
  [/ENOTFOUND|EAI_AGAIN|getaddrinfo/i, () => 'the host name cannot be resolved: check the name and DNS'],
  [
    /ECONNREFUSED/i,
    () => 'nothing listens at this address: check host and port, and whether the server runs',
  ],
  [
    /ETIMEDOUT|timeout|no answer|not answered/i,
    (service) =>
      service === 'kafka'
        ? 'no packets come back: check firewalls, and advertised.listeners of the brokers'
        : 'no packets come back, or the server is busy: check firewalls and its load',
  ],
  [
    /ECONNRESET|EPIPE|closed|hang up|disconnected/i,
    (service) =>
      `the server closed the connection: check its log, and ${tls(service, 'enabled')} in case it requires TLS`,
  ],
]

/** The setting for TLS to a server. */
function tls(service: Service, key: 'ca' | 'enabled'): string {
  if (service === 'schema-registry') return key === 'ca' ? 'NODE_EXTRA_CA_CERTS' : 'input.schemaRegistry.url'
  if (service === 'postgres') return `${key === 'ca' ? 'sslrootcert' : 'sslmode'} in archive.url`
  return `${service === 'kafka' ? 'kafka.ssl' : 'redis.tls'}.${key}`
}

/** The names of topics may hold any word. */
function withoutTopics(reason: string): string {
  return reason.replace(/ \(topics? [^)]*\)/, '')
}

/** What to check first when a server cannot be reached for this reason. */
function hintOf(service: Service, reason: string): string {
  const found = HINTS.find(([says]) => says.test(withoutTopics(reason)))
  return found ? found[1](service) : `run sigwatch check --connect, which tries ${service} step by step`
}
const HALF_A_MINUTE = 30_000

export const CONNECTION_REPORTS = {
  connecting: { measure: (m, e) => m.sigwatch_connection_up.set({ service: e.service }, 0) },
  connected: {
    line: { level: 'info', message: (e) => `${e.service} answers` },
    measure: (m, e) => m.sigwatch_connection_up.set({ service: e.service }, 1),
  },
  connection_awaited: {
    line: {
      level: 'warn',
      message: (e) =>
        `${e.service} ${LOGIN.test(withoutTopics(e.reason)) ? 'refuses the login' : 'does not answer'}: retrying`,
      extra: (e) => ({ hint: hintOf(e.service, e.reason) }),
      every: HALF_A_MINUTE,
      key: (e) => e.service,
    },
    measure: (m, e) => m.sigwatch_connection_up.set({ service: e.service }, 0),
  },
  connection_lost: {
    line: {
      level: 'warn',
      message: 'connection lost',
      extra: (e) => ({ hint: hintOf(e.service, e.reason) }),
      every: TEN_SECONDS,
      key: (e) => e.service,
    },
    measure(m, e) {
      m.sigwatch_connection_up.set({ service: e.service }, 0)
      m.sigwatch_connection_losses_total.inc({ service: e.service })
    },
  },
  connection_restored: {
    line: { level: 'info', message: 'connection restored', every: TEN_SECONDS, key: (e) => e.service },
    measure: (m, e) => m.sigwatch_connection_up.set({ service: e.service }, 1),
  },
  certificates_loaded: {
    line: { level: 'info', message: 'new connections use the changed certificates' },
    measure: (m, e) => m.sigwatch_certificates_refused.set({ service: e.service }, 0),
  },
  certificates_refused: {
    line: { level: 'warn', message: 'changed certificates cannot be used: the previous ones stay in use' },
    measure: (m, e) => m.sigwatch_certificates_refused.set({ service: e.service }, 1),
  },
} satisfies Partial<Reports>
