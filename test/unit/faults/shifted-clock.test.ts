import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { redisServerInstalled, startOwnRedis } from '../../helpers/redis-server.ts'
import { ShiftedClock, shiftedClockAvailable } from '../../helpers/shifted-clock.ts'

const DAY = 86_400_000
/** What starting a process may take, ms. */
const SLACK = 5_000

it.runIf(shiftedClockAvailable()).each([
  ['fast', 200 * DAY],
  ['slow', -200 * DAY],
])('a process has a wall clock that is %s, and its monotonic clock is right', (_says, offset) => {
  const clock = new ShiftedClock(offset)
  const print = 'console.log(JSON.stringify([Date.now(), process.hrtime()[0]]))'
  const output = execFileSync(process.execPath, ['-e', print], { env: clock.env, encoding: 'utf8' })
  clock.remove()
  const [now, seconds] = JSON.parse(output) as [number, number]
  expect(Math.abs(now - Date.now() - offset)).toBeLessThan(SLACK)
  expect(Math.abs(seconds - process.hrtime()[0])).toBeLessThan(SLACK / 1_000)
})

it.runIf(shiftedClockAvailable())('the clock of a running process jumps', async () => {
  const clock = new ShiftedClock(0)
  const child = spawn(process.execPath, ['-e', 'process.stdin.on("data", () => console.log(Date.now()))'], {
    env: clock.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ask = async (): Promise<number> => {
    child.stdin.write('?')
    const [answer] = (await once(child.stdout, 'data')) as [Buffer]
    return Number(answer) - Date.now()
  }
  expect(Math.abs(await ask())).toBeLessThan(SLACK)
  clock.set(-DAY)
  expect(Math.abs((await ask()) + DAY)).toBeLessThan(SLACK)
  child.kill()
  clock.remove()
})

it.runIf(shiftedClockAvailable() && redisServerInstalled())('a Redis has it, too', async () => {
  const clock = new ShiftedClock(DAY)
  const server = await startOwnRedis(undefined, clock.env)
  const redis = new Redis(server.url)
  const [seconds] = await redis.time()
  expect(Math.abs(Number(seconds) * 1_000 - Date.now() - DAY)).toBeLessThan(SLACK)
  redis.disconnect()
  await server.stop()
  clock.remove()
})
