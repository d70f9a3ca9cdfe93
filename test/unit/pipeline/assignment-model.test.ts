import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { KafkaConnection } from '../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../src/adapters/kafka/gated-assigner.ts'
import { decodingWithin } from '../../../src/adapters/kafka/records/decoding.ts'
import { KafkaSource } from '../../../src/adapters/sources/kafka.ts'
import type { Event } from '../../../src/domain/events.ts'
import { Health } from '../../../src/domain/health.ts'
import { exactClock, type OutputRecord, type Sink } from '../../../src/domain/ports.ts'
import { Intake } from '../../../src/pipeline/intake.ts'
import { JoinParts } from '../../../src/pipeline/join-parts.ts'
import { MAX_WAITING_PARTS } from '../../../src/pipeline/transactional-writer.ts'
import { FakeBrokers, seededRandom, TOPIC } from '../../helpers/fake-brokers.ts'
import { decode, makeLog } from '../../helpers/model-log.ts'
import { ModelTransactions } from '../../helpers/model-transactions.ts'

/** So many interleavings a run; `MODEL_SEED` repeats one, `MODEL_RUNS` tries more. */
const RUNS = Number(process.env.MODEL_RUNS ?? 16)
const FIRST_SEED = Number(process.env.MODEL_SEED ?? Date.now() % 1_000_000)
const PARTITIONS = 4
const RECORDS = 1_000
/** How long the brokers, the group and the sink misbehave, ms. */
const UNREST = 2_500
/** So long nothing may move then, ms: answers may still be lost twice, and a member waits up to 5 s before it rejoins. */
const STANDS = 30_000

interface Outcome {
  readonly seed: number
  /** Empty when all went as it should. */
  readonly faults: readonly string[]
}

type Delivery = 'at-least-once' | 'exactly-once'

