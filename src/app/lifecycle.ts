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

/** Runs to the end; SIGTERM and SIGINT drain first, a second signal or a spent budget ends at once. */
export async function runToEnd(app: Runnable, emit: Emit): Promise<void> {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
    emit({ name: 'stopping', reason: signal })
    setTimeout(() => {
      emit({ name: 'failed', code: 'INTERNAL', reason: `not drained within ${DRAIN_BUDGET / 1000} s` })
      process.exit(1)
    }, DRAIN_BUDGET).unref()
    void app.stop()
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  try {
    await app.run()
  } finally {
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    await app.close()
  }
  emit({ name: 'stopped' })
}
