import type { Emit } from '../../domain/events.ts'

export interface WatchdogOptions {
  readonly emit: Emit
  /** Whether messages are in flight. */
  readonly pending: () => boolean
  /** How long pending work may go without progress before it is reported as a stall, ms. */
  readonly stallAfter?: number
  /** Monotonic clock, ms. */
  readonly now?: () => number
}

export interface Watchdog {
  /** Call when something was settled; resets the stall timer. */
  progressed(): void
  /** Checks for a stall; called automatically every quarter of `stallAfter`. */
  check(): void
  /** Reasons for `/readyz`. */
  unready(): readonly string[]
  stop(): void
}

/**
 * Reports a stall when work in flight is not settled, and again every `stallAfter`. It does not watch for a source that
 * delivers nothing; the source does that itself.
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