async function interleave(seed: number, delivery: Delivery): Promise<Outcome> {
  const random = seededRandom(seed)
  const faults: string[] = []
  const acknowledged = new Set<string>()
  const logs = Array.from({ length: PARTITIONS }, () => makeLog(random, RECORDS))
  const brokers = new FakeBrokers(logs, random, {
    committed(partition, offset, before) {
      if (offset < before && offset >= 0)
        faults.push(`partition ${partition}: committed ${offset} after ${before}`)
      const missing = logs[partition]!.filter(
        (entry) => !entry.mark && entry.offset < offset && !acknowledged.has(`${partition}/${entry.offset}`),
      )
      if (missing.length > 0) {
        faults.push(
          `partition ${partition}: ${missing.length} records below the commit ${offset} have no place, from ${missing[0]!.offset} on`,
        )
        for (const entry of missing) acknowledged.add(`${partition}/${entry.offset}`)
      }
    },
    doneByOther(partition, from, to) {
      for (let offset = from; offset < to; offset++) acknowledged.add(`${partition}/${offset}`)
    },
  })
  const transactions =
    delivery === 'exactly-once' ? new ModelTransactions(brokers, random, { acknowledged, faults }) : undefined
  const events: Event[] = []
  const emit = (event: Event) => void events.push(event)
  const connection = {
    health: new Health('kafka', emit),
    consumer: ({
      mayJoin,
      groupId,
      heartbeatInterval,
    }: {
      mayJoin: () => boolean
      groupId: string
      heartbeatInterval: number
    }) => brokers.consumer({ groupId, heartbeatInterval, partitionAssigners: [gatedAssigner(mayJoin)] }),
    committedOf: async (group: string, partitions: readonly { topic: string; partition: number }[]) => {
      await sleep(random() * 10)
      if (transactions) return transactions.connection.committedOf(group, partitions, { stable: true })
      return new Map(
        partitions.map(({ topic, partition }) => {
          const committed = brokers.committed[partition]!
          return [`${topic}/${partition}`, committed < 0 ? undefined : { offset: committed }] as const
        }),
      )
    },
    topicFacts: async () => new Map(),
    decoding: decodingWithin(),
    boundsOf: async (partitions: readonly { topic: string; partition: number }[]) => {
      await sleep(random() * 10)
      return partitions.map(({ topic, partition }) => ({
        topic,
        partition,
        startOffset: brokers.logs[partition]![0]!.offset,
        endOffset: brokers.end(partition),
      }))
    },
  } as unknown as KafkaConnection
  const source = new KafkaSource({
    connection,
    groupId: 'g',
    topics: [TOPIC],
    startFrom: 'earliest',
    emit,
    chunk: 20,
    heartbeatInterval: 20,
    sessionTimeout: 500,
    giveUpWithin: 150,
    commitWithin: 60,
    takeOver: transactions?.takeOver,
  })
  let slowSinkUntil = 0
  let slowAssignUntil = 0
  const sink: Sink = {
    has: () => true,
    async write(records) {
      await sleep(random() * 8)
      if (Date.now() < slowSinkUntil) await sleep(random() * 250)
      for (const { value } of records)
        for (const place of JSON.parse(String(value)) as string[]) acknowledged.add(place)
    },
    close: async () => {},
    unready: () => [],
  }
  const intake = new Intake({
    source,
    sink,
    decode,
    ...(transactions ? { transactions: transactions.written } : {}),
    join: new JoinParts({ wait: 100, ...(transactions ? { maxPartsOfPartition: MAX_WAITING_PARTS } : {}) }),
    process: async (items, write) => {
      await sleep(random() * 4)
      await write(
        items.flatMap((item): OutputRecord[] => {
          if (item.kind !== 'message') return []
          const { origins } = item.message
          const value = JSON.stringify(origins.map(({ id }) => id))
          return [{ channel: 'verdicts', key: null, value, origin: origins[0]!.position }]
        }),
      )
    },
    assigned: async () => {
      await sleep(random() * 5)
      if (Date.now() < slowAssignUntil) await sleep(random() * 500)
    },
    clock: exactClock(Date.now),
    emit,
    limits: { maxRecords: 40, maxBytes: 1e6, maxAge: 5, maxInFlight: 300 },
    partClock: 'append',
    signal: new AbortController().signal,
    revokeWithin: 80,
  })
  let ended: unknown = 'reads'
  const running = intake.run().then(
    () => {
      ended = 'ended'
    },
    (error: unknown) => {
      ended = error
    },
  )

  const actions: (() => void)[] = [
    () => brokers.moveLeader(Math.floor(random() * brokers.logs.length)),
    () => brokers.moveLeader(Math.floor(random() * brokers.logs.length)),
    () => brokers.rebalance(),
    // Another member would have to write in transactions as well.
    () => (transactions ? transactions.hinder() : brokers.toggleOther()),
    () => brokers.addPartition(makeLog(random, RECORDS)),
    () => brokers.expel(),
    () => brokers.moveCoordinator(),
    () => {
      brokers.syncFails = true
      brokers.rebalance()
    },
    () => {
      brokers.commitsHungUntil = Date.now() + 100 + random() * 500
    },
    () => {
      slowSinkUntil = Date.now() + random() * 400
    },
    () => {
      slowAssignUntil = Date.now() + random() * 400
    },
  ]
  const unrestUntil = Date.now() + UNREST
  while (Date.now() < unrestUntil) {
    await sleep(20 + random() * 120)
    // Few new partitions: each brings a backlog of its own.
    const action = actions[Math.floor(random() * actions.length)]!
    if (action !== actions[4] || brokers.logs.length < PARTITIONS + 2) action()
  }
  brokers.toggleOther(false)
  if (random() < 0.5) transactions?.block(0)
  else transactions?.hangWrites(0)
  await sleep(200)
  // Each fetcher of the client sees it for itself and rejoins: assignments follow one another at once.
  brokers.addPartition(makeLog(random, RECORDS))
  await sleep(300)
  brokers.expel()
  /** Waits until all is committed, of all partitions from `first` on, or nothing moves any more. */
  const reachEnds = async (first: number) => {
    const behind = () =>
      brokers.logs.flatMap((log, p) =>
        p >= first && brokers.committed[p]! <= log.findLast((e) => !e.mark)!.offset ? [p] : [],
      )
    let moved = Date.now()
    for (
      let known = '';
      behind().length > 0 && ended === 'reads' && Date.now() - moved < STANDS;
      await sleep(20)
    ) {
      const now = brokers.committed.join()
      if (now !== known) moved = Date.now()
      known = now
    }
    for (const p of behind())
      faults.push(`partition ${p}: stands at ${brokers.committed[p]} of ${brokers.end(p)}, first ${first}`)
  }
  // One partition that cannot be taken over, or is not written, stops none of the others.
  if (transactions) await reachEnds(1)
  transactions?.leave()
  await reachEnds(0)
  if (ended !== 'reads') faults.push(`the intake ended: ${ended}`)
  const held = () => brokers.logs.filter((_, p) => intake.partitions.has(`${TOPIC}/${p}`)).length
  for (let n = 0; n < 150 && held() < brokers.logs.length && faults.length === 0; n++) await sleep(20)
  if (held() < brokers.logs.length) faults.push(`${held()} of ${brokers.logs.length} partitions are held`)
  await source.stop()
  await running
  brokers.close()
  return { seed, faults }
}

describe.each(['at-least-once', 'exactly-once'] as const)(
  'assignments, records, revocations, commits and late completions in any order, %s',
  (delivery) => {
    it(`commits nothing that has no place, and stands nowhere (seeds ${FIRST_SEED} to ${FIRST_SEED + RUNS - 1})`, async () => {
      const outcomes = await Promise.all(
        Array.from({ length: RUNS }, (_, i) => interleave(FIRST_SEED + i, delivery)),
      )
      expect(outcomes.filter(({ faults }) => faults.length > 0)).toEqual([])
    }, 180_000)
  },
)
