import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'

/** Something that runs until its input ends or it is stopped, and is then closed. */
export interface Runnable {
  run(): Promise<void>
  /** Ends `run` after everything taken in has been settled. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** Time limit for draining after a signal; then the process exits with an error, ms. */
const DRAIN_BUDGET = 25_000
/** How long open handles may delay the exit of a stopped process, ms. */
const LINGER = 100

/**
 * Opens something and runs it to its end. SIGTERM and SIGINT drain first; a second signal, or draining beyond the time limit,
 * exits immediately. Resolves when everything is closed, with whether a signal ended it. `open` must give up when its signal is
 * aborted. `reloads: false`: SIGHUP only logs that nothing is reloaded; otherwise SIGHUP is left to other handlers.
 */
export async function runToEnd(
  open: (stopping: AbortSignal) => Promise<Runnable>,
  emit: Emit,
  { reloads = true } = {},
): Promise<boolean> {
  const stopping = new AbortController()
  let app: Runnable | undefined
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) process.exit(1)
    stopping.abort()
    emit({ name: 'stopping', reason: signal })
    setTimeout(() => {
      emit({ name: 'failed', code: 'INTERNAL', reason: `not drained within ${DRAIN_BUDGET / 1000} s` })
      process.exit(1)
    }, DRAIN_BUDGET).unref()
    void app?.stop()
  }
  const onHangUp = () => emit({ name: 'nothing_reloaded' })
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  if (!reloads) process.on('SIGHUP', onHangUp)
  try {
    app = await open(stopping.signal)
    if (!stopping.signal.aborted) await app.run()
  } catch (error) {
    // Waits for servers reject when the stop aborts them.
    if (!(stopping.signal.aborted && error instanceof SigwatchError && error.retry)) throw error
  } finally {
    await app?.close()
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    process.off('SIGHUP', onHangUp)
  }
  return stopping.signal.aborted
}

/**
 * Emits `stopped`, the last event. After a signal it also exits soon, so that connections which the client still holds to
 * unresponsive brokers do not delay the end.
 */
export function sayStopped(bySignal: boolean, emit: Emit): void {
  emit({ name: 'stopped' })
  if (bySignal) setTimeout(() => process.exit(), LINGER).unref()
}
