import type { SigwatchError } from '../../domain/errors.ts'
import type { ScriptCall } from './script.ts'

/** What came of one call. */
export type Outcome =
  | { readonly reply: unknown; readonly error?: undefined }
  /** `late`: not answered in time; what came of it will be said when it is known. */
  | { readonly error: SigwatchError; readonly late?: true }

export interface SettleOptions {
  /** Time for the answers, ms. */
  readonly budgetMs?: number
  /** Called for each call that was not answered in time, once: what came of it after all, as far as can be known. */
  readonly late?: (call: number, outcome: Outcome) => void
}

/** What the clock of a server showed. */
export interface ServerTime {
  /** `host:port` */
  readonly server: string
  /** Epoch ms. */
  readonly time: number
  /** When the question was sent and its answer read, by the monotonic clock, ms. */
  readonly sent: number
  readonly received: number
}

export interface RedisLink {
  /** True on a Redis Cluster. */
  readonly cluster: boolean
  /** Resolves when the connection is usable, or after `timeoutMs` with false. */
  ready(timeoutMs: number): Promise<boolean>
  /**
   * Runs scripts (EVALSHA, loaded where the server does not know them): one pipeline on a single server, one a node on
   * a Cluster. Never rejects: each call has an outcome of its own, in the order of the calls. REDIS_UNREACHABLE: it was
   * not answered within the budget (it may have run all the same, or may run later: `late`), or the server can do no
   * such call now. REDIS_REFUSED: the script failed.
   */
  settle(calls: readonly ScriptCall[], options?: SettleOptions): Promise<Outcome[]>
  /** The same, all or nothing: the replies, or a rejection with the first error. */
  run(calls: readonly ScriptCall[], budgetMs?: number): Promise<unknown[]>
  /** One command, under the same budget and errors. */
  command(name: string, ...args: (string | number | Buffer)[]): Promise<unknown>
  /** INFO of every master. */
  info(): Promise<readonly string[]>
  /** TIME of every master that answers within the budget; one that does not counts against no circuit breaker. */
  times(): Promise<readonly ServerTime[]>
  /** Names of keys that match a pattern, of every master, as they are found; some may come twice. */
  scan(pattern: string): AsyncIterable<readonly string[]>
  /** Resolves with the number of subscribers reached (on a Cluster: of the node that took it). */
  publish(channel: string, message: string): Promise<number>
  /**
   * Calls `listener` for every message on the channel, across reconnections. Messages sent while the connection was
   * down are lost: `subscribed` is called after every (re)subscription so that the caller can read what it missed.
   */
  subscribe(channel: string, listener: (message: string) => void, subscribed?: () => void): void
  /** Empty when Redis answers; else the reason. */
  unready(): string[]
  close(): Promise<void>
}
