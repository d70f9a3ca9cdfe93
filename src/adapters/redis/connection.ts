import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { InvalidInput } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import type { BreakerOptions } from './breaker.ts'
import type { OnEviction } from './eviction.ts'
import { isDemoted } from './replies.ts'

export interface RedisLinkOptions {
  /** `redis://` or `rediss://` URL of a single server or a proxy. */
  readonly url?: string
  /** Seed nodes of a Redis Cluster, as `host:port`; takes precedence over `url`. */
  readonly nodes?: readonly string[]
  /** Sentinels for the master `masterName`, as `host:port`; takes precedence over both. */
  readonly sentinels?: readonly string[]
  readonly masterName?: string
  readonly username?: string
  readonly password?: string
  /** PEM texts; an empty object enables TLS with the system's certificate authorities. */
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly servername?: string
    readonly rejectUnauthorized?: boolean
  }
  /** Budget of a call, ms; default 100. */
  readonly commandTimeout?: number
  readonly onEviction?: OnEviction
  /** Called with undefined when the servers answer, and once a second with the reason while they do not. */
  readonly onAvailability?: (lost: string | undefined) => void
  /** Per node. Default: 3 failures, 1 s. */
  readonly breaker?: BreakerOptions
}

const retry = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 2000)

/** A client that connects in the background and retries indefinitely. Throws CONFIG_INVALID without an address. */
export function openClient(options: RedisLinkOptions): Redis | Cluster {
  const common: RedisOptions = {
    ...given({
      username: options.username,
      password: options.password,
      // Not copied: its members are read for each connection.
      tls: options.tls,
    }),
    connectTimeout: 5000,
    keepAlive: 10_000,
    // When the connection breaks, it is unknown whether a call in flight was executed: the caller decides, and nothing
    // is resent implicitly.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'sigwatch',
  }
  if (options.sentinels && options.sentinels.length > 0) {
    return new Redis({
      ...common,
      sentinels: options.sentinels.map(parseNode),
      name: options.masterName ?? 'mymaster',
      ...(options.tls ? { enableTLSForSentinelMode: true, sentinelTLS: options.tls } : {}),
      sentinelRetryStrategy: retry,
      failoverDetector: true,
      enableOfflineQueue: false,
      retryStrategy: retry,
      reconnectOnError: isDemoted,
    })
  }
  if (options.nodes && options.nodes.length > 0) {
    const clusterOptions: ClusterOptions = {
      redisOptions: common,
      enableOfflineQueue: false,
      maxRedirections: 4,
      retryDelayOnFailover: 50,
      retryDelayOnClusterDown: 50,
      retryDelayOnTryAgain: 10,
      slotsRefreshTimeout: 2000,
      // Certificates are checked against the host name that the Cluster announced, not its address.
      ...(options.tls ? { dnsLookup: (host, done) => done(null, host) } : {}),
      clusterRetryStrategy: retry,
    }
    return new Cluster(options.nodes.map(parseNode), clusterOptions)
  }
  if (!options.url) {
    throw new InvalidInput('CONFIG_INVALID', [
      { file: 'redis', message: 'redis.url, redis.nodes or redis.sentinels must be given' },
    ])
  }
  return new Redis(options.url, {
    ...common,
    enableOfflineQueue: false,
    retryStrategy: retry,
    // Another server behind the same address may be the master now: a new connection finds it.
    reconnectOnError: isDemoted,
  })
}

function parseNode(node: string): { host: string; port: number } {
  const url = new URL(/^rediss?:\/\//.test(node) ? node : `redis://${node}`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) }
}
