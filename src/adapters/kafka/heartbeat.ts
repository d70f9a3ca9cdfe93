import { failureKind } from './errors.ts'

export interface Heartbeat {
  /** Resolves when the work is done, or with `lost` when the group has reassigned the partitions. */
  during(work: Promise<void>): Promise<'done' | 'lost'>
  end(): void
}

/** Keeps a membership alive while something is awaited. `interval` is in ms; the client sends a heartbeat when one is due. */
export function startHeartbeat(heartbeat: () => Promise<void>, interval: number): Heartbeat {
  let lose: (outcome: 'lost') => void = () => {}
  const lost = new Promise<'lost'>((resolve) => {
    lose = resolve
  })
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => {
      if (failureKind(error) === 'lost') lose('lost')
    })
  }, interval / 2)
  return {
    during: (work) => Promise.race([work.then(() => 'done' as const), lost]),
    end: () => clearInterval(timer),
  }
}
