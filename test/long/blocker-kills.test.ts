import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, BlockingPlay, type PlayedState, post } from '../helpers/blocking-play.ts'
import { freePort } from '../helpers/free-port.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../helpers/redis-server.ts'
import { ensureBuilt, type Service, startCommand, TOKEN_KEY } from '../helpers/service.ts'
import { describeWith, useKafka } from '../helpers/services.ts'

const ROOT = join(import.meta.dirname, '../..')
const KILLS = 20
/** After a change the two may differ for so long, ms. */
const SETTLES = 2_000

interface Verdict {
  readonly action: string
  readonly states: readonly string[]
}

interface Asked {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly text: string
  readonly part?: { readonly ref: number; readonly index: number; readonly count: number }
}

/** examples/blocker, which is written from docs/blocking.md alone, next to `sigwatch blocker`, which is killed repeatedly. */
describeWith(['kafka', 'redis'], 'sigwatch blocker and the independent one', () => {
  const kafka = useKafka()
  let play: BlockingPlay
  let redis: RedisServer
  let own: Service
  let address = ''
  let example: ChildProcess
  let exampleAt = ''
  let port = 0
  let random = 7
  const draw = (n: number) => {
    random = (random * 48_271) % 2_147_483_647
    return random % n
  }
  const pick = <T>(of: readonly T[]): T => of[draw(of.length)]!

  beforeAll(async () => {
    ensureBuilt()
    redis = await startOwnRedis()
    play = new BlockingPlay(plainClient(kafka.brokers))
    await play.create()
    port = await freePort()
    example = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'examples/blocker/src/main.ts')], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        KAFKA_BROKERS: kafka.brokers.join(','),
        TOKEN_KEY: TOKEN_KEY,
        BLOCKS_TOPIC: play.topics.blocks,
        ALERTS_TOPIC: play.topics.alerts,
        ENFORCEMENTS_TOPIC: play.topics.enforcements,
        PORT: String(port),
      },
    })
    exampleAt = `127.0.0.1:${port}`
    await until(async () => {
      await sleep(100)
      return post(exampleAt, '', { path: '/readyz', method: 'GET' }).then(
        ({ status }) => status === 200,
        () => false,
      )
    }, 60_000)
    await start()
  })
  afterAll(async () => {
    example?.kill('SIGKILL')
    await own?.kill()
    await redis?.stop()
  })

  async function start(): Promise<void> {
    own = await startCommand(['blocker'], play.environment(kafka.brokers, { REDIS_URL: redis.url }))
    await own.ready()
    address = /decisions are made at (\S+)/.exec(own.stderr)![1]!
  }

  const held = new Map<string, PlayedState>()
  const verdicts = new Map<string, Verdict>()
  const NAMES = Array.from({ length: 12 }, (_, i) => `s${i}`)
  const DOMAINS = ['evil.example', 'spam.top', 'phish.vip']
  const matchOf = (i: number) =>
    [
      { ports: [`10690${i}`] },
      { domains: [DOMAINS[i % 3]] },
      { signature: ['京东', '淘宝'][i % 2] },
      { ports: [`1069${i}*`], exceptPorts: [`1069${i}0`] },
      { signature: '京东', labels: ['marketing'] },
      { ports: ['10690*'], moonPhase: 'full' },
    ][i % 6]!

  /** A state is raised, changed or ended. */
  async function change(): Promise<void> {
    const i = draw(NAMES.length)
    const state = NAMES[i]!
    const known = held.get(state)
    if (known && draw(3) === 0) {
      held.delete(state)
      await play.state('cleared', { ...known, revision: known.revision + 1 })
      return
    }
    const order = known
      ? { episode: known.episode, revision: known.revision + 1 }
      : { episode: Date.now() - 1_000, revision: 1 }
    const row: PlayedState = {
      ...{ state, ...order, action: pick(['block', 'review', 'observe', 'quarantine']), match: matchOf(i) },
      code: pick(['FORGED_BRAND', 'MARKETING_BURST']),
    }
    held.set(state, row)
    await play.state(known ? 'updated' : 'raised', row)
  }

  let next = 0
  function message(): Asked {
    const n = next++
    const text = pick([
      '您好',
      '【京东】您好',
      `【淘宝】请登录 ${pick(DOMAINS)} 核实`,
      `请看 www.${pick(DOMAINS)}`,
    ])
    const sms = {
      id: `m${n}`,
      from: `10690${draw(12)}${pick(['', '0'])}`,
      to: `1380000${1000 + draw(50)}`,
      text,
    }
    return draw(5) === 0 ? { ...sms, part: { ref: n, index: 1, count: 2 } } : sms
  }

  /** What both say of a message, in the same words. */
  async function differs(asked: Asked, verdict: Verdict | undefined): Promise<string | undefined> {
    const [mine, theirs] = await Promise.all([
      post(address, asked).then(({ body }) => body as Answer),
      post(exampleAt, { ...asked, ...(verdict ? { verdict } : {}) }, { path: '/decide' }).then(
        ({ body }) => body as { action: string; deliver: boolean },
      ),
    ])
    const isSame = mine.action === theirs.action
    return isSame
      ? undefined
      : `${JSON.stringify(asked)}: ${JSON.stringify(mine)} and ${JSON.stringify(theirs)}`
  }

  /** Every difference that is still there two seconds after the change. */
  async function compare(n: number): Promise<void> {
    const since = performance.now()
    for (let i = 0; i < n; i++) {
      const asked = message()
      let verdict: Verdict | undefined
      if (draw(4) === 0) {
        verdict = { action: pick(['pass', 'review', 'block']), states: NAMES.filter(() => draw(3) === 0) }
        verdicts.set(asked.id, verdict)
        await play.verdict(asked.id, verdict.action, verdict.states)
        // A gateway that waits for its verdict asks when it is there.
        await until(
          async () => (await differs({ ...asked, id: asked.id }, verdict)) === undefined,
          SETTLES,
        ).catch(() => undefined)
      }
      for (;;) {
        const difference = await differs(asked, verdict)
        if (difference === undefined) break
        if (performance.now() - since > SETTLES) expect(difference).toBeUndefined()
        await sleep(100)
      }
    }
  }

  it(`agree in every answer through ${KILLS} kills, but for two seconds after a change`, async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      for (let i = 0; i < 6; i++) await change()
      if (kill % 2 === 0) {
        // In the midst of changes.
        const ended = once(own.child, 'close')
        own.child.kill('SIGKILL')
        for (let i = 0; i < 4; i++) await change()
        await ended
        await start()
      } else await own.kill().then(start)
      await compare(40)
      // What was stopped before the kill is stopped after it.
      const stopped = { id: `p${kill}`, from: '3', to: '13800009999', text: '请登录 always.example' }
      await play.state('raised', {
        ...{ state: 'always', episode: 1_000_000_000_000, revision: kill + 1, action: 'block' },
        match: { domains: ['always.example'] },
      })
      await until(
        async () => (await differs({ ...stopped, id: `q${kill}-${Math.random()}` }, undefined)) === undefined,
        5_000,
      )
    }
    expect(held.size).toBeGreaterThan(3)
  })

  it('let as many through under throttles, over two instances that are killed', async () => {
    const second = await startCommand(['blocker'], play.environment(kafka.brokers, { REDIS_URL: redis.url }))
    await second.ready()
    const addresses = [address, /decisions are made at (\S+)/.exec(second.stderr)![1]!]
    const throttled = (id: string) => ({ id, from: '77', to: '13800000001', text: '您好' })
    await play.state('raised', {
      ...{ state: 'throttle', episode: Date.now(), revision: 1, action: 'throttle' },
      ...{ match: { ports: ['77'] }, limit: { perMinute: 100 } },
    })
    for (const at of addresses)
      await until(async () => {
        const { body } = await post(at, { ...throttled('probe'), from: '77' })
        return (body as Answer).limit !== undefined
      }, 5_000)
    // What the probes took makes room again.
    await sleep(62_000)
    let [mine, theirs] = [0, 0]
    for (let i = 0; i < 400; i++) {
      const [own, other] = await Promise.all([
        post(addresses[i % 2]!, throttled(`t${i}`)).then(({ body }) => body as Answer),
        post(exampleAt, throttled(`t${i}`), { path: '/decide' }).then(
          ({ body }) => body as { deliver: boolean },
        ),
      ])
      if (own.action !== 'throttle') mine++
      if (other.deliver) theirs++
      if (i === 60) {
        await second.kill()
        addresses[1] = addresses[0]!
      }
    }
    expect([mine, theirs]).toEqual([100, 100])
  })
})
