import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'

/** Something that runs until its input ends or it is stopped, and then closes. */
export interface Runnable {
  run(): Promise<void>
  /** Ends `run` after what was taken in is settled. */
  stop(): Promise<void>
  close(): Promise<void>
}

/** After a signal, how long draining may take before the process gives up, ms. */
const DRAIN_BUDGET = 25_000
/** How long what is still open may hold up a process that has stopped, ms. */
const LINGER = 100

/**
 * Opens what is to run and runs it to its end; SIGTERM and SIGINT drain first, a second signal or a spent budget ends at
 * once. Resolves when all is closed, with whether a signal ended it. `open` gives up when its signal is aborted.
 * `reloads: false`: SIGHUP is answered with a line that nothing is read again; otherwise it is left to what reads files again.
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
    // Waits for servers were aborted by the stop.
    if (!(stopping.signal.aborted && error instanceof SigwatchError && error.retry)) throw error
  } finally {
    await app?.close()
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    process.off('SIGHUP', onHangUp)
  }
  return stopping.signal.aborted
}

/** The last word. After a signal, connections that the client leaves open to brokers that hang hold up the end no longer. */
export function sayStopped(bySignal: boolean, emit: Emit): void {
  emit({ name: 'stopped' })
  if (bySignal) setTimeout(() => process.exit(), LINGER).unref()
}
