import type { Emit } from '../../domain/events.ts'

export interface WatchdogOptions {
  readonly emit: Emit
  /** Whether messages are in flight. */
  readonly pending: () => boolean
  /** Work that waits this long without progress is a stall, ms. */
  readonly stallAfter?: number
  /** Monotonic clock, ms. */
  readonly now?: () => number
}

export interface Watchdog {
  /** Something was settled: the clock of the stall starts over. */
  progressed(): void
  /** Judges now; runs by itself every quarter of `stallAfter`. */
  check(): void
  /** For `/readyz`. */
  unready(): readonly string[]
  stop(): void
}

/**
 * Reports work that was taken in and is not settled: once when it stalls, then again every `stallAfter`. A source
 * that is handed nothing is watched by the source itself.
 */
export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { emit, pending, stallAfter = 30_000, now = () => performance.now() } = options
  let since = now()
  let toldAt: number | undefined

  function check(): void {
    const at = now()
    if (!pending()) {
      progressed()
      return
    }
    if (at - since < stallAfter || (toldAt !== undefined && at - toldAt < stallAfter)) return
    toldAt = at
    emit({ name: 'consumer_stalled', seconds: (at - since) / 1000 })
  }

  function progressed(): void {
    const at = now()
    if (toldAt !== undefined) emit({ name: 'consumer_resumed', seconds: (at - since) / 1000 })
    toldAt = undefined
    since = at
  }

  const timer = setInterval(check, stallAfter / 4)
  timer.unref()
  return {
    progressed,
    check,
    unready: () =>
      toldAt === undefined
        ? []
        : [`no progress for ${Math.round((now() - since) / 1000)} s although work waits`],
    stop: () => clearInterval(timer),
  }
}
