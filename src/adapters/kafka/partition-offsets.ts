import { setTimeout as sleep } from 'node:timers/promises'
import type { Broker, Cluster, Kafka } from 'kafkajs'
import { addTo } from '../../domain/maps.ts'
import { type PartitionId, partitionKey } from '../../domain/ports.ts'
import { closed } from './close.ts'
import { type CommitMetadata, readMetadata } from './commit-metadata.ts'
import { typeOf } from './errors.ts'
import { type OpenedCluster, openCluster } from './opened-cluster.ts'
import { stableOffsets } from './stable-offsets.ts'
import { agreedFacts, type TopicFacts, topicFactsOf, WITNESSES } from './topic-facts.ts'

export interface PartitionBounds extends PartitionId {
  readonly startOffset: number
  readonly endOffset: number
}

export interface Committed extends CommitMetadata {
  readonly offset: number
  /** The raw metadata that the other fields were parsed from. */
  readonly metadata: string | null
}

const HAS_MEMBERS = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'])

/**
 * Offsets of single partitions, each requested from its own leader with a timeout, so that a partition without a leader
 * or on a broker that hangs does not block the others. The client's own requests cover whole topics and fail as a
 * whole.
 */
export class PartitionOffsets {
  readonly #kafka: Kafka
  readonly #within: number
  #opened: Promise<OpenedCluster> | undefined

  /** `within` is the timeout of an answer, ms. */
  constructor(kafka: Kafka, within: number) {
    this.#kafka = kafka
    this.#within = within
  }

