import type { Emit, Event } from '../../domain/events.ts'

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
  /** Learns from events that work was settled, or waits for Redis on purpose. */
  take(event: Event): void
  /** Checks for a stall; called automatically every quarter of `stallAfter`. */
  check(): void
  /** Reasons for `/readyz`. */
  unready(): readonly string[]
  stop(): void
}

/** How long after the last attempt work still counts as waiting for Redis, ms. */
const WAITS_FOR = 5_000

/**
 * Reports a stall when work in flight is not settled, and again every `stallAfter`. It does not watch for a source that
 * delivers nothing; the source does that itself.
 */
export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { emit, pending, stallAfter = 30_000, now = () => performance.now() } = options
  let since = now()
  let toldAt: number | undefined
  let waiting = { at: Number.NEGATIVE_INFINITY, seconds: 0 }

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
    take(event) {
      if (event.name === 'stage_timed' && event.stage === 'sink') progressed()
      if (event.name === 'backlog_waiting') waiting = { at: now(), seconds: event.seconds }
    },
    check,
    unready() {
      if (toldAt === undefined) return []
      const stalled = `no progress for ${Math.round((now() - since) / 1000)} s`
      if (now() - waiting.at > WAITS_FOR) return [`${stalled} although work is waiting`]
      const left = Math.round(waiting.seconds)
      return [`${stalled}: a backlog waits for Redis, for ${left} s more at most (redis.backlogWait)`]
    },
    stop: () => clearInterval(timer),
  }
}
