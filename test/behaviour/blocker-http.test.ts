import { once } from 'node:events'
import { mkdtempSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DECIDE_TOKENS, post } from '../helpers/blocking-play.ts'
import { freePort } from '../helpers/free-port.ts'
import { until } from '../helpers/recording-handler.ts'
import { type Environment, type Service, sigwatch, startCommand, TOKEN_KEY } from '../helpers/service.ts'

const SMS = { id: 'm1', from: '106900001111', to: '13800005678', text: '【京东】您好' }
/** Nothing listens there. */
const ENV = { KAFKA_BROKERS: '127.0.0.1:1', SIGWATCH_HTTP_TOKENS: DECIDE_TOKENS }

const addressOf = async (service: Service): Promise<string> => {
  await until(
    () => /decisions are made at (\S+)/.test(service.stderr),
    30_000,
    () => service.stderr,
  )
  return /decisions are made at (\S+)/.exec(service.stderr)![1]!
}
const start = (env: Environment = {}) =>
  startCommand(['blocker'], { ...ENV, SIGWATCH_BLOCKER_LISTEN: '127.0.0.1:0', ...env })

describe('sigwatch blocker, before it has read anything', () => {
  let open: Service
  let address = ''
  beforeAll(async () => {
    open = await start()
    address = await addressOf(open)
  })
  afterAll(() => open.kill())

  it('lets through what it does not know, and says so', async () => {
    expect(await post(address, SMS)).toEqual({
      status: 200,
      body: { id: 'm1', action: 'pass', states: [], why: ['TABLE_UNREAD'] },
    })
    const ready = await open.get('/readyz')
    expect(ready.status).toBe(503)
    const notes = [
      'throttles are counted by each instance: no Redis is configured',
      expect.stringContaining('has confirmed the time since the start'),
    ]
    expect(JSON.parse(ready.body)).toMatchObject({ ready: false, notes })
    expect(await post(address, '', { path: '/readyz', method: 'GET' })).toMatchObject({ status: 503 })
    expect(await post(address, '', { path: '/healthz', method: 'GET' })).toMatchObject({ status: 200 })
    await until(async () => (await open.metric('sigwatch_blocker_failing')) === 1, 10_000)
    expect(await open.metric('sigwatch_blocker_undecided_total')).toBe(1)
    expect(await open.metric('sigwatch_blocker_throttles_apart')).toBe(1)
    const [said] = open.log.filter(({ event }) => event === 'warning').map(({ message }) => message)
    expect(said ?? JSON.stringify(open.log)).toContain('each blocker counts throttles for itself')
  })

  it('answers an array in order, and refuses what is no message', async () => {
    const { body } = await post(address, [SMS, { id: 'm2', from: '1' }, 7, { ...SMS, id: 'm3' }])
    expect(body).toMatchObject([
      { id: 'm1', action: 'pass' },
      { id: 'm2', error: { code: 'DECIDE_MALFORMED', detail: 'to: must be a string' } },
      { error: { code: 'DECIDE_MALFORMED' } },
      { id: 'm3', action: 'pass' },
    ])
    expect(await post(address, [])).toEqual({ status: 200, body: [] })
  })

  it.each<[number, unknown, object]>([
    [400, '{', {}],
    [400, '7', {}],
    [400, { ...SMS, text: '' }, {}],
    [400, { ...SMS, part: { ref: {}, count: 2 } }, {}],
    [400, Array.from({ length: 101 }, () => SMS), {}],
    [401, SMS, { token: 'unknown' }],
    [403, SMS, { token: 'a-token-of-the-desk-in-the-tests' }],
    [404, SMS, { path: '/v1/check' }],
    [405, SMS, { method: 'PUT' }],
    [413, Buffer.alloc(1_000_001, 32), {}],
  ])('answers %i', async (status, body, how) => {
    expect((await post(address, body, how)).status).toBe(status)
    expect((await post(address, SMS)).status, 'and goes on').toBe(200)
  })

  it('ends at SIGTERM', async () => {
    expect(await open.stop()).toBe(0)
  })
})

describe('sigwatch blocker', () => {
  it('keeps everything back with blocker.failure: closed', async () => {
    const closed = await start({ SIGWATCH_BLOCKER_FAILURE: 'closed' })
    const { body } = await post(await addressOf(closed), SMS)
    expect(body).toEqual({ id: 'm1', action: 'block', states: [], why: ['TABLE_UNREAD'] })
    await closed.kill()
  })

  it('listens on a Unix socket, also where one was left behind, and not where another serves', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'blocker-')), 'decide.sock')
    const first = await start({ SIGWATCH_BLOCKER_LISTEN: path })
    expect(await post(await addressOf(first), SMS)).toMatchObject({ status: 200 })
    expect(statSync(path).mode & 0o777).toBe(0o660)
    const refused = await sigwatch(['blocker'], {
      env: { ...ENV, SIGWATCH_BLOCKER_LISTEN: path, SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY },
    })
    expect([refused.code, refused.stderr]).toMatchObject([2, expect.stringContaining('in use')])
    await first.kill()
    const second = await start({ SIGWATCH_BLOCKER_LISTEN: path })
    expect(await post(await addressOf(second), SMS)).toMatchObject({ status: 200 })
    expect(await second.stop()).toBe(0)
  })

  it('says what it lacks', async () => {
    const port = await freePort()
    const taken = createServer().listen(port, '127.0.0.1')
    await once(taken, 'listening')
    const key = { SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY }
    for (const [env, says] of [
      [{ ...ENV, ...key, SIGWATCH_BLOCKER_LISTEN: `127.0.0.1:${port}` }, 'blocker.listen'],
      [{ KAFKA_BROKERS: '127.0.0.1:1', ...key }, 'no token may decide'],
      [{ ...ENV }, 'privacy.tokenKey'],
      [{ SIGWATCH_HTTP_TOKENS: DECIDE_TOKENS, ...key }, 'KAFKA_BROKERS'],
      [{ ...ENV, ...key, SIGWATCH_BLOCKER_LISTEN: 'nowhere' }, 'host:port'],
      [{ ...ENV, ...key, SIGWATCH_BLOCKER_FAILURE: 'ajar' }, 'closed'],
    ] as [Environment, string][]) {
      const { code, stderr } = await sigwatch(['blocker'], { env })
      expect([code, stderr]).toMatchObject([2, expect.stringContaining(says)])
    }
    taken.close()
  })
})
