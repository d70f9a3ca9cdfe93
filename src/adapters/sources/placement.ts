import { setTimeout as sleep } from 'node:timers/promises'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { Consumer } from '../kafka/client.ts'
import type { Assignment } from './assignment.ts'
import type { MemberOptions } from './member-options.ts'
import { LOOK_EVERY } from './topic-identity.ts'

export interface PlacementParts {
  readonly options: Pick<MemberOptions, 'connection' | 'groupId' | 'emit' | 'takeOver'>
  /** Whether the assignment is the current one and is not being given up. */
  readonly holds: (assignment: Assignment) => boolean
  /** A topic was recreated: restarts the consumer. */
  readonly restart: (reason: unknown) => void
}

const PLACE_EVERY = 1_000

/**
 * Determines where the partitions of an assignment are read from. Offsets are meaningless in another topic of the same
 * name, so commits carry the topic id.
 */
export class Placement {
  readonly #parts: PlacementParts

  constructor(parts: PlacementParts) {
    this.#parts = parts
  }

  /** Finds the start of these partitions: the offset that the group committed for this very topic, or else its first record. */
  async place(consumer: Consumer, assignment: Assignment, ids: readonly PartitionId[]): Promise<void> {
    const { connection, groupId, emit, takeOver } = this.#parts.options
    const stable = takeOver !== undefined
    const open = () => ids.filter((id) => assignment.position(id) === undefined)
    const [committed, facts] = await Promise.all([
      connection.committedOf(groupId, open(), { stable }),
      connection.topicFacts(topicsOf(assignment)),
    ])
    for (const [topic, { id }] of facts) if (id !== undefined) assignment.knowTopic(topic, id)
    for (const { topic, partition } of open()) {
      const found = committed.get(partitionKey({ topic, partition }))
      if (found === undefined) continue
      const { offset, topicId, written } = found
      const current = assignment.topicId(topic)
      // Until the brokers report the topic's id, assume that of the commit; it is checked again later.
      if (current === undefined && topicId !== undefined) assignment.knowTopic(topic, topicId)
      if (current === undefined || topicId === undefined || topicId === current)
        assignment.place({ topic, partition, offset }, written)
      else emit({ name: 'log_restarted', topic, partition })
    }
    const unplaced = open()
    if (unplaced.length === 0) return
    for (const { topic, partition, startOffset } of await connection.boundsOf(unplaced))
      assignment.place({ topic, partition, offset: startOffset })
    const left = open()
    // Otherwise the client would ask all leaders for the start of such partitions, and read nothing while one does not answer.
    if (left.length > 0) await consumer.commitOffsets(left.map((id) => ({ ...id, offset: '0' })))
  }

  /** Places partitions whose leader did not answer, once it does. */
  async placeLater(consumer: Consumer, assignment: Assignment): Promise<void> {
    while (this.#parts.holds(assignment) && assignment.unplaced().length > 0) {
      await sleep(PLACE_EVERY, undefined, { ref: false })
      for (const { topic, partition, startOffset } of await this.#bounds(assignment.unplaced())) {
        assignment.place({ topic, partition, offset: startOffset })
        consumer.seek({ topic, partition, offset: String(startOffset) })
      }
    }
  }

  /**
   * Checks periodically which partitions have a leader, and whether a topic was recreated, which a new log of the same
   * length would not show. Partitions of a recreated topic are given up without a commit, and the consumer restarts.
   */
  async watchTopics(assignment: Assignment): Promise<void> {
    const { connection, emit } = this.#parts.options
    for (;;) {
      await sleep(LOOK_EVERY, undefined, { ref: false })
      if (!this.#parts.holds(assignment)) return
      const facts = await connection.topicFacts(topicsOf(assignment))
      if (!this.#parts.holds(assignment)) return
      const recreated = new Set<string>()
      for (const [topic, { id, leaderless }] of facts) {
        assignment.noteLeaderless(topic, leaderless)
        const before = assignment.topicId(topic)
        if (id === undefined) continue
        if (before === undefined) assignment.knowTopic(topic, id)
        else if (before !== id) recreated.add(topic)
      }
      if (recreated.size === 0) continue
      for (const id of assignment.partitions) {
        if (!recreated.has(id.topic)) continue
        emit({ name: 'log_restarted', topic: id.topic, partition: id.partition })
        assignment.abandon(id)
      }
      this.#parts.restart(new Error(`recreated: ${[...recreated].join(', ')}`))
      return
    }
  }

  #bounds(partitions: readonly PartitionId[]) {
    return this.#parts.options.connection.boundsOf(partitions).catch(() => [])
  }
}

function topicsOf({ partitions }: Assignment): string[] {
  return [...new Set(partitions.map(({ topic }) => topic))]
}
