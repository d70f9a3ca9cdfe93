import kafkajs, { type Consumer } from 'kafkajs'
import { plainClient, type Read, recordsOf } from '../helpers/kafka-client.ts'

/** Records of the input by `partition/offset`, and where they ended. */
export interface Places {
  /** Records without a verdict or dead letter. */
  readonly missing: readonly string[]
  /** Records with both. */
  readonly both: readonly string[]
  /** Commits that passed a record whose place was written after, with the record. */
  readonly early: readonly string[]
}

export interface CommitSeen {
  readonly at: number
  readonly offsets: readonly number[]
}

export interface InputRecord {
  readonly partition: number
  readonly offset: number
  /** Of the value; undefined for one that cannot be read. */
  readonly id: string | undefined
}

/** Looks at the commits of a group a few times a second, from outside. */
export function watchCommits(brokers: readonly string[], groupId: string, topic: string) {
  const client = plainClient(brokers)
  const seen: CommitSeen[] = []
  let stopped = false
  const watching = (async () => {
    while (!stopped) {
      // Time first: what is committed by then had its place before.
      const offsets = await client.committed(groupId, topic).catch(() => undefined)
      if (offsets) seen.push({ at: Date.now(), offsets })
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
  })()
  return {
    seen,
    /** Records that the last look found committed. */
    total: () => seen.at(-1)?.offsets.reduce((sum, n) => sum + Math.max(0, n), 0) ?? 0,
    async stop(): Promise<void> {
      stopped = true
      await watching
    },
  }
}

/**
 * The first invariant: each input record has exactly one kind of place, and no commit passed a record before its place
 * was on the brokers (output topics carry the time of the append; `slack` is what clocks and polls may differ, ms). An id
 * that is in the input several times has as many verdicts.
 */
export function placesOf(
  input: readonly InputRecord[],
  verdicts: readonly Read[],
  letters: readonly Read[],
  commits: readonly CommitSeen[],
  slack = 50,
): Places {
  const judged = timesOf(verdicts, ({ value }) => (JSON.parse(String(value)) as { id: string }).id)
  const buried = timesOf(letters.flatMap(ofEachRecord), ({ key }) => key!)
  const missing: string[] = []
  const both: string[] = []
  const early: string[] = []
  const times: number[][] = []
  /** Verdicts that belong to a record before, by id. */
  const taken = new Map<string, number>()
  for (const { partition, offset, id } of input) {
    const place = `${partition}/${offset}`
    const verdict = id === undefined ? undefined : judged.get(id)?.[taken.get(id) ?? 0]
    if (id !== undefined) taken.set(id, (taken.get(id) ?? 0) + 1)
    const letter = buried.get(place)?.[0]
    if (verdict === undefined && letter === undefined) missing.push(place)
    if (verdict !== undefined && letter !== undefined) both.push(place)
    times[partition] ??= []
    times[partition][offset] = Math.min(
      verdict ?? Number.POSITIVE_INFINITY,
      letter ?? Number.POSITIVE_INFINITY,
    )
  }
  const passed = times.map(() => 0)
  for (const { at, offsets } of commits) {
    offsets.forEach((committed, partition) => {
      const of = times[partition] ?? []
      for (let offset = passed[partition] ?? 0; offset < committed; offset++)
        if ((of[offset] ?? 0) > at + slack) early.push(`${partition}/${offset}`)
      passed[partition] = Math.max(passed[partition] ?? 0, committed)
    })
  }
  return { missing, both, early }
}

/** A dead letter once for each record that it stands for: a batch that cannot be read has one. */
function ofEachRecord({ headers, timestamp }: Read): Pick<Read, 'key' | 'timestamp'>[] {
  const from = Number(headers['sigwatch-offset'])
  const last = Number(headers['sigwatch-last-offset'] ?? from)
  return Array.from({ length: last - from + 1 }, (_, n) => ({
    key: `${headers['sigwatch-partition']}/${from + n}`,
    timestamp,
  }))
}

/** When the records of each key were appended, ascending. */
function timesOf<T extends Pick<Read, 'timestamp'>>(
  records: readonly T[],
  keyOf: (record: T) => string,
): Map<string, number[]> {
  const times = new Map<string, number[]>()
  for (const record of records) {
    const key = keyOf(record)
    const of = times.get(key)
    if (of) of.push(record.timestamp)
    else times.set(key, [record.timestamp])
  }
  for (const of of times.values()) of.sort((a, b) => a - b)
  return times
}

/** Everything that is committed in a topic, read to the ends that it has now, however long that takes within the bound. */
export async function readWhole(
  brokers: readonly string[],
  topic: string,
  within = 120_000,
): Promise<Read[]> {
  const { kafka } = plainClient(brokers)
  const admin = kafka.admin()
  await admin.connect()
  const ends = new Map((await admin.fetchTopicOffsets(topic)).map((p) => [p.partition, Number(p.high)]))
  await admin.disconnect()
  const records: Read[] = []
  const open = new Set([...ends].flatMap(([partition, end]) => (end > 0 ? [partition] : [])))
  if (open.size === 0) return records
  const consumer: Consumer = kafka.consumer({
    groupId: `reader-${topic}-${Date.now()}`,
    maxWaitTimeInMs: 50,
    partitionAssigners: [kafkajs.PartitionAssigners.roundRobin],
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen = new Set<string>()
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${topic} is not read to its end`)), within)
    const reached = (partition: number, last: number) => {
      if (last + 1 >= ends.get(partition)!) open.delete(partition)
      if (open.size > 0) return
      clearTimeout(timer)
      resolve()
    }
    // Said of every batch, also of one that holds marks of transactions alone.
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) =>
      reached(payload.partition, Number(payload.lastOffset)),
    )
    void consumer.run({
      autoCommit: false,
      eachBatch: async (payload) => {
        for (const record of await recordsOf(payload)) {
          const place = `${record.partition}/${record.offset}`
          if (seen.has(place)) continue
          seen.add(place)
          records.push(record)
        }
      },
    })
  }).finally(() => void consumer.disconnect().catch(() => undefined))
  return records
}

/** How many offsets before the last are in none of the records; marks of transactions are such, and nothing else should be. */
export function unreadOf(records: readonly Read[]): number {
  const ends = new Map<number, number>()
  for (const { partition, offset } of records)
    ends.set(partition, Math.max(ends.get(partition) ?? 0, offset + 1))
  return [...ends.values()].reduce((sum, end) => sum + end, 0) - records.length
}
