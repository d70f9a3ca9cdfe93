import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, ConsumerConfig } from 'kafkajs'
import { batchesOf } from '../../src/adapters/kafka/records/fetched-batches.ts'
import { endMark, recordBatch } from './record-batches.ts'

const require = createRequire(import.meta.url)
const createConsumer = require('kafkajs/src/consumer') as (options: object) => Consumer
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}
const { MemberAssignment } = require('kafkajs/src/consumer/assignerProtocol') as {
  MemberAssignment: { decode(bytes: Buffer): { assignment: Record<string, number[]> } | null }
}
const { KafkaJSBrokerNotFound, KafkaJSConnectionError, KafkaJSOffsetOutOfRange } =
  require('kafkajs/src/errors') as {
    KafkaJSBrokerNotFound: new (message: string) => Error
    KafkaJSConnectionError: new (message: string) => Error
    KafkaJSOffsetOutOfRange: new (cause: Error, place: object) => Error
  }

const OFFSET_OUT_OF_RANGE = 1
const NOT_LEADER = 6
const NOT_COORDINATOR = 16
const ILLEGAL_GENERATION = 22
const UNKNOWN_MEMBER = 25
const REBALANCE_IN_PROGRESS = 27

export const TOPIC = 't'
export const NODES = ['1', '2', '3'] as const

/** Seeded random numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface Entry {
  readonly offset: number
  /** A control record of a transaction: takes an offset, but is not visible to readers. */
  readonly mark: boolean
  /** Instead of a record: a raw batch whose last offset is `offset`. */
  readonly bytes?: Buffer
}

interface Member {
  readonly id: string
  readonly metadata: Buffer
}

interface OffsetRequest {
  readonly memberId: string
  readonly groupGenerationId: number
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly offset: unknown }[]
  }[]
}

/** Observes the consumer group. */
export interface GroupWatcher {
  /** A commit took effect; `offset`: of the next record to read. */
  committed(partition: number, offset: number, before: number): void
  /** Another member of the group processed these records. */
  doneByOther(partition: number, from: number, to: number): void
}

/**
 * Three brokers and one consumer group without sockets, to test the fetchers, rejoins and offset manager of the real client.
 * Delays are drawn from `random`; methods change leaders, members and partitions.
 */
export class FakeBrokers {
  readonly logs: Entry[][]
  readonly committed: number[]
  readonly #random: () => number
  readonly #watcher: GroupWatcher
  readonly #leaders: string[]
  /** Thrown by the next fetch; if the client cannot retry, the consumer ends. */
  fetchFails: Error | undefined
  /** Broker that answers all requests except fetches. */
  hungNode: string | undefined
  /** Dead brokers: their pending fetches fail. */
  readonly dead = new Set<string>()
  /** `metadataMaxAge` of consumers, ms. */
  metadataAge = 100
  /** The connection to the coordinator is lost during the next SyncGroup. */
  syncFails = false
  /** The group has forgotten its member, and the connection is lost while it rejoins. */
  joinFails = false
  /** Error code of the answer to the next JoinGroup. */
  joinRefused: number | undefined
  /** Until this time (wall clock, ms), commits are not answered. */
  commitsHungUntil = 0
  /** Awaited before FindCoordinator is answered. */
  naming: Promise<void> | undefined
  /** Number of requests for the coordinator, and of times that a consumer closed its connections. */
  asked = 0
  closes = 0
  /** Number of moves of the group coordinator. */
  #moves = 0
  #generation = 0
  #member: Member | undefined
  #members = 0
  #rebalancing = false
  #other = false
  #ofOther: number[] = []
  #otherWorks: NodeJS.Timeout | undefined
  #closed = false

  constructor(logs: Entry[][], random: () => number, watcher: GroupWatcher) {
    this.logs = logs
    this.committed = logs.map(() => -1)
    this.#random = random
    this.#watcher = watcher
    this.#leaders = logs.map((_, i) => NODES[i % NODES.length]!)
  }

  end(partition: number): number {
    return (this.logs[partition]!.at(-1)?.offset ?? -1) + 1
  }

  moveLeader(partition: number): void {
    this.#leaders[partition] = NODES[Math.floor(this.#random() * NODES.length)]!
  }

  /** Sets the leader of a partition; none if `node` is not one of the brokers. */
  lead(partition: number, node: string): void {
    this.#leaders[partition] = node
  }

  /** Moves the group to another coordinator; the previous one rejects all requests for the group. */
  moveCoordinator(): void {
    this.#moves++
  }

  addPartition(log: Entry[]): void {
    this.logs.push(log)
    this.committed.push(-1)
    this.#leaders.push(NODES[this.logs.length % NODES.length]!)
  }

  rebalance(): void {
    this.#rebalancing = true
  }

