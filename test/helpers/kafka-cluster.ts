import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import kafkajs, { type Cluster } from 'kafkajs'
import { FaultProxy } from './fault-proxy.ts'
import { freePort } from './free-port.ts'
import { answersAt, endProcess, fetchJars, javaArguments, removeAtExit, TEST_BROKER } from './kafka-broker.ts'
import { plainClient } from './kafka-client.ts'

/** A broker of a cluster, which is also a controller. */
export interface ClusterNode {
  readonly id: number
  /** Proxy of the advertised address; traffic between brokers does not pass it. */
  readonly proxy: FaultProxy
  readonly running: boolean
  /** Kills it, as in a crash. */
  kill(): Promise<void>
  /** Controlled shutdown: its partitions move to other brokers first. */
  stop(): Promise<void>
  /** Restarts it with its data; resolves when it answers. */
  start(): Promise<void>
  /** Suspends and resumes its process. */
  freeze(): void
  thaw(): void
}

export interface KafkaCluster {
  /** Addresses through the proxies, for the code under test. */
  readonly brokers: readonly string[]
  /** Addresses without the proxies, for test setup and checks. */
  readonly direct: readonly string[]
  readonly nodes: readonly ClusterNode[]
  /** Makes another replica the leader of each of these partitions. */
  moveLeaders(topic: string, partitions: readonly number[]): Promise<void>
  addPartitions(topic: string, count: number): Promise<void>
  /** The broker that coordinates a group now. */
  coordinator(groupId: string): Promise<ClusterNode>
  stop(): Promise<void>
  /** Folder with settings, logs and data of the brokers, until `stop`. */
  readonly dir: string
  /** Log lines about replicas that truncated records of a topic to follow another leader. */
  cutOff(topic: string): string[]
}

interface Ports {
  readonly client: number
  readonly proxy: number
  readonly inner: number
  readonly controller: number
}

const NODES = [1, 2, 3]
const START_TRIES = 5
/** Truncation at an offset above 0: an empty replica is truncated at 0. */
const CUT_OFF = /ReplicaFetcherThread .* Truncating partition .*offset=[1-9]/
const LOGGING = 'log4j2.properties'
/** Logs elections, truncation and leader changes, which INFO includes. */
const LOGGED = `rootLogger.level = INFO
rootLogger.appenderRef.out.ref = OUT
appender.out.type = Console
appender.out.name = OUT
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1} %m%n
`

/** Starts three brokers with three replicas of every partition and `min.insync.replicas` 2. */
export async function startKafkaCluster(settings: readonly string[] = []): Promise<KafkaCluster> {
  const jars = fetchJars()
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-kafka-cluster-'))
  const ports = new Map<number, Ports>()
  for (const id of NODES) {
    ports.set(id, {
      client: await freePort(),
      proxy: await freePort(),
      inner: await freePort(),
      controller: await freePort(),
    })
  }
  writeFileSync(join(dir, LOGGING), LOGGED)
  const voters = [...ports].map(([id, { controller }]) => `${id}@127.0.0.1:${controller}`).join(',')
  const uuid = randomBytes(16).toString('base64url').replace(/^-/, 'A')
  const nodes = await Promise.all(
    [...ports].map(async ([id, own]) => {
      const config = join(dir, `server-${id}.properties`)
      writeFileSync(config, [...propertiesOf(id, own, voters, dir), ...settings, ''].join('\n'))
      const format = javaArguments(
        jars,
        '128m',
        'kafka.tools.StorageTool',
        'format',
        '-t',
        uuid,
        '-c',
        config,
      )
      await promisify(execFile)('java', format)
      const proxy = await FaultProxy.start(own.proxy, own.client)
      return new Node({ id, proxy, jars, config, dir, address: `127.0.0.1:${own.inner}` })
    }),
  )
  // Start all at once: the controllers need a majority.
  await Promise.all(nodes.map((node) => node.start()))
  const direct = [...ports.values()].map(({ inner }) => `127.0.0.1:${inner}`)
  const { kafka } = plainClient(direct)
  return {
    dir,
    cutOff: (topic) =>
      NODES.flatMap((id) => readFileSync(logOf(dir, id), 'utf8').split('\n')).filter(
        (line) => CUT_OFF.test(line) && line.includes(` ${topic}-`),
      ),
    brokers: [...ports.values()].map(({ proxy }) => `127.0.0.1:${proxy}`),
    direct,
    nodes,
    async moveLeaders(topic, partitions) {
      const admin = kafka.admin()
      await admin.connect()
      try {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
        const partitionAssignment = topics[0]!.partitions
          .filter((p) => partitions.includes(p.partitionId))
          .map(({ partitionId, replicas, leader, isr }) => {
            const next = isr.find((replica) => replica !== leader) ?? leader
            return { partition: partitionId, replicas: [next, ...replicas.filter((r) => r !== next)] }
          })
        await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] })
        const ids = partitionAssignment.map((p) => p.partition)
        const alive = nodes.find((node) => node.running)
        await electPreferred(Number(alive!.address.split(':')[1]), topic, ids)
      } finally {
        await admin.disconnect()
      }
    },
    async addPartitions(topic, count) {
      const admin = kafka.admin()
      await admin.connect()
      await admin.createPartitions({ topicPartitions: [{ topic, count }] })
      await admin.disconnect()
    },
    async coordinator(groupId) {
      let cluster: Cluster | undefined
      const consumer = kafka.consumer({
        groupId,
        partitionAssigners: [
          (config) => {
            cluster = config.cluster
            return kafkajs.PartitionAssigners.roundRobin(config)
          },
        ],
      })
      await consumer.connect()
      try {
        await cluster!.refreshMetadata()
        const { coordinator } = await cluster!.findGroupCoordinatorMetadata({ groupId })
        return nodes.find((node) => node.id === Number(coordinator.nodeId))!
      } finally {
        await consumer.disconnect()
      }
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.kill()))
      await Promise.all(nodes.map((node) => node.proxy.stop()))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface NodeParts {
  readonly id: number
  readonly proxy: FaultProxy
  readonly jars: string
  readonly config: string
  readonly dir: string
  /** Address at which it is watched. */
  readonly address: string
}

