import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { until } from './recording-handler.ts'

const ROOT = join(import.meta.dirname, '..', '..')
export const DIST = join(ROOT, 'dist')
export const MAIN = join(DIST, 'main.js')
/** Token key of the tests, 64 characters. */
export const TOKEN_KEY = 'a-key-of-the-tests-that-is-longer-than-thirty-two-bytes-and-fixed'

let built = false

/** Builds `dist` if it is older than the sources, so that the tests run the current code. */
export function ensureBuilt(): void {
  if (built) return
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts', 'setup.mjs')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the build fails:\n${stderr}`)
  built = true
}

export interface Environment {
  readonly [name: string]: string
}

/** Environment of a command: that of the test, without other variables of sigwatch. */
export function environment(env: Environment): NodeJS.ProcessEnv {
  const clean = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('SIGWATCH_') && name !== 'KAFKA_BROKERS' && name !== 'REDIS_URL',
  )
  return { ...Object.fromEntries(clean), ...env }
}

export interface CommandOptions {
  readonly input?: string | Buffer
  readonly env?: Environment
  readonly cwd?: string
  /** Options of Node, such as `--import`. */
  readonly node?: readonly string[]
}

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `sigwatch` until it exits. */
export async function sigwatch(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  ensureBuilt()
  const { input = '', env = {}, cwd, node = [] } = options
  const child = spawn(process.execPath, [...node, MAIN, ...args], {
    env: environment(env),
    stdio: 'pipe',
    ...(cwd === undefined ? {} : { cwd }),
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // A command that rejects its arguments may exit before it reads its input.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }
}

/** One line of the service's log. */
export interface LogLine {
  readonly level: string
  readonly event: string
  readonly [field: string]: unknown
}

/** A running `sigwatch run`. */
export class Service {
  readonly child: ChildProcess
  readonly http: string
  readonly log: LogLine[] = []
  /** Its stderr so far. */
  stderr = ''
  #rest = ''

  constructor(child: ChildProcess, http: string) {
    this.child = child
    this.http = http
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
      this.stderr += chunk
      const lines = (this.#rest + chunk).split('\n')
      this.#rest = lines.pop()!
      for (const line of lines) if (line.startsWith('{')) this.log.push(JSON.parse(line) as LogLine)
    })
  }

  get exited(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** Status and body of a path. */
  async get(path: string): Promise<{ readonly status: number; readonly body: string }> {
    const response = await fetch(`${this.http}${path}`)
    return { status: response.status, body: await response.text() }
  }

  /** Resolves when `/readyz` is 200. */
  async ready(within = 60_000): Promise<this> {
    let last = ''
    await until(
      async () => {
        if (this.exited)
          throw new Error(`it ended with ${this.child.exitCode}:\n${this.stderr.slice(-4_000)}`)
        try {
          const { status, body } = await this.get('/readyz')
          last = body
          if (status === 200) return true
        } catch {
          last = 'no HTTP yet'
        }
        await sleep(100)
        return false
      },
      within,
      () => `not ready: ${last}\n${this.stderr.slice(-4_000)}`,
    )
    return this
  }

  /** Sum of a metric over its labels; 0 if it does not exist yet. */
  async metric(name: string): Promise<number> {
    const { body } = await this.get('/metrics')
    let sum = 0
    for (const line of body.split('\n')) {
      if (!line.startsWith(name)) continue
      const rest = line.slice(name.length)
      if (rest[0] === ' ' || rest[0] === '{') sum += Number(line.slice(line.lastIndexOf(' ') + 1))
    }
    return sum
  }

  /** Suspends its process until `thaw`. */
  freeze(): void {
    this.child.kill('SIGSTOP')
  }

  thaw(): void {
    this.child.kill('SIGCONT')
  }

  /** Resident memory, MB; 0 if the process is gone. */
  resident(): number {
    const status = `/proc/${this.child.pid}/status`
    const [, kB = '0'] = existsSync(status)
      ? (/^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8')) ?? [])
      : []
    return Number(kB) / 1024
  }

  /** Stops it by SIGTERM; resolves with its exit code. */
  async stop(within = 30_000): Promise<number | null> {
    return this.#end('SIGTERM', within)
  }

  /** Kills it, as in a crash. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL', 5_000)
  }

  async #end(signal: NodeJS.Signals, within: number): Promise<number | null> {
    if (this.exited) return this.child.exitCode
    const ended = once(this.child, 'close') as Promise<[number | null]>
    this.child.kill(signal)
    const kill = setTimeout(() => this.child.kill('SIGKILL'), within)
    const [code] = await ended
    clearTimeout(kill)
    return code
  }
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface StartOptions {
  readonly stdin?: 'ignore' | 'pipe'
  /** Options of Node, such as `--cpu-prof`. */
  readonly node?: readonly string[]
  /** Main module of another build. */
  readonly main?: string
}

/** Starts a long-running command with an HTTP server. */
export async function startCommand(
  args: readonly string[],
  env: Environment,
  { stdin = 'ignore', node = [], main = MAIN }: StartOptions = {},
): Promise<Service> {
  ensureBuilt()
  const port = await freePort()
  const child = spawn(process.execPath, [...node, main, ...args], {
    env: environment({ SIGWATCH_HTTP_PORT: String(port), SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY, ...env }),
    stdio: [stdin, 'ignore', 'pipe'],
  })
  running.add(child)
  child.on('close', () => running.delete(child))
  return new Service(child, `http://127.0.0.1:${port}`)
}

/** Starts `sigwatch run` configured by `env`, without waiting until it is ready. */
export async function startService(
  env: Environment,
  args: readonly string[] = [],
  options: StartOptions = {},
): Promise<Service> {
  return startCommand(['run', ...args], env, options)
}
