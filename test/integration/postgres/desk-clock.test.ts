import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { ensureBuilt, MAIN } from '../../helpers/service.ts'
import { describeWith } from '../../helpers/services.ts'
import { ShiftedClock } from '../../helpers/shifted-clock.ts'

const TOKEN = 'a-token-of-the-analyst-of-the-tests'
const MINUTE = 60_000

describeWith(['postgres', 'redis', 'shiftedClock'], 'a desk whose host has a wrong clock', () => {
  const folder = useFolder()
  const clock = new ShiftedClock(20 * MINUTE)
  let server: PostgresServer
  let redis: RedisServer
  let desk: ChildProcess
  let feedback: string
  let address: string
  let log = ''

  beforeAll(async () => {
    server = await startPostgres()
    redis = await startOwnRedis()
    feedback = folder.file('feedback.jsonl')
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 30 * MINUTE, 1)]])
    ensureBuilt()
    desk = spawn(process.execPath, [MAIN, 'desk', '--database', server.url], {
      env: {
        PATH: process.env.PATH,
        REDIS_URL: redis.url,
        SIGWATCH_DESK_PORT: '0',
        SIGWATCH_FEEDBACK: feedback,
        SIGWATCH_DESK_TOKENS: JSON.stringify([{ name: 'lin', token: TOKEN, may: 'feedback' }]),
        ...clock.env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    desk.stderr!.on('data', (chunk) => {
      log += chunk
    })
    while (!/open at (http:\S+)/.test(log)) await sleep(50)
    address = /open at (http:\S+)/.exec(log)![1]!
  }, 60_000)
  afterAll(async () => {
    desk.kill('SIGTERM')
    if (desk.exitCode === null) await once(desk, 'close')
    await redis.stop()
    server.stop()
    clock.remove()
  })

  it('stamps feedback with the time of the database and Redis', async () => {
    const post = (path: string, fields: Record<string, string>, headers = {}) => {
      const body = new URLSearchParams(fields)
      return fetch(new URL(path, address), { method: 'POST', body, headers, redirect: 'manual' })
    }
    const entered = await post('/login', { token: TOKEN })
    const cookie = entered.headers.get('set-cookie')!.split(';')[0]!
    const page = await (await fetch(new URL('/case/alert-m1', address), { headers: { cookie } })).text()
    const hidden = [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(
      ([, name, value]) => [name, value],
    )
    const before = Date.now()
    const given = await post(
      '/case/alert-m1',
      { ...Object.fromEntries(hidden), verdict: 'false_positive', days: '1' },
      { cookie },
    )
    expect(given.status, await given.text()).toBe(303)
    const row = JSON.parse(readFileSync(feedback, 'utf8')) as { ts: number; until: number }
    expect(row.ts).toBeGreaterThan(before - MINUTE)
    expect(row.ts).toBeLessThan(Date.now() + MINUTE)
    expect(row.until - row.ts).toBe(24 * 60 * MINUTE)
  })
})
