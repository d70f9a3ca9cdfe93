import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { freePort } from './free-port.ts'
import { fetchMavenJars, jarsFolder } from './maven-jars.ts'

export interface KafkaBroker {
  /** `host:port` */
  readonly brokers: readonly string[]
}

/** A broker started by a test, which may stop it. */
export interface OwnKafkaBroker extends KafkaBroker {
  readonly process: ChildProcess
  /** Folder with configuration, log and data, until `stop`. */
  readonly dir: string
  /** Stops it and removes its data. */
  stop(): Promise<void>
  /** Kills it, as in a crash; `start` restarts it on the same port with its data. */
  kill(): Promise<void>
  start(): Promise<void>
}

const VERSION = '4.3.1'
const JARS = `kafka-${VERSION}`
/** The jar added last to the pom: a folder without it is outdated. */
const LOGGING_JAR = 'log4j-slf4j-impl-2.25.4.jar'

/** What `startOwnKafka` requires and is not installed; undefined if nothing is missing. */
export function kafkaMissing(): string | undefined {
  const java = javaVersion()
  if (java === undefined || java < 17) return 'a Java runtime of version 17 or later'
  if (existsSync(jarsFolder(JARS))) return undefined
  return answers('mvn', ['-v']) ? undefined : 'Maven, which fetches the broker once'
}

/** Whether a broker is available: `KAFKA_BROKERS`, or Java and Maven to start one. */
export function kafkaAvailable(): boolean {
  return process.env.KAFKA_BROKERS !== undefined || kafkaMissing() === undefined
}

const running = new Map<ChildProcess, string>()
process.on('exit', () => {
  for (const [child, dir] of running) {
    child.kill('SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
})

/** The brokers of `KAFKA_BROKERS`, which `stop` does not affect, else a broker started for the caller. */
export async function startKafka(): Promise<KafkaBroker & { stop(): Promise<void> }> {
  const given = process.env.KAFKA_BROKERS
  return given === undefined ? startOwnKafka() : { brokers: given.split(','), stop: async () => {} }
}

export interface BrokerOptions {
  /** Additional lines of server.properties, which take precedence; `inner`: port of the internal listener. */
  readonly settings?: (port: number, controller: number, inner: number) => readonly string[]
  /** A SCRAM user to create. */
  readonly scram?: { readonly user: string; readonly password: string }
  /** JVM options; default: QUICK_START. */
  readonly jvm?: readonly string[]
}

/** JVM options for a quick start; they slow down code that runs for minutes. */
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
/** JVM options of Kafka's start script. */
export const PRODUCTION_JVM = [
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
]

/** Starts a single node on free ports, with its data in a new folder. */
export async function startOwnKafka({ settings, scram, jvm }: BrokerOptions = {}): Promise<OwnKafkaBroker> {
  const jars = fetchJars()
  const [port, controller, inner] = [await freePort(), await freePort(), await freePort()]
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-kafka-'))
  const config = join(dir, 'server.properties')
  const own = settings?.(port, controller, inner) ?? []
  writeFileSync(config, [...propertiesOf(port, controller, dir), ...own, ''].join('\n'))
  const uuid = randomBytes(16).toString('base64url').replace(/^-/, 'A')
  const users = (scram ? ['SCRAM-SHA-256', 'SCRAM-SHA-512'] : []).flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${scram!.user},password=${scram!.password}]`,
  ])
  execFileSync(
    'java',
    javaArguments(jars, '256m', 'kafka.tools.StorageTool', 'format', '-t', uuid, '-c', config, ...users),
    {
      stdio: 'ignore',
    },
  )

  const address = `127.0.0.1:${port}`
  // If the settings may require a login, watch the broker on its internal listener.
  const watched = own.length > 0 ? `127.0.0.1:${inner}` : address
  let child: ChildProcess | undefined
  const start = async () => {
    const log = openSync(join(dir, 'broker.log'), 'a')
    child = spawn('java', [...(jvm ?? QUICK_START), ...classArguments(jars, '768m', 'kafka.Kafka', config)], {
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    removeAtExit(child, dir)
    await answersAt(watched, child, join(dir, 'broker.log'))
  }
  const end = async (signal: NodeJS.Signals) => {
    if (!child) return
    await endProcess(child, signal)
    running.delete(child)
  }
  await start()
  return {
    brokers: [address],
    dir,
    get process() {
      return child!
    },
    start,
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Kills a child process and removes its folder when this process exits. */
export function removeAtExit(child: ChildProcess, dir: string): void {
  running.set(child, dir)
}

/** Arguments of `java` for a broker or one of its tools. */
export function javaArguments(jars: string, heap: string, main: string, ...args: string[]): string[] {
  return [...QUICK_START, ...classArguments(jars, heap, main, ...args)]
}

function classArguments(jars: string, heap: string, main: string, ...args: string[]): string[] {
  return [`-Xmx${heap}`, '-cp', join(jars, '*'), main, ...args]
}

/** Settings of every broker of tests, in server.properties. */
export const TEST_BROKER: readonly string[] = [
  'process.roles=broker,controller',
  'controller.listener.names=CONTROLLER',
  'offsets.topic.num.partitions=4',
  'transaction.state.log.num.partitions=4',
  'group.initial.rebalance.delay.ms=0',
  // After a crash, a broker can rejoin only when its last session has expired.
  'broker.heartbeat.interval.ms=500',
  'auto.create.topics.enable=false',
  // Tests write records with timestamps of the past; only they delete records.
  'log.retention.ms=-1',
]

function propertiesOf(port: number, controller: number, dir: string): string[] {
  return [
    ...TEST_BROKER,
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    `log.dirs=${join(dir, 'data')}`,
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'broker.session.timeout.ms=2000',
  ]
}

function javaVersion(): number | undefined {
  try {
    const text = execFileSync('java', ['--version'], { encoding: 'utf8' })
    return Number(/ (\d+)/.exec(text)?.[1])
  } catch {
    return undefined
  }
}

function answers(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Folder with the jars of the broker and its tools; downloads them if needed. */
export function fetchJars(): string {
  return fetchMavenJars(join(import.meta.dirname, 'maven/pom.xml'), JARS, LOGGING_JAR)
}

/** Resolves when the broker answers and has a group coordinator; rejects with the tail of its log. */
export async function answersAt(address: string, child: ChildProcess, log: string): Promise<void> {
  const kafka = new kafkajs.Kafka({
    brokers: [address],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0, initialRetryTime: 50 },
  })
  const deadline = Date.now() + 120_000
  for (;;) {
    const admin = kafka.admin()
    try {
      await admin.connect()
      await admin.describeCluster()
      await admin.fetchOffsets({ groupId: 'startup', topics: [] })
      return
    } catch (error) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        throw new Error(`the broker does not start:\n${readFileSync(log, 'utf8').slice(-2_000)}`, {
          cause: error,
        })
      }
      await sleep(100)
    } finally {
      await admin.disconnect().catch(() => undefined)
    }
  }
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  const kill = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(kill)
}
