import { codeOf } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type {
  Clock,
  PartitionProgress,
  PartitionReport,
  Source,
  StateRecord,
  StateStore,
} from '../domain/ports.ts'
import { BUCKET_MS } from '../domain/time.ts'
import type { Intake, Progress } from '../pipeline/intake.ts'
import { Peers } from '../pipeline/peers.ts'
import { watermarkOf } from '../states/watermark.ts'
import type { SideOffsets } from './side-offsets.ts'
import type { SideRows } from './side-rows.ts'

export interface ProgressOptions {
  readonly intake: Pick<Intake, 'progress' | 'silent' | 'has' | 'inFlight' | 'hold'>
  readonly source: Pick<Source, 'unready'>
  readonly states: Pick<StateStore, 'reportProgress' | 'progress' | 'reportSideOffsets' | 'pending'>
  readonly manager: { readonly open: Iterable<StateRecord> }
  readonly sideRows: Pick<SideRows, 'advance' | 'hear'>
  readonly sideOffsets: SideOffsets
  readonly clock: Clock
  readonly emit: Emit
}

/** A partition is idle when it has no lag and had nothing for this long, ms of wall clock. */
const IDLE_AFTER = 30_000
const TELL_EVERY = 1_000
/** While instances are behind they wait for one another, and tell sooner where they are, ms. */
const ALIGN_EVERY = 100
/** After an assignment the instances wait for so long, ms, for the first word of the others, if so many records lie there. */
const MEET_FOR = 3_000
const BACKLOG = 10_000
/** With no lag and nothing for this long, ms, the event time goes on with the wall clock. */
const QUIET_AFTER = 2_000
/** The same for an instance that has had no record yet: it may only not have come to them. */
const QUIET_FROM_START = 10_000
/** What lies in the outbox for this long waits for a sink, ms. */
const RESEND_AFTER = 5_000

/**
 * Tells the metrics and the other instances how far the partitions of this one are, and acts on what the others tell: a
 * backlog waits for partitions that are behind, and rows of side inputs act while no record moves the event time.
 */
export function createProgress(options: ProgressOptions) {
  const { intake, source, states, manager, sideRows, sideOffsets, clock, emit } = options
  const peers = new Peers()
  /** What all instances told last; undefined: not known. */
  let told: readonly PartitionProgress[] | undefined
  /** The newest event time that was told to the others. */
  let toldUntil = Number.NEGATIVE_INFINITY
  let startedAt = Number.POSITIVE_INFINITY
  let meetingUntil = Number.NEGATIVE_INFINITY
  let tellAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  function reportsOf(progress: readonly Progress[], now: number): PartitionReport[] {
    const reports: PartitionReport[] = progress.map(({ topic, partition, eventTime, lag, lastRecordAt }) => ({
      topic,
      partition,
      eventTime,
      standing: lag !== 0 ? 'behind' : now - lastRecordAt > IDLE_AFTER ? 'idle' : 'current',
    }))
    if (source.unready().length > 0) return reports
    // A partition with anything to read would have brought it by now: without a word it would seem to have no owner.
    for (const { topic, partition, at } of intake.silent())
      if (now - at > IDLE_AFTER) reports.push({ topic, partition, eventTime: undefined, standing: 'idle' })
    return reports
  }

  async function align(progress: readonly Progress[], now: number): Promise<void> {
    toldUntil = Math.max(...progress.map((p) => p.eventTime))
    try {
      await states.reportProgress(reportsOf(progress, now))
      told = await states.progress()
    } catch (error) {
      told = undefined
      emit({ name: 'warning', message: `progress not reported: ${codeOf(error)}` })
    }
    const toCome = progress.reduce((sum, { lag }) => sum + (lag ?? 0), 0)
    const meets = now < meetingUntil && toCome > BACKLOG && told !== undefined
    intake.hold(meets ? peers.holdAll(now) : peers.hold(told ?? [], intake, now))
  }

  /** While partitions here are behind, or what comes is told faster than it happened; and the store answers. */
  async function hurry(): Promise<void> {
    const progress = intake.progress()
    const isFast = progress.some(({ eventTime }) => eventTime > toldUntil + BUCKET_MS)
    if (told && (isFast || progress.some(({ lag }) => lag !== 0))) await align(progress, clock.now())
  }

  async function tell(): Promise<void> {
    const now = clock.now()
    const progress = intake.progress()
    for (const { topic, partition, lag, eventTime } of progress) {
      emit({ name: 'partition_progress', topic, partition, lag, eventTime })
    }
    const counts: Record<string, number> = {}
    for (const state of manager.open) counts[state.code] = (counts[state.code] ?? 0) + 1
    emit({ name: 'states_open', counts })
    emit({ name: 'outbox_pending', count: (await states.pending(RESEND_AFTER).catch(() => [])).length })
    await align(progress, now)
    emit({
      name: 'watermark_held',
      lagging: progress.filter((p) => (p.lag ?? 0) > 0).length,
      ownerless: told?.filter((p) => p.ownerless).length ?? 0,
    })
    const until = quietUntil(progress, now)
    try {
      if (until !== undefined) await sideRows.advance(until)
      await sideRows.hear(now)
      const reached = Math.max(until ?? Number.NEGATIVE_INFINITY, ...progress.map((p) => p.eventTime))
      await states.reportSideOffsets(sideOffsets.told(reached, told && watermarkOf(told)))
    } catch (error) {
      emit({ name: 'warning', message: `side inputs wait: ${codeOf(error)}` })
    }
  }

  /** Event time that rows of side inputs may act up to while no record comes; undefined: records come. */
  function quietUntil(progress: readonly Progress[], now: number): number | undefined {
    if (told === undefined || intake.inFlight > 0) return undefined
    if (progress.length === 0 && now - startedAt <= QUIET_FROM_START) return undefined
    if (progress.some((p) => p.lag !== 0 || now - p.lastRecordAt <= QUIET_AFTER)) return undefined
    // Nothing is missing anywhere up to the wall clock.
    if (told.every((p) => p.standing === 'idle' && !p.ownerless)) return now
    if (progress.length === 0) return watermarkOf(told)
    return Math.max(...progress.map((p) => p.eventTime + now - p.lastRecordAt))
  }

  async function round(): Promise<void> {
    const now = performance.now()
    if (now < tellAt) await hurry()
    else {
      tellAt = now + TELL_EVERY
      await tell()
    }
    if (!stopped) timer = setTimeout(round, ALIGN_EVERY)
  }

  return {
    /** After an assignment: before a backlog is worked on, all who were given partitions tell where theirs begin. */
    assigned(): void {
      const now = clock.now()
      meetingUntil = now + MEET_FOR
      intake.hold(peers.holdAll(now))
    },
    start() {
      startedAt = clock.now()
      timer = setTimeout(round, ALIGN_EVERY)
    },
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