  /**
   * What the group has committed for these partitions; undefined if nothing. Rejects if its coordinator does not
   * answer, and with `stable` while a transaction may still change it.
   */
  committed(
    groupId: string,
    partitions: readonly PartitionId[],
    { stable = false }: { readonly stable?: boolean } = {},
  ): Promise<Map<string, Committed | undefined>> {
    return this.#ask(async (cluster) => {
      const coordinator = await cluster.findGroupCoordinator({ groupId })
      if (stable) {
        const offsets = await stableOffsets(coordinator, groupId, byTopic(partitions))
        return new Map(offsets.map((found) => [partitionKey(found), committedOf(found)] as const))
      }
      const topics = byTopic(partitions).map(([topic, ids]) => ({
        topic,
        partitions: ids.map((partition) => ({ partition })),
      }))
      const { responses } = await coordinator.offsetFetch({ groupId, topics: topics as never })
      return new Map(
        responses.flatMap(({ topic, partitions }) =>
          partitions.map((p) => [partitionKey({ topic, partition: p.partition }), committedOf(p)] as const),
        ),
      )
    })
  }

  /** Sets the offsets of a group. Resolves with false, and sets none, if the group has members. */
  commit(groupId: string, offsets: readonly (PartitionId & { readonly offset: number })[]): Promise<boolean> {
    return this.#ask(async (cluster) => {
      const coordinator = await cluster.findGroupCoordinator({ groupId })
      const lists = new Map<string, { partition: number; offset: string }[]>()
      for (const { topic, partition, offset } of offsets)
        addTo(lists, topic, { partition, offset: String(offset) })
      const topics = [...lists].map(([topic, partitions]) => ({ topic, partitions }))
      const outside = { groupGenerationId: -1, memberId: '' }
      return coordinator.offsetCommit({ groupId, ...outside, topics }).then(
        () => true,
        (error: unknown) => {
          if (HAS_MEMBERS.has(typeOf(error) ?? '')) return false
          throw error
        },
      )
    })
  }

  async bounds(partitions: readonly PartitionId[]): Promise<PartitionBounds[]> {
    const known = await this.#ask(async (cluster) => {
      const topics = byTopic(partitions)
      await cluster.addMultipleTargetTopics(topics.map(([topic]) => topic))
      await cluster.refreshMetadata()
      return topics.flatMap(([topic, ids]) => {
        const led = cluster.findTopicPartitionMetadata(topic).filter((p) => p.leader >= 0)
        const leaders = new Set(led.map((p) => p.leader))
        return [...leaders].map((leader) => ({
          cluster,
          topic,
          ids: led
            .filter((p) => p.leader === leader && ids.includes(p.partitionId))
            .map((p) => p.partitionId),
        }))
      })
    })
    const answers = await Promise.allSettled(
      known.filter(({ ids }) => ids.length > 0).map((asked) => this.#bounded(boundsOf(asked))),
    )
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  }

  /** Facts by topic name, for topics that brokers report; the id is set if most of the brokers asked agree. */
  async topicFacts(topics: readonly string[]): Promise<Map<string, TopicFacts>> {
    if (topics.length === 0) return new Map()
    // Without an id, only the end of the log can show that the topic was recreated.
    const facts = await this.#ask(async (cluster) => {
      const brokers = someOf(cluster.getNodeIds(), WITNESSES).map((nodeId) =>
        cluster.findBroker({ nodeId: String(nodeId) }),
      )
      const saidOf = async (broker: Promise<Broker>, topic: string) => topicFactsOf(await broker, topic)
      const known = await Promise.all(
        topics.map((topic) =>
          agreedFacts(brokers.map((broker) => this.#bounded(saidOf(broker, topic), this.#within / 2))),
        ),
      )
      // Refreshes the list of brokers, so that removed ones are not asked again.
      if (known.some((fact) => fact?.id === undefined)) void cluster.refreshMetadata().catch(() => undefined)
      return known
    }).catch(() => [])
    return new Map(facts.flatMap((fact, i) => (fact === undefined ? [] : [[topics[i]!, fact] as const])))
  }

  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    await closed(opened?.then((cluster) => cluster.close()))
  }

  async #ask<T>(question: (cluster: Cluster) => Promise<T>): Promise<T> {
    this.#opened ??= openCluster(this.#kafka)
    const opened = this.#opened
    try {
      return await this.#bounded(opened.then(({ cluster }) => question(cluster)))
    } catch (error) {
      // An unstable offset is an answer: the connection is fine.
      if (this.#opened === opened && typeOf(error) !== 'UNSTABLE_OFFSET_COMMIT') void this.close()
      throw error
    }
  }

  async #bounded<T>(answer: Promise<T>, within = this.#within): Promise<T> {
    answer.catch(() => undefined)
    const late = new AbortController()
    const timeout = sleep(within, undefined, { signal: late.signal }).then(
      () => Promise.reject(new Error(`no answer within ${within} ms`)),
      () => undefined as never,
    )
    try {
      return await Promise.race([answer, timeout])
    } finally {
      late.abort()
    }
  }
}

function committedOf({
  offset,
  metadata = null,
}: {
  readonly offset: string | number
  readonly metadata?: string | null
}): Committed | undefined {
  const at = Number(offset)
  return at < 0 ? undefined : { offset: at, metadata, ...readMetadata(metadata, at) }
}

async function boundsOf({
  cluster,
  topic,
  ids,
}: {
  readonly cluster: Cluster
  readonly topic: string
  readonly ids: readonly number[]
}): Promise<PartitionBounds[]> {
  const partitions = ids.map((partition) => ({ partition }))
  const [low, high] = await Promise.all(
    [true, false].map((fromBeginning) => cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning }])),
  )
  const ends = new Map(high?.[0]?.partitions.map((p) => [p.partition, Number(p.offset)]))
  return (low?.[0]?.partitions ?? []).flatMap(({ partition, offset }) => {
    const endOffset = ends.get(partition)
    return endOffset === undefined ? [] : [{ topic, partition, startOffset: Number(offset), endOffset }]
  })
}

/** A random choice of `count` brokers. */
function someOf(nodes: readonly number[], count: number): number[] {
  const left = [...nodes]
  return Array.from({ length: Math.min(count, left.length) }, () => {
    const [node] = left.splice(Math.floor(Math.random() * left.length), 1)
    return node!
  })
}

function byTopic(partitions: readonly PartitionId[]): [string, number[]][] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    addTo(topics, topic, partition)
  }
  return [...topics]
}
