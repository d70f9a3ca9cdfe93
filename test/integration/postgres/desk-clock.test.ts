import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { freePort } from '../../helpers/free-port.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { CookieClient, OIDC_SECRET, type OidcServer, startOidcServer } from '../../helpers/oidc-server.ts'
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
  let provider: OidcServer
  let desk: ChildProcess
  let feedback: string
  let address: string
  let log = ''
  let cookie: string

  const post = (path: string, fields: Record<string, string>) =>
    fetch(new URL(path, address), {
      ...{ method: 'POST', body: new URLSearchParams(fields), headers: { cookie }, redirect: 'manual' },
    } as RequestInit)
  const see = async (path: string) => (await fetch(new URL(path, address), { headers: { cookie } })).text()
  const hiddenOf = (page: string) =>
    Object.fromEntries(
      [...page.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    ) as Record<string, string>

  beforeAll(async () => {
    server = await startPostgres()
    redis = await startOwnRedis()
    const port = await freePort()
    const home = `http://127.0.0.1:${port}`
    provider = await startOidcServer({ wu: { groups: ['analysts'] } }, home)
    feedback = folder.file('feedback.jsonl')
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', Date.now() - 30 * MINUTE, 1)]])
    ensureBuilt()
    desk = spawn(process.execPath, [MAIN, 'desk', '--database', server.url], {
      env: {
        PATH: process.env.PATH,
        REDIS_URL: redis.url,
        SIGWATCH_DESK_PORT: String(port),
        SIGWATCH_FEEDBACK: feedback,
        SIGWATCH_DESK_TOKENS: JSON.stringify([{ name: 'lin', token: TOKEN, may: 'feedback' }]),
        SIGWATCH_DESK_OIDC_ISSUER: provider.issuer,
        SIGWATCH_DESK_OIDC_CLIENT_ID: 'desk',
        SIGWATCH_DESK_OIDC_CLIENT_SECRET: OIDC_SECRET,
        SIGWATCH_DESK_OIDC_URL: home,
        SIGWATCH_DESK_OIDC_SCOPE: 'openid profile groups',
        SIGWATCH_DESK_OIDC_RIGHTS: JSON.stringify({ analysts: 'judge' }),
        ...clock.env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    desk.stderr!.on('data', (chunk) => {
      log += chunk
    })
    while (!/open at (http:\S+)/.test(log)) await sleep(50)
    address = /open at (http:\S+)/.exec(log)![1]!
    cookie = ''
    const entered = await post('/login', { token: TOKEN })
    cookie = entered.headers.get('set-cookie')!.split(';')[0]!
  }, 60_000)
  afterAll(async () => {
    desk.kill('SIGTERM')
    if (desk.exitCode === null) await once(desk, 'close')
    await provider.stop()
    await redis.stop()
    server.stop()
    clock.remove()
  })

  it('stamps feedback with the time of the database and Redis', async () => {
    const hidden = hiddenOf(await see('/case/alert-m1'))
    const before = Date.now()
    const given = await post('/case/alert-m1', { ...hidden, verdict: 'false_positive', days: '1' })
    expect(given.status, await given.text()).toBe(303)
    const row = JSON.parse(readFileSync(feedback, 'utf8')) as { ts: number; until: number }
    expect(row.ts).toBeGreaterThan(before - MINUTE)
    expect(row.ts).toBeLessThan(Date.now() + MINUTE)
    expect(row.until - row.ts).toBe(24 * 60 * MINUTE)
  })

  it('shows days that end now', async () => {
    const to = Number(/href="\/overview\?from=\d+&amp;to=(\d+)"/.exec(await see('/overview'))![1])
    expect(Math.abs(to - Date.now())).toBeLessThan(2 * MINUTE)
  })

  it('lets people in who log in at the OpenID provider, whose clock is right', async () => {
    const browser = new CookieClient('192.0.2.1')
    const begun = await browser.fetch(new URL('/login/provider', address))
    const back = await browser.throughProvider(
      begun.headers.get('location')!,
      'wu',
      address.replace(/\/$/, ''),
    )
    const entered = await browser.fetch(back)
    expect(entered.status, await entered.text()).toBe(303)
  })

  it('writes one letter when the button is clicked twice, and another one for another reader', async () => {
    const { key, after } = hiddenOf(await see('/case/alert-m1'))
    const write = (reader: string) =>
      post('/letter/alert-m1', { key: key!, after: after!, reader, addressee: '某某公司' })
    const answers = await Promise.all([write('sender'), write('sender')])
    expect([...answers, await write('sender')].map(({ status }) => status)).toEqual([303, 303, 303])
    await write('regulator')
    const written = await see('/case/alert-m1')
    expect(new Set(written.match(/SW-\d{4}-\d{4}(?=\.pdf)/g))).toEqual(
      new Set([1, 2].map((n) => `SW-${new Date().getUTCFullYear()}-000${n}`)),
    )
  })
})
