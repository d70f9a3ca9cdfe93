import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { endProcess, kafkaMissing, removeAtExit } from './kafka-broker.ts'

/** The last version for Java 11; it keeps its schemas in memory. */
const VERSION = '2.6.13.Final'
const MAVEN_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy'
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sigwatch')
const FOLDER = join(CACHE, `apicurio-${VERSION}`)

/** Apicurio Registry, which implements the REST API of Confluent Schema Registry. */
export interface Apicurio {
  /** Base URL of that API. */
  readonly url: string
  /** Registers a schema; resolves with its id. */
  register(subject: string, schema: string, more?: object): Promise<number>
  /** Kills it; its schemas are lost. */
  kill(): Promise<void>
  /** Starts it on the same socket port. */
  start(): Promise<void>
}

/** Whether it is downloaded already, or Java and Maven are installed to download it once. */
export function apicurioAvailable(): boolean {
  return existsSync(FOLDER) || kafkaMissing() === undefined
}

export async function startApicurio(): Promise<Apicurio> {
  fetchOnce()
  const port = await freePort()
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-apicurio-'))
  const runner = readdirSync(FOLDER).find((name) => name.endsWith('-runner.jar'))!
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`
  let child: ChildProcess | undefined
  const start = async () => {
    const log = openSync(join(dir, 'log'), 'a')
    const settings = [`-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1']
    const jvm = ['-Xmx300m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']
    child = spawn('java', [...jvm, ...settings, '-jar', join(FOLDER, runner)], {
      stdio: ['ignore', log, log],
    })
    closeSync(log)
    removeAtExit(child, dir)
    for (const deadline = Date.now() + 150_000; ; await sleep(200)) {
      const answers = await fetch(`${url}/subjects`).then(
        ({ ok }) => ok,
        () => false,
      )
      if (answers) return
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`Apicurio does not start:\n${readFileSync(join(dir, 'log'), 'utf8').slice(-2_000)}`)
    }
  }
  await start()
  return {
    url,
    start,
    kill: () => endProcess(child!, 'SIGKILL'),
    async register(subject, schema, more = {}) {
      const response = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: JSON.stringify({ schema, ...more }),
      })
      const answer = (await response.json()) as { id?: number }
      if (answer.id === undefined) throw new Error(`not registered: ${JSON.stringify(answer)}`)
      return answer.id
    },
  }
}

/** The folder is renamed last, so if it exists it is complete. */
function fetchOnce(): void {
  if (existsSync(FOLDER)) return
  mkdirSync(CACHE, { recursive: true })
  const partial = mkdtempSync(`${FOLDER}-`)
  const artifact = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`
  const copied = mkdtempSync(join(tmpdir(), 'sigwatch-apicurio-'))
  const options = [`-Dartifact=${artifact}`, `-DoutputDirectory=${copied}`]
  execFileSync('mvn', ['-q', '-B', MAVEN_PLUGIN, ...options], { stdio: ['ignore', 2, 2], cwd: copied })
  execFileSync('tar', ['xzf', join(copied, readdirSync(copied)[0]!), '-C', partial])
  rmSync(copied, { recursive: true })
  renameSync(partial, FOLDER)
}