  /** The group forgets its member, whose next join gets no answer. */
  expel(): void {
    if (this.#member === undefined) return
    this.#member = undefined
    this.joinFails = true
  }

  /** Makes another member join or leave. */
  toggleOther(there = !this.#other): void {
    this.#other = there
    this.rebalance()
    clearInterval(this.#otherWorks)
    this.#ofOther = []
    if (there) this.#otherWorks = setInterval(() => this.#workOfOther(), 20)
  }

  /** A consumer of the real client, with its own connection to these brokers. */
  consumer(config: Pick<ConsumerConfig, 'groupId' | 'partitionAssigners' | 'heartbeatInterval'>): Consumer {
    const quiet = { namespace: () => quiet, debug() {}, info() {}, warn() {}, error() {} }
    return createConsumer({
      ...config,
      cluster: this.#cluster(),
      logger: quiet,
      maxWaitTimeInMs: 10,
      metadataMaxAge: this.metadataAge,
      retry: {
        initialRetryTime: 5,
        maxRetryTime: 40,
        retries: 40,
        factor: 0.2,
        restartOnFailure: async () => false,
      },
    })
  }

  /** Commits an offset without a request, as a coordinator does at the end of a transaction. */
  commit(partition: number, offset: number): void {
    const before = this.committed[partition]!
    this.committed[partition] = offset
    this.#watcher.committed(partition, offset, before)
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#otherWorks)
  }

  #delay(most = 6): Promise<void> {
    return sleep(this.#random() * most)
  }

  /** The client's view of the cluster: metadata as of its last refresh. */
  #cluster() {
    let metadata: { partitionId: number; leader: string }[] = []
    let refreshedAt = 0
    const committed = new Map<string, object>()
    const refresh = async () => {
      await this.#delay()
      refreshedAt = Date.now()
      metadata = this.#leaders.map((leader, partitionId) => ({ partitionId, leader }))
    }
    const cluster = {
      connect: refresh,
      disconnect: async () => {
        this.closes++
      },
      isConnected: () => true,
      refreshMetadata: refresh,
      refreshMetadataIfNecessary: async () => {
        if (Date.now() - refreshedAt > this.metadataAge) await refresh()
      },
      addMultipleTargetTopics: refresh,
      removeBroker() {},
      getNodeIds: () => NODES.filter((node) => !this.dead.has(node)),
      findTopicPartitionMetadata: () => metadata,
      findGroupCoordinator: async () => {
        this.asked++
        await this.naming
        await this.#delay()
        return this.#whileHere(this.#coordinator())
      },
      findBroker: async ({ nodeId }: { nodeId: string }) => {
        if (!NODES.includes(nodeId as never) || this.dead.has(nodeId)) throw new KafkaJSBrokerNotFound(nodeId)
        return {
          nodeId,
          isConnected: () => true,
          fetch: (request: FetchRequest) => this.#fetch(nodeId, request),
        }
      },
      defaultOffset: () => -2,
      fetchTopicsOffset: async (
        topics: readonly { topic: string; partitions: readonly { partition: number }[] }[],
      ) =>
        topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition }) => ({
            partition,
            offset: String(this.logs[partition]![0]?.offset ?? 0),
          })),
        })),
      committedOffsets: ({ groupId }: { groupId: string }) => {
        if (!committed.has(groupId)) committed.set(groupId, {})
        return committed.get(groupId)
      },
    }
    return cluster
  }

  async #fetch(nodeId: string, { topics }: FetchRequest) {
    await this.#delay()
    while (this.hungNode === nodeId && !this.#closed && !this.dead.has(nodeId)) await sleep(10)
    if (this.dead.has(nodeId)) throw new KafkaJSConnectionError('Closed connection')
    const failure = this.fetchFails
    this.fetchFails = undefined
    if (failure) throw failure
    const partitions = topics.flatMap((t) => t.partitions)
    for (const { partition } of partitions)
      if (this.#leaders[partition] !== nodeId) throw createErrorFromCode(NOT_LEADER)
    const answers = partitions.map(({ partition, fetchOffset }) => {
      const log = this.logs[partition]!
      const from = Number(fetchOffset)
      if (from > this.end(partition) || from < (log[0]?.offset ?? 0)) {
        throw new KafkaJSOffsetOutOfRange(createErrorFromCode(OFFSET_OUT_OF_RANGE), {
          topic: TOPIC,
          partition,
        })
      }
      const begin = log.findIndex((entry) => entry.offset >= from)
      const entries = begin < 0 ? [] : log.slice(begin, begin + 1 + Math.floor(this.#random() * 60))
      return {
        partition,
        highWatermark: String(this.end(partition)),
        abortedTransactions: [],
        messages: batchesOf(Buffer.concat(entries.map(asBatch(partition))), {
          highWatermark: this.end(partition),
          firstIsWhole: true,
          aborted: [],
        }),
      }
    })
    if (answers.every(({ messages }) => messages.length === 0)) await sleep(10)
    // Sometimes slow, so that other fetchers rejoin meanwhile.
    await (this.#random() < 0.15 ? this.#delay(120) : this.#delay())
    return { responses: [{ topicName: TOPIC, partitions: answers }] }
  }

  /** The current coordinator: rejects all requests after the group has moved to another broker. */
  #whileHere<T extends object>(coordinator: T): T {
    const moves = this.#moves
    return new Proxy(coordinator, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown
        if (typeof member !== 'function' || name === 'isConnected') return member
        return async (...of: unknown[]) => {
          if (moves !== this.#moves) throw createErrorFromCode(NOT_COORDINATOR)
          return (member as (...of: unknown[]) => unknown)(...of)
        }
      },
    })
  }

  #coordinator() {
    return {
      isConnected: () => true,
      joinGroup: async ({
        memberId,
        groupProtocols,
      }: {
        memberId: string
        groupProtocols: { metadata: Buffer }[]
      }) => {
        await this.#delay(20)
        const refused = this.joinRefused
        this.joinRefused = undefined
        if (refused !== undefined) throw createErrorFromCode(refused)
        if (this.joinFails && memberId === '') {
          this.joinFails = false
          throw new KafkaJSConnectionError('Closed connection')
        }
        const id = memberId || `member-${++this.#members}`
        this.#member = { id, metadata: groupProtocols[0]!.metadata }
        this.#rebalancing = false
        this.#ofOther = []
        const members = [{ memberId: id, memberMetadata: this.#member.metadata }]
        if (this.#other) {
          members.push({
            memberId: this.#random() < 0.5 ? 'another' : 'z-another',
            memberMetadata: this.#member.metadata,
          })
        }
        return {
          generationId: ++this.#generation,
          leaderId: id,
          memberId: id,
          members,
          groupProtocol: 'RoundRobinAssigner',
        }
      },
      syncGroup: async (request: {
        generationId: number
        memberId: string
        groupAssignment: { memberId: string; memberAssignment: Buffer }[]
      }) => {
        await this.#delay()
        if (this.syncFails) {
          this.syncFails = false
          throw new KafkaJSConnectionError('Closed connection')
        }
        this.#admit(request.memberId, request.generationId)
        const of = (mine: boolean) =>
          request.groupAssignment.find(({ memberId }) => (memberId === request.memberId) === mine)
            ?.memberAssignment
        const others = of(false)
        if (this.#other && others) this.#ofOther = MemberAssignment.decode(others)?.assignment[TOPIC] ?? []
        return { memberAssignment: of(true) ?? Buffer.alloc(0) }
      },
      heartbeat: async (request: { memberId: string; groupGenerationId: number }) => {
        await this.#delay(2)
        this.#admit(request.memberId, request.groupGenerationId)
        if (this.#rebalancing) throw createErrorFromCode(REBALANCE_IN_PROGRESS)
      },
      leaveGroup: async () => {
        this.#member = undefined
      },
      offsetFetch: async ({
        topics,
      }: {
        topics: readonly { topic: string; partitions: readonly { partition: number }[] }[]
      }) => {
        await this.#delay()
        const responses = topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition }) => ({
            partition,
            offset: String(this.committed[partition]),
          })),
        }))
        await this.#delay()
        return { responses }
      },
      offsetCommit: (request: OffsetRequest) => this.#commit(request),
    }
  }

  async #commit({ memberId, groupGenerationId, topics }: OffsetRequest): Promise<void> {
    const hung = this.commitsHungUntil - Date.now()
    const before = this.#random() < 0.5
    if (hung > 0 && before) await sleep(hung)
    await this.#delay()
    this.#admit(memberId, groupGenerationId)
    for (const { partition, offset } of topics.flatMap((t) => t.partitions)) {
      const known = this.committed[partition]!
      this.committed[partition] = Number(String(offset))
      this.#watcher.committed(partition, this.committed[partition]!, known)
    }
    if (hung > 0 && !before) await sleep(hung)
    await this.#delay()
  }

  #admit(memberId: string, generation: number): void {
    if (memberId !== this.#member?.id) throw createErrorFromCode(UNKNOWN_MEMBER)
    if (generation !== this.#generation) throw createErrorFromCode(ILLEGAL_GENERATION)
  }

  #workOfOther(): void {
    for (const partition of this.#rebalancing ? [] : this.#ofOther) {
      const known = this.committed[partition]!
      const from = Math.max(0, known)
      const to = Math.min(this.end(partition), from + 20)
      if (to === from) continue
      this.#watcher.doneByOther(partition, from, to)
      this.committed[partition] = to
      this.#watcher.committed(partition, to, known)
    }
  }
}

interface FetchRequest {
  readonly topics: readonly {
    readonly partitions: readonly { readonly partition: number; readonly fetchOffset: string }[]
  }[]
}

/** Encodes each entry as a separate batch. */
function asBatch(partition: number) {
  return ({ offset, mark, bytes }: Entry): Buffer => {
    if (bytes) return bytes
    return mark
      ? endMark(offset, 1n, 'commit')
      : recordBatch({
          baseOffset: offset,
          baseTimestamp: 1_700_000_000_000n + BigInt(offset),
          records: [{ value: Buffer.from(`${partition}/${offset}`) }],
        })
  }
}
