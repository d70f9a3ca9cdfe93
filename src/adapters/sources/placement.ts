import { setTimeout as sleep } from 'node:timers/promises'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import type { Consumer } from '../kafka/client.ts'
import type { Assignment } from './assignment.ts'
import type { MemberOptions } from './member-options.ts'
import { LOOK_EVERY } from './topic-identity.ts'

export interface PlacementParts {
  readonly options: Pick<MemberOptions, 'connection' | 'groupId' | 'emit' | 'takeOver'>
  /** Whether the assignment is the one that is held, and is not being given up. */
  readonly holds: (assignment: Assignment) => boolean
  /** A topic was recreated: the consumer is to start over. */
  readonly restart: (reason: unknown) => void
}

const PLACE_EVERY = 1_000

/**
 * Where the partitions of an assignment are read from. An offset means nothing in another topic of the same name, so
 * commits carry the id of their topic.
 */
export class Placement {
  readonly #parts: PlacementParts

  constructor(parts: PlacementParts) {
    this.#parts = parts
  }

  /**
   * Learns where reading of these partitions begins: at what the group has committed of this very topic, else at its first
   * record.
   */
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
      // Before the brokers say which topic it is, it is taken for that of the commit, and looked at again.
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
    // The client asks all leaders at once where such partitions begin, and reads nothing while one does not answer.
    if (left.length > 0) await consumer.commitOffsets(left.map((id) => ({ ...id, offset: '0' })))
  }

  /** A partition whose leader did not answer is read when it does. */
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
   * Looks now and then which partitions are led, and whether a topic is still the one that is read, which a log as long as
   * the former one does not show. The partitions of a topic that was recreated are given up without a commit, and the
   * consumer starts over.
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
