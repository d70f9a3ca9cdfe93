import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Source } from '../domain/ports.ts'
import { MINUTE } from '../domain/time.ts'

/** Records older than this are a backlog, ms: their outputs are not urgent. */
const OLD_FROM = MINUTE
/** A healthy commit takes at most this long, ms. */
const PROMPT = 1_000
/** Maximum wait of a backlog for a commit, ms. */
const MOST = 20_000
const LOOK_EVERY = 50

/**
 * Makes a backlog wait while the source cannot commit, for at most 20 s per outage: outputs written meanwhile are
 * written again by the next owner if the membership is lost. Live records never wait. Resolves early when the
 * assignment of these items is over.
 */
export async function backlogWaitsForCommits(
  items: readonly { readonly eventTime: number }[],
  {
    source,
    clock,
    isOver,
  }: {
    readonly source: Pick<Source, 'uncommittedFor'>
    readonly clock: Clock
    readonly isOver: () => boolean
  },
): Promise<void> {
  const newest = items.reduce((time, { eventTime }) => Math.max(time, eventTime), Number.NEGATIVE_INFINITY)
  const waits = () => {
    const uncommitted = source.uncommittedFor?.() ?? 0
    return uncommitted > PROMPT && uncommitted < PROMPT + MOST && clock.now() - newest > OLD_FROM
  }
  while (waits() && !isOver()) await sleep(LOOK_EVERY)
}
