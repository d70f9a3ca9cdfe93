import type { SigwatchError } from '../../domain/errors.ts'
import type { ScriptCall } from './script.ts'

export type Outcome =
  | { readonly reply: unknown; readonly error?: undefined }
  /** `late`: no answer in time; the actual outcome is reported when it is known. */
  | { readonly error: SigwatchError; readonly late?: true }

export interface SettleOptions {
  /** Time limit for the answers, ms. */
  readonly budgetMs?: number
  /** Called once for each call without an answer in time, with its actual outcome as far as it can be determined. */
  readonly late?: (call: number, outcome: Outcome) => void
}

export interface ServerTime {
  /** `host:port` */
  readonly server: string
  /** Epoch ms. */
  readonly time: number
  /** Monotonic times of sending the request and reading the answer, ms. */
  readonly sent: number
  readonly received: number
}

export interface RedisLink {
  readonly cluster: boolean
  /** Resolves with true when the connection is usable, or with false after `timeoutMs`. */
  ready(timeoutMs: number): Promise<boolean>
  /**
   * Runs scripts (EVALSHA, loading them on servers that do not know them): in one write on a single server, in one
   * per node on a Cluster. Never rejects; the outcomes are in the order of the calls. REDIS_UNREACHABLE: no answer within
   * the budget (the call may have run, or may run later: `late`), or the server cannot run such calls now.
   * REDIS_REFUSED: the script failed.
   */
  settle(calls: readonly ScriptCall[], options?: SettleOptions): Promise<Outcome[]>
  /** Like `settle`, but resolves with all replies or rejects with the first error. */
  run(calls: readonly ScriptCall[], budgetMs?: number): Promise<unknown[]>
  /** One command, with the same budget and errors. */
  command(name: string, ...args: (string | number | Buffer)[]): Promise<unknown>
  /** INFO of every master. */
  info(): Promise<readonly string[]>
  /** TIME of every master that answers within the budget; a missing answer does not count for the circuit breaker. */
  times(): Promise<readonly ServerTime[]>
  /** Keys of every master that match a pattern, in batches; may contain duplicates. */
  scan(pattern: string): AsyncIterable<readonly string[]>
  /** Resolves with the number of subscribers reached (on a Cluster: those of the receiving node). */
  publish(channel: string, message: string): Promise<number>
  /**
   * Calls `listener` for every message on the channel, across reconnects. Messages sent while the connection was down
   * are lost; `subscribed` is called after every (re)subscription so that the caller can read what it missed.
   */
  subscribe(channel: string, listener: (message: string) => void, subscribed?: () => void): void
  /** Why Redis is not ready; empty if it answers. */
  unready(): string[]
  close(): Promise<void>
}
