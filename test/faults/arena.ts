import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tolerateLeaderlessPartitions } from '../../src/adapters/kafka/metadata.ts'
import { seededRandom } from '../helpers/fake-brokers.ts'
import type { FaultProxy } from '../helpers/fault-proxy.ts'
import { plainClient, type Read } from '../helpers/kafka-client.ts'
import { type KafkaCluster, startKafkaCluster } from '../helpers/kafka-cluster.ts'
import { until } from '../helpers/recording-handler.ts'
import { type Ping, RedisProbe } from '../helpers/redis-probe.ts'
import { type Environment, type Service, TOKEN_KEY } from '../helpers/service.ts'
import { produceKeyed } from '../helpers/service-topics.ts'
import { ShiftedClock } from '../helpers/shifted-clock.ts'
import { simulateLive, simulateTraffic, simulateTrial, type Traffic } from '../helpers/traffic.ts'
import { compareCounts } from './counts.ts'
import { compareInput, createInput, endsOf, produceLive } from './input.ts'
import { Instances } from './instances.ts'
import { type CellResult, decisionsOf, type Expected, judge, undueLetters } from './judge.ts'
import {
  type CommitSeen,
  type InputRecord,
  type Places,
  placesOf,
  readWhole,
  unreadOf,
  watchCommits,
} from './place.ts'
import { type MakeBatches, type PlacedRecord, plant } from './planted.ts'
import { ReplaceableRedis } from './replaceable-redis.ts'
import { holds } from './results.ts'
import { runUndisturbed } from './undisturbed.ts'

/** What a cell may do to the servers and instances while records are processed. */
export interface Battle {
  readonly cluster: KafkaCluster
  readonly redis: FaultProxy
  readonly topic: string
  readonly groupId: string
  readonly random: () => number
  /** Instances that run now. */
  readonly instances: readonly Service[]
  startInstance(): Promise<Service>
  kill(instance: Service): Promise<void>
  /** Stops it as an operator does. */
  leave(instance: Service): Promise<void>
  /** Records that are committed. */
  committed(): number
  /** Their share of all, from 0 to 1. */
  done(): number
  /** Resolves when this share is committed. */
  reach(share: number): Promise<void>
  /** Resolves when all records of the partitions other than this one are committed. */
  reachOthers(partition: number): Promise<void>
  /** Lets an older copy take the place of Redis: see `copyRedis`. */
  replaceRedis(): void
  /** Makes a replica of Redis that then stops replicating. */
  copyRedis(): Promise<void>
  /** Resolves when Redis has counts, and when it has some that the copy lacks. */
  counted(): Promise<void>
  notCopied(): Promise<void>
  /** Empties Redis. */
  emptyRedis(): Promise<void>
  /** Sets the wall clock of the first instance, ms from the right one, in a cell that says what it is at the start. */
  setClock(offset: number): void
}

export interface Cell {
  readonly name: string
  /** Description of the fault, for docs/faults.md. */
  readonly what: string
  /** Resolves when its faults are over; the remaining records are processed without faults. */
  readonly fault: (battle: Battle) => Promise<void>
  /** Present: records come while it lasts, so many a second over so many minutes, and not as a backlog. */
  readonly live?: {
    readonly perSecond: number
    readonly minutes: number
    /**
     * Present: they are those of a trial, whose events come early, and the event time of the first record is so many ms
     * ago. All of them come, at this rate of lawful ones.
     */
    readonly trialBegan?: number
  }
  /** Default: two. */
  readonly instances?: number
  /** Settings of the instances that differ from those of the other cells. */
  readonly env?: Environment
  /** Wall clocks at the start, ms from the right one: of the first instance, and of Redis. */
  readonly clocks?: { readonly first?: number; readonly redis?: number }
  /** What stands between the records of a backlog. */
  readonly batches?: MakeBatches
  /** Whether the fault is never over: what `tells` is still said at the end. */
  readonly lasts?: boolean
  /** Whether `/healthz` has to answer within 2 s throughout. */
  readonly answers?: boolean
  /** Has the last partition of the input on this broker alone. */
  readonly lastPartitionOn?: number
  /** What `/readyz` of some instance must say while the fault lasts; absent: it may go unnoticed. */
  readonly tells?: RegExp
  /** Share of the records whose verdicts may be there again, from 0 to 1; absent: any. */
  readonly mostRepeated?: number
  /** What it must not report: an outage of something that kept working. */
  readonly denies?: RegExp
}

const DEPLOYMENT = 'faults'
const PARTITIONS = 12
/** Time to bring up the instances before live records come, ms. */
const LEAD = 60_000
/** How long anything may take to be counted, ms. */
const WITHIN = 120_000
const LINE_END = Buffer.from('\n')
const OUTPUTS = ['alerts', 'deadLetters', 'verdicts'] as const

