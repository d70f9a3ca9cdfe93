import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { messageAlertAt } from '../../helpers/archive-records.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { freePort } from '../../helpers/free-port.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { ensureBuilt, MAIN } from '../../helpers/service.ts'
import { describeWith } from '../../helpers/services.ts'

const TOKEN = 'a-token-of-the-analyst-of-the-tests'
const WRONG = 'a-wrong-token-that-must-not-be-shown'
const MINUTE = 60_000
/** At once: the desk takes a bounded number of connections. */
const CLIENTS = 50

/** Every item, `CLIENTS` at a time, with the results in order. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const client = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i]!)
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return results
}

describeWith(['postgres'], 'what the desk keeps of who looks and who tries', () => {
  let server: PostgresServer
  let desk: ChildProcess
  let address: string
  let metrics: string
  let log = ''

  const accesses = async () => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    const { rows } = await client.query('SELECT who, what, subject FROM access_log ORDER BY at')
    await client.end()
    return rows as { who: string; what: string; subject: string }[]
  }
  const login = (token: string, from: string) =>
    fetch(`${address}login`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      headers: { 'x-forwarded-for': from },
      redirect: 'manual',
    })
  const attempts = async (outcome: string) => {
    const text = await (await fetch(`${metrics}/metrics`)).text()
    return Number(
      new RegExp(`^sigwatch_desk_logins_total\\{outcome="${outcome}"\\} (\\d+)`, 'm').exec(text)?.[1],
    )
  }

  beforeAll(async () => {
    server = await startPostgres()
    const now = Date.now()
    await seedArchive(server.url, [['alerts', messageAlertAt('m1', now - 30 * MINUTE, 1)]])
    ensureBuilt()
    const port = await freePort()
    metrics = `http://127.0.0.1:${port}`
    desk = spawn(process.execPath, [MAIN, 'desk', '--database', server.url], {
      env: {
        PATH: process.env.PATH,
        SIGWATCH_DESK_PORT: '0',
        SIGWATCH_HTTP_PORT: String(port),
        SIGWATCH_DESK_TRUSTED_PROXIES: '127.0.0.0/8',
        SIGWATCH_DESK_TOKENS: JSON.stringify([{ name: 'lin', token: TOKEN, may: 'audit' }]),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    desk.stderr!.on('data', (chunk) => {
      log += chunk
    })
    while (!/open at (http:\S+)/.test(log)) await sleep(50)
    address = /open at (http:\S+)/.exec(log)![1]!
  })
  afterAll(async () => {
    desk.kill('SIGTERM')
    if (desk.exitCode === null) await once(desk, 'close')
    server.stop()
  })

  it('notes every page that shows alerts, a list of a time with its time', async () => {
    const entered = await login(TOKEN, '192.0.2.1')
    expect(entered.status).toBe(303)
    const cookie = entered.headers.get('set-cookie')!.split(';')[0]!
    const now = Date.now()
    const [from, to] = [now - 60 * MINUTE, now]
    const range = `${new Date(from).toISOString()}/${new Date(to).toISOString()}`
    const see = async (path: string) => (await fetch(new URL(path, address), { headers: { cookie } })).text()
    for (const path of [`/?from=${from}&to=${to}`, `/?field=code&value=FORGED_BRAND&from=${from}&to=${to}`])
      expect(await see(path), path).toContain('/case/alert-m1')
    await see('/case/alert-m1')
    await see(`/overview?from=${from}&to=${to}`)
    await see('/access')
    expect(await accesses()).toEqual([
      { who: 'lin', what: 'login', subject: '192.0.2.1' },
      { who: 'lin', what: 'search', subject: `all, ${range}` },
      { who: 'lin', what: 'search', subject: `code: FORGED_BRAND, ${range}` },
      { who: 'lin', what: 'case', subject: 'alert-m1' },
      { who: 'lin', what: 'overview', subject: range },
      { who: 'lin', what: 'access', subject: '' },
    ])
  })

  it('limits wrong tokens of an address, and tells of them without the token', async () => {
    const before = (await accesses()).length
    const answers = await eachOf(Array<string>(600).fill('198.51.100.7'), (from) => login(WRONG, from))
    const statuses = answers.map(({ status }) => status)
    expect([401, 429].map((status) => statuses.filter((one) => one === status).length)).toEqual([5, 595])
    const limited = answers.find(({ status }) => status === 429)!
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await attempts('refused')).toBe(5)
    expect(await attempts('limited')).toBe(595)
    expect((await accesses()).slice(before)).toEqual(
      Array.from({ length: 5 }, () => ({ who: '198.51.100.7', what: 'refused', subject: '' })),
    )
    const lines = log.split('\n').filter((line) => line.includes('"desk_login"'))
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.length).toBeLessThan(20)
    expect(lines.join()).toContain('198.51.100.7')
    expect(log).not.toContain(WRONG)
    // That address has no further guess, the right one included; others are not affected.
    expect((await login(TOKEN, '198.51.100.7')).status).toBe(429)
    expect((await login(TOKEN, '192.0.2.1')).status).toBe(303)
  })

  it('lets analysts in while wrong tokens come from everywhere, and writes down a bounded number', async () => {
    const before = (await accesses()).length
    const everywhere = Array.from({ length: 300 }, (_, i) => `203.0.${i >> 6}.${i & 63}`)
    await eachOf(everywhere, (from) => login(WRONG, from))
    expect((await login(TOKEN, '192.0.2.9')).status).toBe(303)
    const noted = (await accesses()).slice(before).filter(({ what }) => what === 'refused')
    expect(noted.length).toBeGreaterThan(10)
    expect(noted.length).toBeLessThan(100)
    // What an address may try again is less while that goes on.
    expect((await login(WRONG, '203.0.0.1')).status).toBe(429)
  })
})