class Node implements ClusterNode {
  readonly id: number
  readonly proxy: FaultProxy
  readonly address: string
  readonly #parts: NodeParts
  #child: ChildProcess | undefined

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.id = parts.id
    this.proxy = parts.proxy
    this.address = parts.address
  }

  get running(): boolean {
    return this.#child !== undefined
  }

  /** Retries, as another connection may have taken one of its ports while it was down. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const child = this.#spawn()
      this.#child = child
      try {
        await answersAt(this.address, child, this.#log)
        return
      } catch (error) {
        if (child.exitCode === null || attempt === START_TRIES) throw error
        await sleep(2_000)
      }
    }
  }

  get #log(): string {
    return logOf(this.#parts.dir, this.id)
  }

  #spawn(): ChildProcess {
    const { jars, config, dir } = this.#parts
    const log = openSync(this.#log, 'a')
    const logging = `-Dlog4j2.configurationFile=${join(dir, LOGGING)}`
    const child = spawn('java', [logging, ...javaArguments(jars, '400m', 'kafka.Kafka', config)], {
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    removeAtExit(child, dir)
    return child
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child) await endProcess(child, signal)
  }
}

function logOf(dir: string, id: number): string {
  return join(dir, `broker-${id}.log`)
}

function propertiesOf(id: number, { client, proxy, inner, controller }: Ports, voters: string, dir: string) {
  return [
    ...TEST_BROKER,
    `node.id=${id}`,
    `controller.quorum.voters=${voters}`,
    `listeners=CLIENT://127.0.0.1:${client},INNER://127.0.0.1:${inner},CONTROLLER://127.0.0.1:${controller}`,
    `advertised.listeners=CLIENT://127.0.0.1:${proxy},INNER://127.0.0.1:${inner}`,
    'listener.security.protocol.map=CLIENT:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=INNER',
    `log.dirs=${join(dir, `data-${id}`)}`,
    'default.replication.factor=3',
    'min.insync.replicas=2',
    'offsets.topic.replication.factor=3',
    'transaction.state.log.replication.factor=3',
    'transaction.state.log.min.isr=2',
    'broker.session.timeout.ms=4000',
    'replica.lag.time.max.ms=5000',
    'num.network.threads=2',
    'num.io.threads=4',
  ]
}

const ELECT_LEADERS = 43

/** Makes the first replica of each partition its leader. The client lacks this request (ElectLeaders, version 1). */
async function electPreferred(port: number, topic: string, partitions: readonly number[]): Promise<void> {
  const name = Buffer.from(topic)
  const header = Buffer.alloc(10)
  header.writeInt16BE(ELECT_LEADERS, 0)
  header.writeInt16BE(1, 2)
  header.writeInt16BE(-1, 8)
  // Preferred election; one topic.
  const body = Buffer.alloc(1 + 4 + 2)
  body.writeInt32BE(1, 1)
  body.writeInt16BE(name.length, 5)
  const ids = Buffer.alloc(4 + 4 * partitions.length + 4)
  ids.writeInt32BE(partitions.length, 0)
  partitions.forEach((partition, i) => {
    ids.writeInt32BE(partition, 4 + 4 * i)
  })
  ids.writeInt32BE(5_000, 4 + 4 * partitions.length)
  const request = Buffer.concat([header, body, name, ids])
  const size = Buffer.alloc(4)
  size.writeInt32BE(request.length)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.setTimeout(10_000, () => socket.destroy())
  socket.write(Buffer.concat([size, request]))
  await Promise.race([once(socket, 'data'), once(socket, 'close')])
  socket.destroy()
}