/** One cluster, one Redis and one traffic for all cells; each cell has topics, a group and an empty Redis of its own. */
export class Arena {
  readonly cluster: KafkaCluster
  readonly redis: ReplaceableRedis
  readonly #folder: string
  readonly #count: number
  readonly #traffic: Traffic
  readonly #undisturbed: Expected
  #cells = 0

  private constructor(parts: {
    cluster: KafkaCluster
    redis: ReplaceableRedis
    folder: string
    count: number
    traffic: Traffic
    undisturbed: Expected
  }) {
    this.cluster = parts.cluster
    this.redis = parts.redis
    this.#folder = parts.folder
    this.#count = parts.count
    this.#traffic = parts.traffic
    this.#undisturbed = parts.undisturbed
  }

  static async open(count: number): Promise<Arena> {
    const folder = mkdtempSync(join(tmpdir(), 'sigwatch-faults-'))
    // Whoever watches the commits has to see them too.
    tolerateLeaderlessPartitions()
    const cluster = await startKafkaCluster()
    const redis = await ReplaceableRedis.start()
    const traffic = await simulateTraffic(folder, count)
    const undisturbed = await expectedOf(folder, traffic.file, undisturbedEnvironment(traffic))
    return new Arena({ cluster, redis, folder, count, traffic, undisturbed })
  }

