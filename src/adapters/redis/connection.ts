import { Cluster, type ClusterOptions, Redis, type RedisOptions } from 'ioredis'
import { InvalidInput } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import type { BreakerOptions } from './breaker.ts'
import type { Eviction } from './eviction.ts'
import { isDemoted } from './replies.ts'

export interface RedisLinkOptions {
  /** `redis://` or `rediss://` URL of a single server (or of a proxy in front of one). */
  readonly url?: string
  /** Seeds of a Redis Cluster, `host:port` each; wins over `url`. */
  readonly nodes?: readonly string[]
  /** Sentinels that know the master named `masterName`, `host:port` each; wins over both. */
  readonly sentinels?: readonly string[]
  readonly masterName?: string
  readonly username?: string
  readonly password?: string
  /** PEM texts; an empty object switches TLS on with the system's authorities. */
  readonly tls?: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly servername?: string
    readonly rejectUnauthorized?: boolean
  }
  /** Budget of a call, ms; default 100. */
  readonly commandTimeout?: number
  /** Called with the server that drops keys when its memory is full, and with undefined when none does any more. */
  readonly onEviction?: (eviction: Eviction | undefined) => void
  /** Called when the servers answer (undefined), and once a second while they do not, with the reason. */
  readonly onReach?: (lost: string | undefined) => void
  /** Of each node. Default: 3 failures, 1 s. */
  readonly breaker?: BreakerOptions
}

const retry = (times: number): number => Math.min(50 * 2 ** Math.min(times, 6), 2000)

/** A client that connects in the background and for ever. Rejects with CONFIG_INVALID without an address. */
export function openClient(options: RedisLinkOptions): Redis | Cluster {
  const common: RedisOptions = {
    ...given({ username: options.username, password: options.password }),
    ...(options.tls === undefined ? {} : { tls: { ...options.tls } }),
    connectTimeout: 5000,
    keepAlive: 10_000,
    // Whether a call in flight was executed is unknown when the connection breaks: the caller decides, nothing is
    // sent twice behind its back.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'sigwatch',
  }
  if (options.sentinels && options.sentinels.length > 0) {
    return new Redis({
      ...common,
      sentinels: options.sentinels.map(parseNode),
      name: options.masterName ?? 'mymaster',
      ...(options.tls ? { enableTLSForSentinelMode: true, sentinelTLS: { ...options.tls } } : {}),
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
      // Certificates name hosts: they are checked against the name that the cluster gave, not its address.
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
    // Behind one address the master may be another server now: a new connection finds it.
    reconnectOnError: isDemoted,
  })
}

function parseNode(node: string): { host: string; port: number } {
  const url = new URL(/^rediss?:\/\//.test(node) ? node : `redis://${node}`)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 6379) }
}
