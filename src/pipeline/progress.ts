import { codeOf } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { BoundedClock, Source } from '../domain/ports.ts'
import type { PartitionProgress, PartitionReport, StateRecord, StateStore } from '../domain/state-store.ts'
import { BUCKET_MS } from '../domain/time.ts'
import type { StatePublisher } from '../stores/states/publisher.ts'
import { watermarkOf } from '../stores/states/watermark.ts'
import type { Degradation } from './degradation.ts'
import type { Intake } from './intake.ts'
import type { PartitionTracker, Progress } from './partition-tracker.ts'
import type { SideOffsets } from './side-inputs/offsets.ts'
import type { SideRows } from './side-inputs/side-rows.ts'
import { WatermarkAlignment } from './watermark-alignment.ts'

export interface ProgressOptions {
  readonly intake: Pick<Intake, 'inFlight' | 'oldestPending' | 'wait'> & {
    readonly partitions: Pick<PartitionTracker, 'all' | 'silent' | 'has'>
  }
  readonly source: Pick<Source, 'unready'>
  readonly states: Pick<StateStore, 'reportProgress' | 'progress' | 'reportSideOffsets' | 'pending'>
  readonly manager: { readonly open: Iterable<StateRecord>; readonly allowances: { readonly size: number } }
  readonly publisher: Pick<StatePublisher, 'publish'>
  readonly sideRows: Pick<SideRows, 'advance' | 'applyRecentFeedback'>
  readonly sideOffsets: SideOffsets
  readonly degradation: Pick<Degradation, 'rest'>
  /** Why stores of counts, states and ledgers do not answer in full; empty if they do. */
  readonly lacking: () => readonly string[]
  readonly clock: BoundedClock
  readonly emit: Emit
}

/** A partition is idle after this time without lag and records, ms. */
const IDLE_AFTER = 30_000
const REPORT_EVERY = 1_000
/** Report interval while instances are behind and wait for one another, ms. */
const ALIGN_EVERY = 100
/**
 * After an assignment with at least this backlog in records, instances wait for each other's first report, for this
 * time at most, ms.
 */
const AWAIT_REPORTS = 3_000
const BACKLOG = 10_000
/** Time without lag and records after which the event time follows the clock, ms. */
const QUIET_AFTER = 2_000
/** The same for an instance without records since its start, which may not have reached them yet. */
const QUIET_FROM_START = 10_000
/** Age of an outbox entry from which it waits for the sink, ms. */
const RESEND_AFTER = 5_000

/**
 * Reports the progress of this instance's partitions to the metrics and the other instances, and acts on their reports:
 * a backlog waits for partitions that are behind, and side rows take effect while no record advances the event time. It
 * also reports the end of a store outage when no batch does.
 */