  async close(): Promise<void> {
    await this.cluster.stop()
    await this.redis.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /**
   * Puts the records into a topic of the cell's own, lets instances loose on them, and looks at what came of it. With `keep`,
   * a folder, it leaves there what a cell that does not hold has left behind.
   */
  async run(
    cell: Cell,
    seed: number,
    { delivery, keep }: Pick<CellResult, 'delivery'> & { readonly keep?: string } = {},
  ): Promise<CellResult> {
    const began = Date.now()
    const { cluster, redis } = this
    const client = plainClient(cluster.direct)
    const name = `${cell.name}-${++this.#cells}`
    const topic = `${name}.messages`
    const outputs = Object.fromEntries(OUTPUTS.map((use) => [use, `${name}.${use}`]))
    await createInput(client, topic, PARTITIONS, cell)
    for (const output of Object.values(outputs))
      await client.createTopic({ config: { 'message.timestamp.type': 'LogAppendTime' } }, output)
    await redis.reset(cell.clocks?.redis)
    const traffic = await this.#trafficOf(cell)
    const planted = cell.batches ? await plant(cluster, topic, traffic, cell.batches) : undefined
    if (!cell.live && !planted) await produceKeyed(client, topic, traffic.records)

    const commits = watchCommits(cluster.direct, name, topic)
    const environment = { ...this.#environment(traffic, name, topic, outputs), ...cell.env }
    const clock = cell.clocks?.first === undefined ? undefined : new ShiftedClock(cell.clocks.first)
    const instances = new Instances(
      delivery ? { ...environment, SIGWATCH_DELIVERY: delivery } : environment,
      clock,
    )
    const records = planted?.length ?? traffic.records.length
    const ends = await endsOf(client, topic)
    const battle = this.#battle({ topic, groupId: name, seed, records, ends, commits, instances, clock })
    const said = new Set<string>()
    let unready: readonly string[] = []
    let caughtUp = 0
    const looking = instances.watchMemory()
    const health = instances.watchHealth()
    const probe = new RedisProbe(redis.port)
    let pings: readonly Ping[] = []
    try {
      await instances.startSome(cell.instances ?? 2, clock !== undefined)
      const watching = instances.watchReadiness(said)
      const producing = cell.live ? produceLive(client, topic, traffic) : undefined
      await Promise.all([cell.fault(battle), producing]).finally(watching)
      const over = Date.now()
      const end = (await endsOf(client, topic)).reduce((sum, high) => sum + high, 0)
      await instances.until(() => commits.total() >= end)
      caughtUp = Math.round((Date.now() - over) / 1000)
      // What a dead instance left in the outbox is sent again after 5 s.
      await sleep(8_000)
      unready = await instances.unready(cell.lasts ? cell.tells : undefined)
      await instances.stop()
    } finally {
      looking()
      health.stop()
      clock?.remove()
      pings = probe.stop()
      await instances.killAll()
      await commits.stop()
      await this.#heal()
    }
    // What the cell itself put between the records is more than a plain client can read.
    const [input, alerts, letters, verdicts] = await Promise.all([
      planted ?? readWhole(cluster.direct, topic),
      ...OUTPUTS.map((use) => readWhole(cluster.direct, outputs[use]!)),
    ])
    const given = input.map(asInput)
    const { lost, repeated } = planted ? { lost: 0, repeated: 0 } : compareInput(traffic.records, input)
    if (lost > 0) throw new Error(`${lost} records were sent and are not in ${topic}`)
    const expected = planted
      ? await this.#expectedOfPlanted(traffic, planted)
      : cell.live
        ? await this.#expectedOf(traffic, input)
        : this.#undisturbed
    const scope = { deployment: DEPLOYMENT, clusterId: await client.clusterId(), topic }
    const counts = await compareCounts(redis.direct, scope, expected.observations)
    const isTold =
      (cell.tells === undefined || [...said].some((reason) => cell.tells!.test(reason))) &&
      ![...said].some((reason) => cell.denies?.test(reason))
    const places = placesOf(given, verdicts!, letters!, commits.seen)
    const result = judge({
      cell: cell.name,
      isTold,
      isMarkTold: counts.marked === 0 || instances.said(['features_degraded', 'counts_lost']),
      unready,
      said,
      seed,
      records: input.length,
      ...(cell.answers ? { slowestHealth: health.slowest() } : {}),
      undueLetters: undueLetters(input, letters!),
      seconds: Math.round((Date.now() - began) / 1000),
      caughtUp,
      resident: Math.round(instances.mostResident),
      places,
      input: given,
      sentAgain: repeated,
      counts,
      pings,
      expected,
      alerts: alerts!,
      verdicts: verdicts!,
      letters: letters!,
      ...(delivery ? { delivery } : {}),
      ...(cell.mostRepeated === undefined ? {} : { mostRepeated: cell.mostRepeated }),
    })
    if (holds({ ...result, commit: '', at: '' })) return result
    if (keep !== undefined) {
      const folder = join(keep, `${name}-seed-${seed}`)
      mkdirSync(folder, { recursive: true })
      instances.keepLogs(folder)
      this.#keep(folder, name, {
        ...{ result, places, commits: commits.seen },
        outputs: { alerts: alerts!, letters: letters!, verdicts: verdicts! },
      })
    }
    return {
      ...result,
      detail: [
        ...result.detail,
        ...this.#causes(
          OUTPUTS.map((use) => outputs[use]!),
          [alerts!, letters!, verdicts!],
          !delivery,
        ),
      ],
    }
  }

  /** What may stand behind outputs that are missing: the reader did not see them, or brokers gave them up. */
  #causes(topics: readonly string[], records: readonly (readonly Read[])[], isWhole: boolean): string[] {
    return topics.flatMap((topic, n) => {
      const unread = isWhole ? unreadOf(records[n]!) : 0
      return [
        ...(unread > 0 ? [`${topic}: ${unread} offsets were not read`] : []),
        ...this.cluster.cutOff(topic).map((line) => `a broker gave up records: ${line}`),
      ]
    })
  }

  /** Leaves the logs of the brokers, the log segments of the cell, and what was read of its outputs. */
  #keep(
    folder: string,
    name: string,
    found: {
      readonly result: CellResult
      readonly places: Places
      readonly commits: readonly CommitSeen[]
      readonly outputs: Readonly<Record<string, readonly Read[]>>
    },
  ): void {
    const { dir } = this.cluster
    for (const entry of readdirSync(dir).filter((file) => file.endsWith('.log')))
      cpSync(join(dir, entry), join(folder, entry))
    for (const data of readdirSync(dir).filter((entry) => entry.startsWith('data-')))
      for (const entry of readdirSync(join(dir, data)).filter(
        (log) => log.startsWith(`${name}.`) || log.startsWith('__consumer'),
      ))
        cpSync(join(dir, data, entry), join(folder, data, entry), { recursive: true })
    for (const [output, records] of Object.entries(found.outputs)) {
      const lines = records.map(({ partition, offset, timestamp, key, headers, value }) =>
        JSON.stringify({ partition, offset, timestamp, key, headers, value: value?.toString() ?? null }),
      )
      writeFileSync(join(folder, `${output}.jsonl`), `${lines.join('\n')}\n`)
    }
    const { result, places, commits } = found
    writeFileSync(join(folder, 'found.json'), JSON.stringify({ result, places, commits }))
  }

  /** What is worked on: the records of all cells, or live ones that begin shortly. */
  async #trafficOf({ live }: Cell): Promise<Traffic> {
    if (!live) return this.#traffic
    const { perSecond, minutes, trialBegan } = live
    const folder = mkdtempSync(join(this.#folder, 'live-'))
    if (trialBegan !== undefined)
      return simulateTrial(folder, { minutes, rate: perSecond, start: Date.now() - trialBegan })
    const count = Math.min(perSecond * minutes * 60, this.#count)
    return simulateLive(folder, count, { minutes, start: Date.now() + LEAD })
  }

  /** Of what came to be in the topic, in the order in which it was sent. */
  async #expectedOf(traffic: Traffic, input: readonly Pick<Read, 'value'>[]): Promise<Expected> {
    const order = new Map(traffic.records.map(({ value }, n) => [value.toString('latin1'), n]))
    const values = input.map(({ value }) => value!).sort((a, b) => placeIn(order, a) - placeIn(order, b))
    const folder = dirname(traffic.file)
    const file = join(folder, 'sent.jsonl')
    writeFileSync(file, Buffer.concat(values.flatMap((value) => [value, LINE_END])))
    return expectedOf(folder, file, undisturbedEnvironment(traffic))
  }

  /** Of the records of the traffic and those between them that must be judged. */
  async #expectedOfPlanted(traffic: Traffic, planted: readonly PlacedRecord[]): Promise<Expected> {
    const folder = mkdtempSync(join(this.#folder, 'planted-'))
    const file = join(folder, 'sent.jsonl')
    const judged = planted.filter(({ ends }) => ends !== 'buried')
    writeFileSync(file, Buffer.concat(judged.flatMap(({ value }) => [value!, LINE_END])))
    return expectedOf(folder, file, undisturbedEnvironment(traffic))
  }

  #battle(of: {
    readonly topic: string
    readonly groupId: string
    readonly seed: number
    readonly records: number
    /** Of the partitions of a backlog. */
    readonly ends: readonly number[]
    readonly commits: ReturnType<typeof watchCommits>
    readonly instances: Instances
    readonly clock: ShiftedClock | undefined
  }): Battle {
    const { topic, groupId, seed, records, ends, commits, instances, clock } = of
    const { cluster, redis } = this
    return {
      ...{ cluster, topic, groupId, random: seededRandom(seed) },
      redis: redis.proxy,
      get instances() {
        return instances.running
      },
      startInstance: () => instances.start(),
      kill: (instance) => instances.kill(instance),
      leave: (instance) => instances.leave(instance),
      committed: () => commits.total(),
      done: () => commits.total() / records,
      reach: (share) => instances.until(() => commits.total() >= share * records),
      async reachOthers(partition) {
        await instances.until(() => {
          const offsets = commits.seen.at(-1)?.offsets ?? []
          return ends.every((end, p) => p === partition || (offsets[p] ?? 0) >= end)
        })
      },
      copyRedis: () => redis.copy(),
      counted: () => until(async () => (await redis.counted()) > 0, WITHIN),
      notCopied: () => until(async () => (await redis.notCopied()) > 0, WITHIN),
      replaceRedis: () => redis.replace(),
      emptyRedis: () => redis.empty(),
      setClock: (offset) => clock!.set(offset),
    }
  }

  #environment(
    traffic: Traffic,
    groupId: string,
    topic: string,
    outputs: Readonly<Record<string, string>>,
  ): Environment {
    return {
      ...undisturbedEnvironment(traffic),
      KAFKA_BROKERS: this.cluster.brokers.join(','),
      REDIS_URL: this.redis.url,
      SIGWATCH_KAFKA_GROUP_ID: groupId,
      SIGWATCH_KAFKA_TOPICS_MESSAGES: topic,
      SIGWATCH_KAFKA_TOPICS_ALERTS: outputs.alerts!,
      SIGWATCH_KAFKA_TOPICS_DEAD_LETTERS: outputs.deadLetters!,
      SIGWATCH_KAFKA_TOPICS_VERDICTS: outputs.verdicts!,
      ...Object.fromEntries(
        ['REGISTRY', 'CONSENTS', 'REPLIES', 'COMPLAINTS', 'FEEDBACK'].map((side) => [
          `SIGWATCH_KAFKA_TOPICS_${side}`,
          'null',
        ]),
      ),
    }
  }

  /** The next cell finds everything at work, however this one ended. */
  async #heal(): Promise<void> {
    this.redis.proxy.set({ kind: 'none' })
    for (const node of this.cluster.nodes) {
      node.proxy.set({ kind: 'none' })
      node.thaw()
      if (!node.running) await node.start()
    }
  }
}

function undisturbedEnvironment(traffic: Traffic): Environment {
  return {
    SIGWATCH_DEPLOYMENT: DEPLOYMENT,
    SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY,
    SIGWATCH_REGISTRY: traffic.registry,
    // The traffic is of another day.
    SIGWATCH_ALERTS_MAX_AGE: '0',
  }
}

async function expectedOf(folder: string, file: string, env: Environment): Promise<Expected> {
  const { alerts, observations } = await runUndisturbed(folder, file, env)
  return { ...decisionsOf(alerts), observations }
}

/** Where a value was in the order in which it was sent. */
function placeIn(order: ReadonlyMap<string, number>, value: Buffer): number {
  return order.get(value.toString('latin1'))!
}

function asInput({ partition, offset, value }: Pick<Read, 'partition' | 'offset' | 'value'>): InputRecord {
  try {
    const { id } = JSON.parse(String(value)) as { id?: unknown }
    return { partition, offset, id: typeof id === 'string' ? id : undefined }
  } catch {
    return { partition, offset, id: undefined }
  }
}
