import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectRedis } from '../../../src/adapters/redis/client.ts'
import { seededRandom } from '../../helpers/fake-brokers.ts'
import { startFarRedis } from '../../helpers/far-redis.ts'
import { ADD } from '../../helpers/inline-script.ts'
import { type Ping, RedisProbe } from '../../helpers/redis-probe.ts'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'

const SEED = Number(process.env.BUSY_SEED ?? Date.now() % 1_000_000)
/** Each of up to three groups of calls at once. */
const ROUNDS = 120

function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

/** Keeps the process busy before and after each phase of its event loop: in timers, immediates, and what they resolve. */
function beBusy(random: () => number): () => void {
  let over = false
  const most = () => 10 + 140 * random() ** 3
  const inTimers = (): void => {
    if (over) return
    work(most())
    setTimeout(inTimers, random() * 25)
    // A second one that is due in the same phase.
    if (random() < 0.3) setTimeout(() => work(most()), 1)
  }
  const inImmediates = (): void => {
    if (over) return
    work(most() / 4)
    if (random() < 0.5) void Promise.resolve().then(() => work(most() / 4))
    setTimeout(() => setImmediate(inImmediates), random() * 40)
  }
  inTimers()
  inImmediates()
  return () => {
    over = true
  }
}

/** Whether every answer that was under way while one to a question of this moment, epoch ms, could be, came within 50 ms. */
function isPrompt(pings: readonly Ping[], moment: number): boolean {
  const around = pings.filter(({ at, took }) => at + took >= moment && at <= moment + 50)
  return around.length > 1 && around.every(({ took }) => took <= 50)
}

describe.skipIf(!redisServerInstalled())('a Redis that is 30 ms away from a process that is busy', () => {
  it(`answers each call in time, as long as it answers within 50 ms (seed ${SEED})`, async () => {
    const random = seededRandom(SEED)
    const redis = await startFarRedis(15)
    const link = connectRedis({
      url: redis.url,
      breaker: { failures: Number.MAX_SAFE_INTEGER, coolDownMs: 1 },
    })
    onTestFinished(() => link.close())
    expect(await link.ready(10_000)).toBe(true)
    const rest = beBusy(random)
    const asked: { readonly at: number; readonly late: boolean }[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const groups = Array.from({ length: 1 + Math.floor(3 * random()) }, async () => {
        const count = 1 + Math.floor(63 * random() ** 2)
        const calls = Array.from({ length: count }, (_, n) => ({ script: ADD, keys: [`k${n}`], args: [1] }))
        const at = Date.now()
        // At the worst moment: what was sent is answered while the process works.
        const settled = link.settle(calls)
        if (random() < 0.5) work(200 * random())
        asked.push({ at, late: (await settled).some(({ error }) => error !== undefined) })
      })
      await Promise.all(groups)
    }
    rest()
    const pings = await redis.stop()
    const prompt = asked.filter(({ at }) => isPrompt(pings, at))
    // Else it says nothing.
    expect(prompt.length).toBeGreaterThan(ROUNDS / 4)
    expect(prompt.filter(({ late }) => late)).toEqual([])
  }, 180_000)
})

describe.skipIf(!redisServerInstalled())('the probe of the way to Redis', () => {
  it('knows of no answer for the time in which it stood still', async () => {
    const server = await startOwnRedis()
    onTestFinished(() => server.stop())
    const probe = new RedisProbe(Number(new URL(server.url).port))
    await sleep(300)
    const from = Date.now()
    work(300)
    await sleep(100)
    const during = probe.stop().filter(({ at, took }) => at <= from + 30 && at + took >= from + 270)
    expect(during.length).toBeGreaterThan(0)
  }, 30_000)
})