export class ProgressReports {
  readonly #options: ProgressOptions
  readonly #alignment = new WatermarkAlignment()
  /** Last reports of all instances; undefined if unknown. */
  #reported: readonly PartitionProgress[] | undefined
  #reportedUntil = Number.NEGATIVE_INFINITY
  #startedAt = Number.POSITIVE_INFINITY
  #awaitingReportsUntil = Number.NEGATIVE_INFINITY
  #reportAt = Number.NEGATIVE_INFINITY
  #publishing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: ProgressOptions) {
    this.#options = options
  }

  start(): void {
    this.#startedAt = performance.now()
    this.#timer = setTimeout(() => this.#round(), ALIGN_EVERY)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** After an assignment, all owners report the start of their partitions before a backlog is processed. */
  assigned(): void {
    const { clock, intake } = this.#options
    this.#awaitingReportsUntil = performance.now() + AWAIT_REPORTS
    intake.wait(this.#alignment.allButLive(clock.earliest()))
  }

  #reportsOf(progress: readonly Progress[], now: number): PartitionReport[] {
    const { intake, source } = this.#options
    const reports: PartitionReport[] = progress.map(({ topic, partition, eventTime, lag, lastRecordAt }) => ({
      topic,
      partition,
      eventTime,
      standing: lag !== 0 ? 'behind' : now - lastRecordAt > IDLE_AFTER ? 'idle' : 'current',
    }))
    if (source.unready().length > 0) return reports
    // A partition with records would have delivered them by now. Without a report it would seem to have no owner.
    for (const { topic, partition, at } of intake.partitions.silent())
      if (now - at > IDLE_AFTER) reports.push({ topic, partition, eventTime: undefined, standing: 'idle' })
    return reports
  }

  async #align(progress: readonly Progress[], now: number): Promise<void> {
    const { intake, states, clock, emit } = this.#options
    this.#reportedUntil = Math.max(...progress.map((p) => p.eventTime))
    try {
      await states.reportProgress(this.#reportsOf(progress, now))
      this.#reported = await states.progress()
    } catch (error) {
      this.#reported = undefined
      emit({ name: 'warning', message: `progress not reported: ${codeOf(error)}` })
    }
    const toCome = progress.reduce((sum, { lag }) => sum + (lag ?? 0), 0)
    const awaitsReports = now < this.#awaitingReportsUntil && toCome > BACKLOG && this.#reported !== undefined
    intake.wait(
      awaitsReports
        ? this.#alignment.allButLive(clock.earliest())
        : this.#alignment.span(this.#reported ?? [], intake.partitions, clock.earliest(), now),
    )
  }

  /** Aligns immediately while partitions here are behind or ahead of the last reports, if the store answers. */
  async #alignAtOnce(): Promise<void> {
    const { intake } = this.#options
    const progress = intake.partitions.all()
    const isFast = progress.some(({ eventTime }) => eventTime > this.#reportedUntil + BUCKET_MS)
    if (this.#reported && (isFast || progress.some(({ lag }) => lag !== 0)))
      await this.#align(progress, performance.now())
  }

  async #report(): Promise<void> {
    const { intake, states, manager, sideRows, sideOffsets, degradation, lacking, clock, emit } =
      this.#options
    const now = performance.now()
    const progress = intake.partitions.all()
    for (const { topic, partition, lag, eventTime } of progress) {
      emit({ name: 'partition_progress', topic, partition, lag, eventTime })
    }
    const counts: Record<string, number> = {}
    for (const state of manager.open) counts[state.code] = (counts[state.code] ?? 0) + 1
    emit({ name: 'oldest_uncommitted', seconds: intake.oldestPending() / 1000 })
    emit({ name: 'states_open', counts })
    emit({ name: 'allowances_held', count: manager.allowances.size })
    emit({ name: 'outbox_pending', count: (await states.pending(RESEND_AFTER).catch(() => [])).length })
    await this.#align(progress, now)
    emit({
      name: 'watermark_held',
      lagging: progress.filter((p) => (p.lag ?? 0) > 0).length,
      ownerless: this.#reported?.filter((p) => p.ownerless).length ?? 0,
    })
    const until = this.#quietUntil(progress, now)
    try {
      if (until !== undefined) await sideRows.advance(until)
      await sideRows.applyRecentFeedback(clock.now())
      this.#publish()
      const reached = Math.max(until ?? Number.NEGATIVE_INFINITY, ...progress.map((p) => p.eventTime))
      await states.reportSideOffsets(
        sideOffsets.reportable(reached, this.#reported && watermarkOf(this.#reported)),
      )
      degradation.rest(this.#reported !== undefined && intake.inFlight === 0 && lacking().length === 0)
    } catch (error) {
      degradation.rest(false)
      emit({ name: 'warning', message: `side inputs wait: ${codeOf(error)}` })
    }
  }

  /** Publishes changes made by rows. Reports do not wait for the sink: unsent events are in the outbox. */
  #publish(): void {
    const { publisher, emit } = this.#options
    this.#publishing ??= publisher
      .publish()
      .catch((error: unknown) => emit({ name: 'warning', message: `states not published: ${codeOf(error)}` }))
      .finally(() => {
        this.#publishing = undefined
      })
  }

  /** Event time up to which side rows may take effect while no record arrives; undefined while records arrive. */
  #quietUntil(progress: readonly Progress[], now: number): number | undefined {
    const { intake, clock } = this.#options
    if (this.#reported === undefined || intake.inFlight > 0) return undefined
    if (progress.length === 0 && now - this.#startedAt <= QUIET_FROM_START) return undefined
    if (progress.some((p) => p.lag !== 0 || now - p.lastRecordAt <= QUIET_AFTER)) return undefined
    // No partition has anything left to read.
    if (this.#reported.every((p) => p.standing === 'idle' && !p.ownerless)) return clock.earliest()
    if (progress.length === 0) return watermarkOf(this.#reported)
    return Math.max(...progress.map((p) => p.eventTime + now - p.lastRecordAt))
  }

  async #round(): Promise<void> {
    const now = performance.now()
    if (now < this.#reportAt) await this.#alignAtOnce()
    else {
      this.#reportAt = now + REPORT_EVERY
      await this.#report()
    }
    if (!this.#stopped) this.#timer = setTimeout(() => this.#round(), ALIGN_EVERY)
  }
}
