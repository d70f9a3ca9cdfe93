import { failureKind } from './errors.ts'

export interface Heartbeat {
  /** Resolves with the work, or with `lost` when the group has given the partitions to somebody else. */
  during(work: Promise<void>): Promise<'done' | 'lost'>
  end(): void
}

/** Keeps a membership alive while something is waited for. `interval`: ms; the client sends one when it is due. */
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
