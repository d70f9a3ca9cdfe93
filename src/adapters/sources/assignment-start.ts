import { setTimeout as sleep } from 'node:timers/promises'
import { type PartitionId, partitionKey, type SourceHandler } from '../../domain/ports.ts'
import { backOff } from '../kafka/backoff.ts'
import type { Consumer } from '../kafka/client.ts'
import { failureKind, mustBeChanged } from '../kafka/errors.ts'
import type { GroupStart } from '../kafka/start-offsets.ts'
import type { Assignment } from './assignment.ts'
import type { MemberOptions } from './member-options.ts'
import { Placement } from './placement.ts'

export interface AssignmentStartParts {
  readonly options: MemberOptions
  readonly handler: SourceHandler
  readonly start: GroupStart
  /** Whether the assignment is the current one and is not being given up. */
  readonly holds: (assignment: Assignment) => boolean
  readonly restart: (reason: unknown) => void
  readonly alive: () => void
  readonly failed: (error: unknown) => void
  readonly stopping: AbortSignal
}

/** Interval between attempts to take over the remaining partitions, ms. */
const TAKE_OVER_EVERY = 1_000

/**
 * Steps before the first record of an assignment is read: place a new group, take over partitions from other members,
 * find the start offsets and inform the handler. Partitions that cannot be taken over yet are paused and do not delay
 * the others.
 */
export class AssignmentStart {
  readonly #parts: AssignmentStartParts
  readonly #placement: Placement
  /** Partitions paused because they were not taken over, across all assignments of the consumer. */
  readonly #paused = new Set<string>()

  constructor(parts: AssignmentStartParts) {
    const { options, holds, restart } = parts
    this.#parts = parts
    this.#placement = new Placement({ options, holds, restart })
  }

  /**
   * Resolves when reading has started or the assignment has ended. Rejects with errors of the handler. Errors that a person
   * must fix restart the consumer, whose user decides whether to wait.
   */
  async run(consumer: Consumer, assignment: Assignment): Promise<void> {
    const isOver = () => !this.#parts.holds(assignment)
    for (let attempt = 0; !(await this.#isPlaced(consumer, assignment, attempt)); attempt++) {
      if (isOver()) return
      await backOff(attempt, this.#parts.stopping)
      if (isOver()) return
    }
    // Fetchers that join one after the other trigger several assignments in a row: only the last one counts.
    if (isOver()) return
    const withheld = assignment.withheld()
    const read = assignment.partitions.filter((id) => assignment.holds(id))
    this.#setPaused(consumer, withheld, read)
    await this.#announce(consumer, assignment, read)
    assignment.preparing = false
    this.#parts.alive()
    void this.#placement.placeLater(consumer, assignment)
    void this.#placement.watchTopics(assignment)
    void this.#takeOverLater(consumer, assignment).catch((error: unknown) => this.#parts.failed(error))
  }

  /** One attempt to find all start offsets; with exactly-once delivery, those of the partitions that could be taken over. */
  async #isPlaced(consumer: Consumer, assignment: Assignment, attempt: number): Promise<boolean> {
    const { options, start, holds } = this.#parts
    const { partitions, epoch } = assignment
    try {
      await start.place(consumer, partitions, attempt)
      let ids = partitions
      if (options.takeOver) {
        // The current owner of the partitions would be fenced.
        if (!holds(assignment)) return true
        ids = await options.takeOver(partitions, epoch)
        if (!holds(assignment)) return true
        assignment.withholdOthers(ids)
        // Offsets found by an earlier attempt may be outdated.
        assignment.displace(partitions)
      }
      await this.#placement.place(consumer, assignment, ids)
      return true
    } catch (error) {
      if (mustBeChanged(error, options.connection.awaitsLogin)) this.#parts.restart(error)
      // The next owner of the partitions places them.
      if (failureKind(error) === 'lost') assignment.ending = true
      return false
    }
  }

  /** Takes over the remaining partitions, one attempt after the other until all are read. */
  async #takeOverLater(consumer: Consumer, assignment: Assignment): Promise<void> {
    const isOver = () => !this.#parts.holds(assignment)
    while (assignment.withheld().length > 0) {
      await sleep(TAKE_OVER_EVERY, undefined, { ref: false })
      if (isOver()) return
      const taken = await this.#takenOver(consumer, assignment)
      if (isOver()) return
      if (taken.length === 0) continue
      const told = this.#announce(consumer, assignment, taken)
      // The partitions are not given up before the handler knows of them.
      assignment.ready = told
      await told
      if (isOver()) return
      assignment.release(taken)
      this.#setPaused(consumer, [], taken)
      void this.#placement.placeLater(consumer, assignment)
    }
  }

  async #takenOver(consumer: Consumer, assignment: Assignment): Promise<readonly PartitionId[]> {
    const { takeOver, connection } = this.#parts.options
    try {
      const taken = (await takeOver?.(assignment.withheld(), assignment.epoch)) ?? []
      if (!this.#parts.holds(assignment)) return []
      assignment.displace(taken)
      await this.#placement.place(consumer, assignment, taken)
      return taken
    } catch (error) {
      if (mustBeChanged(error, connection.awaitsLogin)) this.#parts.restart(error)
      return []
    }
  }

  async #announce(consumer: Consumer, assignment: Assignment, ids: readonly PartitionId[]): Promise<void> {
    // The client may still have a position or a seek of an earlier assignment.
    for (const id of ids) {
      const position = assignment.position(id)
      if (position !== undefined) consumer.seek({ ...id, offset: String(position) })
    }
    assignment.announce(ids)
    await this.#parts.handler.assigned(assignment.placed(ids), assignment.epoch)
  }

  /** The client keeps paused partitions across assignments. */
  #setPaused(consumer: Consumer, paused: readonly PartitionId[], read: readonly PartitionId[]): void {
    const resumed = read.filter((id) => this.#paused.delete(partitionKey(id)))
    for (const id of paused) this.#paused.add(partitionKey(id))
    if (resumed.length > 0) consumer.resume(resumed.map(asTopic))
    if (paused.length > 0) consumer.pause(paused.map(asTopic))
  }
}

function asTopic({ topic, partition }: PartitionId) {
  return { topic, partitions: [partition] }
}
