import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Source } from '../domain/ports.ts'
import { MINUTE } from '../domain/time.ts'

/** Records older than this are a backlog, ms: what follows from them is not urgent. */
const OLD_FROM = MINUTE
/** A commit takes this long, ms, when nothing is wrong. */
const PROMPT = 1_000
/** For so long, ms, a backlog waits for a commit. */
const MOST = 20_000
const LOOK_EVERY = 50

/**
 * Lets a backlog wait while the source cannot commit, 20 s of one outage at most: what is written meanwhile is written
 * again by the next owner when the membership is lost with the outage. Live records never wait. Resolves early when it is
 * over for these.
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
