import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Environment, type Service, startService } from '../helpers/service.ts'
import type { ShiftedClock } from '../helpers/shifted-clock.ts'

/** How long catching up may take, ms. */
const WITHIN = 300_000
const HEALTH_EVERY = 100

/** The instances of one cell. */
export class Instances {
  readonly #env: Environment
  /** Of the first one. */
  readonly #clock: ShiftedClock | undefined
  readonly #all: Service[] = []
  #started = false
  running: readonly Service[] = []
  /** The most memory that one of them had, MB. */
  mostResident = 0

  constructor(env: Environment, clock?: ShiftedClock) {
    this.#env = env
    this.#clock = clock
  }

  async start(): Promise<Service> {
    const shifted = this.#clock && !this.#started ? this.#clock.env : {}
    this.#started = true
    const service = await startService({ ...this.#env, ...shifted })
    this.#all.push(service)
    this.running = [...this.running, service]
    return service
  }

  /** Starts some; `inTurn`: each when those before have partitions, so that the first has the most to say. */
  async startSome(count: number, inTurn: boolean): Promise<void> {
    if (!inTurn) {
      await Promise.all(Array.from({ length: count }, () => this.start()))
      return
    }
    for (let n = 0; n < count; n++) {
      const service = await this.start()
      await this.until(() => hasPartitions(service))
    }
  }

  async kill(instance: Service): Promise<void> {
    this.running = this.running.filter((other) => other !== instance)
    await instance.kill()
  }

  async leave(instance: Service): Promise<void> {
    this.running = this.running.filter((other) => other !== instance)
    const code = await instance.stop()
    if (code !== 0) throw new Error(`an instance left with ${code}:\n${instance.stderr.slice(-3_000)}`)
  }

  /** Resolves when the condition holds; rejects when an instance ends by itself, or after some minutes. */
  async until(condition: () => boolean): Promise<void> {
    for (const until = Date.now() + WITHIN; !condition(); await sleep(200)) {
      const ended = this.running.find((service) => service.exited)
      if (ended)
        throw new Error(`an instance ended with ${ended.child.exitCode}:\n${ended.stderr.slice(-3_000)}`)
      if (Date.now() > until)
        throw new Error(`not done:\n${(await Promise.all(this.running.map(standing))).join('\n')}`)
    }
  }

  /** Writes what each of them logged into a file of the folder. */
  keepLogs(folder: string): void {
    for (const { child, stderr } of this.#all)
      writeFileSync(join(folder, `instance-${child.pid}.log`), stderr)
  }

  /** Whether one of these events is in the log of an instance. */
  said(events: readonly string[]): boolean {
    return this.#all.some(({ log }) => log.some(({ event }) => events.includes(event)))
  }

  /** Looks at memory until the returned function is called. */
  watchMemory(): () => void {
    const looking = setInterval(() => {
      for (const service of this.running) this.mostResident = Math.max(this.mostResident, service.resident())
    }, 500)
    return () => clearInterval(looking)
  }

  /**
   * Asks each instance for `/healthz`, from when it has partitions on, until it is stopped. The longest time that an answer took,
   * ms, is counted in ticks: a pause of this process is none of an instance.
   */
  watchHealth(): { stop(): void; slowest(): number } {
    const asked = new Map<Service, number>()
    let [tick, slowest] = [0, 0]
    const ask = async (service: Service) => {
      asked.set(service, tick)
      await service.get('/healthz').catch(() => undefined)
      asked.delete(service)
    }
    const timer = setInterval(() => {
      tick++
      for (const service of this.running) {
        const since = asked.get(service)
        if (since !== undefined) slowest = Math.max(slowest, (tick - since) * HEALTH_EVERY)
        else if (hasPartitions(service)) void ask(service)
      }
    }, HEALTH_EVERY)
    return { stop: () => clearInterval(timer), slowest: () => slowest }
  }

  /** Gathers what `/readyz` of any instance says, but for what a start says, until the returned function is called. */
  watchReadiness(said: Set<string>): () => Promise<void> {
    let over = false
    const watching = (async () => {
      for (; !over; await sleep(250)) {
        for (const service of this.running)
          for (const reason of await reasonsOf(service))
            if (!/starting|joining|preparing|not read to their end|not started/.test(reason))
              said.add(reason.replace(/\d+/g, 'N'))
      }
    })()
    return async () => {
      over = true
      await watching
    }
  }

  /**
   * Why some of them are still not ready after some seconds, with what they logged last; empty: all are ready, or say no
   * more than what is allowed.
   */
  async unready(allowed?: RegExp): Promise<readonly string[]> {
    for (const until = Date.now() + 15_000; ; await sleep(500)) {
      const found = await Promise.all(
        this.running.map(async (service) => ({
          service,
          reasons: (await reasonsOf(service)).filter((reason) => !allowed?.test(reason)),
        })),
      )
      const waiting = found.filter(({ reasons }) => reasons.length > 0)
      if (waiting.length === 0) return []
      if (Date.now() > until)
        return waiting.map(
          ({ service, reasons }) => `${reasons.join(' · ')}\n${service.stderr.slice(-1_500)}`,
        )
    }
  }

  async stop(): Promise<void> {
    const stopping = this.running
    const codes = await Promise.all(stopping.map((service) => service.stop()))
    this.running = []
    const failed = stopping[codes.findIndex((code) => code !== 0)]
    if (failed) throw new Error(`an instance ended with ${codes.join()}:\n${failed.stderr.slice(-3_000)}`)
  }

  async killAll(): Promise<void> {
    await Promise.all(this.running.map((service) => service.kill()))
    this.running = []
  }
}

function hasPartitions({ log }: Service): boolean {
  return log.some(({ event }) => event === 'partitions_assigned')
}

const TELLING = /^sigwatch_(consumer_lag|oldest|assigned|partition_event|features_degraded |watermark)/

/** Why an instance is not ready; empty: it is, or does not answer. */
async function reasonsOf(service: Service): Promise<readonly string[]> {
  try {
    const { status, body } = await service.get('/readyz')
    return status === 200 ? [] : (JSON.parse(body) as { reasons: string[] }).reasons
  } catch {
    return []
  }
}

/** What an instance says of itself. */
async function standing(service: Service): Promise<string> {
  const [ready, metrics] = await Promise.all([service.get('/readyz'), service.get('/metrics')])
  const lines = metrics.body.split('\n').filter((line) => TELLING.test(line))
  return [ready.body, ...lines, service.stderr.slice(-2_000)].join('\n')
}
