import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Block, Verdict } from '../../../src/domain/alert.ts'
import type { FeedbackResult } from '../../../src/pipeline/feedback-answers.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { checkedAlert } from '../../helpers/schema.ts'
import { type Service, sigwatch, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { ShiftedClock } from '../../helpers/shifted-clock.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const ANN = 'a'.repeat(32)
const BEN = 'b'.repeat(32)
const CHO = 'c'.repeat(32)

describeWith(['kafka', 'redis', 'shiftedClock'], 'manual blocks', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let service: Service
  let blocks: Awaited<ReturnType<typeof follow>>
  let results: Awaited<ReturnType<typeof follow>>

  const configure = (approval: string, tokens: readonly object[]) =>
    writeFileSync(
      join(folder.path, 'sigwatch.yaml'),
      `policy: ${join(folder.path, 'policy.yaml')}\nmanual: {approval: ${approval}}\nhttp: {tokens: ${JSON.stringify(tokens)}}\n`,
    )
  const start = async () => {
    const env = { ...at.env, REDIS_URL: redis.url }
    return (await startService(env, ['--config', join(folder.path, 'sigwatch.yaml')])).ready(120_000)
  }
  const call = async (method: string, path: string, token: string, body?: object) => {
    const response = await fetch(`${service.http}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  /** The rows of the block table that stand. */
  const table = () =>
    new Map(
      blocks.records.map(({ key, value }) => [String(key), value && (JSON.parse(String(value)) as Block)]),
    )

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers, { side: ['feedback', 'feedbackResults'] })
    blocks = await follow(client, at.topics.blocks)
    results = await follow(client, at.topics.feedbackResults)
    writeFileSync(join(folder.path, 'policy.yaml'), 'mode: shadow\n')
    configure('none', [
      { name: 'ann', token: ANN, may: ['block'] },
      { name: 'ben', token: BEN, may: ['approve', 'block'] },
    ])
    service = await start()
  })
  afterAll(async () => {
    await service?.stop()
    await Promise.all([blocks?.stop(), results?.stop()])
    await redis?.stop()
  })

  it('stand in the block table within two seconds, under a policy in shadow mode', async () => {
    const order = { target: 'domain:jd-verify.top', until: '2h', why: 'forged refunds' }
    const began = performance.now()
    const { status, body } = await call('POST', '/v1/blocks', ANN, order)
    expect([status, body.pending]).toEqual([202, undefined])
    await until(() => table().get(String(body.id)) !== undefined, 10_000)
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(table().get(String(body.id))).toMatchObject({
      code: 'MANUAL_BLOCK',
      action: 'block',
      match: { domains: ['jd-verify.top'] },
    })
    await until(() => results.records.length > 0, 10_000)
    expect(results.values<FeedbackResult>()).toMatchObject([
      { feedbackId: body.feedbackId, outcome: 'applied', states: [body.id] },
    ])
    const text = '【某店】请登录 http://m.jd-verify.top/a 核实'
    const sms = { id: 'm1', ts: Date.now() - 60_000, from: '10690007', to: '13900000001', text }
    await client.produce(at.topics.messages, [JSON.stringify(sms)])
    const verdicts = async () =>
      (await client.readAll(at.topics.verdicts)).map(({ value }) => JSON.parse(String(value)) as Verdict)
    await until(async () => (await verdicts()).length === 1, 20_000)
    expect((await verdicts())[0]).toMatchObject({ id: 'm1', action: 'block', states: [body.id] })
    const alerts = (await client.readAll(at.topics.alerts)).map(({ value }) =>
      checkedAlert(JSON.parse(String(value)) as Alert),
    )
    expect(alerts[0]!.data.reasons[0]).toMatchObject({ code: 'MANUAL_BLOCK', evidence: { by: 'ann' } })

    expect((await call('DELETE', `/v1/blocks/${body.id}`, ANN)).status).toBe(202)
    await until(() => table().get(String(body.id)) === null, 10_000)
    await until(() => results.records.length > 1, 10_000)
    expect(results.values<FeedbackResult>()[1]).toMatchObject({ outcome: 'undone' })
  })

  it('are refused with the reason, at once over HTTP and in the answers else', async () => {
    const order = { target: 'domain:jd.com', until: '2h', why: 'x' }
    const refused = await call('POST', '/v1/blocks', ANN, order)
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'ORDER_MALFORMED' } } })
    expect(JSON.stringify(refused.body)).toContain('give the labels')
    expect((await call('POST', '/v1/blocks', CHO, order)).status).toBe(401)
    expect((await call('POST', '/v1/blocks', ANN, { ...order, action: 'throttle' })).status).toBe(400)
    expect((await call('DELETE', `/v1/blocks/${'0'.repeat(32)}`, ANN)).status).toBe(404)
    const before = results.records.length
    const args = ['block', 'domain:jd.com', '--until', '2h', '--by', 'dan', '--why', 'x']
    const written = await warmSigwatch(args, { env: at.env })
    expect(written.code, written.stderr).toBe(0)
    expect(written.stderr).toContain('--wait')
    const waited = await warmSigwatch([...args, '--wait', '20s'], { env: at.env })
    expect(waited.code, waited.stderr).toBe(1)
    expect(waited.stderr).toContain('give the labels')
    expect((await warmSigwatch(['block', 'recipient:1.x', ...args.slice(2)], { env: at.env })).code).toBe(2)
    await until(() => results.records.length > before, 20_000)
    expect(results.values<FeedbackResult>().at(-1)).toMatchObject({
      outcome: 'refused',
      why: expect.stringContaining('give the labels'),
      states: [],
    })
  })

  it('are taken from a host whose clock is 20 minutes slow', async () => {
    const clock = new ShiftedClock(-20 * 60_000)
    try {
      const args = ['block', 'domain:slow.top', '--until', '2h', '--by', 'dan', '--why', 'x', '--wait', '20s']
      const written = await sigwatch(args, { env: { ...at.env, REDIS_URL: redis.url, ...clock.env } })
      expect(written.code, written.stderr).toBe(0)
      expect(written.stderr).toMatch(/applied: state [0-9a-f]{32}/)
    } finally {
      clock.remove()
    }
  })

  it('are undone by their batch, also on a Redis that was emptied meanwhile', async () => {
    const order = { until: '2h', why: 'list of a partner', batch: 'list-7' }
    const given = await Promise.all(
      ['port:10690701', 'port:10690702'].map((target) =>
        call('POST', '/v1/blocks', ANN, { target, ...order }),
      ),
    )
    const ids = given.map(({ body }) => String(body.id)).sort()
    const stand = () => ids.filter((id) => table().get(id))
    await until(() => stand().length === 2, 10_000)
    const undo = async (what: string) => {
      const written = await warmSigwatch(['feedback', '--undo', what, '--by', 'ben'], { env: at.env })
      expect(written.code, written.stderr).toBe(0)
      const [, id] = /undo of .+, feedback id ([0-9a-f]{32})/.exec(written.stderr)!
      const answer = () => results.values<FeedbackResult>().find(({ feedbackId }) => feedbackId === id)
      await until(() => answer() !== undefined, 20_000)
      return { ...answer()!, states: answer()!.states.toSorted() }
    }
    expect(await undo('list-7')).toMatchObject({ outcome: 'undone', states: ids })
    await until(() => stand().length === 0, 10_000)
    expect(await undo('list-7')).toMatchObject({ outcome: 'undone', states: ids })
    expect(await undo('list-8')).toMatchObject({
      outcome: 'refused',
      why: expect.stringContaining('never given'),
    })
    await service.kill()
    const before = blocks.records.length
    const admin = new Redis(redis.url)
    await admin.flushall()
    admin.disconnect()
    service = await start()
    await sleep(1_000)
    // The rows are read again, and none stands even for a moment.
    const raised = blocks.records.slice(before).filter(({ key, value }) => ids.includes(String(key)) && value)
    expect(raised).toEqual([])
    expect(await undo('list-7')).toMatchObject({ outcome: 'undone', states: ids })
    expect(stand()).toEqual([])
  })

  it('outlive a restart, and wait for a second token where that is asked for', async () => {
    const env = { env: at.env }
    const args = ['block', 'port:1069000888*', '--until', '2h', '--by', 'dan', '--why', 'sublet']
    const wait = ['--wait', '20s']
    const ended = ['unblock', 'port:1069000888*', '--by', 'dan', ...wait]
    for (const order of [[...args, ...wait], ended, [...args, ...wait]])
      expect(await warmSigwatch(order, env)).toMatchObject({ code: 0 })
    const stands = () => [...table().values()].some((row) => row?.match.ports?.[0] === '1069000888*')
    await until(stands, 20_000)
    configure('required', [
      { name: 'ann', token: ANN, may: ['block'] },
      { name: 'ben', token: BEN, may: ['approve', 'block'] },
    ])
    await service.kill()
    service = await start()
    // A retry of what was in force before approval was asked for.
    const retried = await warmSigwatch([...args, ...wait], env)
    expect(retried).toMatchObject({ code: 0, stderr: expect.stringMatching(/^applied: state/m) })
    const { body } = await call('POST', '/v1/blocks', BEN, { target: 'port:10690009', until: '1h', why: 'x' })
    expect(body.pending).toBe(true)
    const id = String(body.id)
    await until(() => results.values<FeedbackResult>().some(({ states }) => states.includes(id)), 20_000)
    await sleep(500)
    expect(table().get(id)).toBeUndefined()
    expect(results.values<FeedbackResult>().find(({ states }) => states.includes(id))).toMatchObject({
      pending: true,
    })
    const listed = (await call('GET', '/v1/blocks', BEN)).body.blocks as { id: string; pending: boolean }[]
    expect(listed.find((one) => one.id === id)).toMatchObject({
      by: 'ben',
      target: 'port:10690009',
      pending: true,
    })
    expect((await call('POST', `/v1/blocks/${id}/approve`, ANN)).status).toBe(403)
    expect((await call('POST', `/v1/blocks/${id}/approve`, BEN)).status).toBe(403)
    // The list of tokens is read again while the service runs.
    configure('required', [{ name: 'cho', token: CHO, may: ['approve', 'block'] }])
    await until(async () => (await call('POST', `/v1/blocks/${id}/approve`, CHO)).status === 200, 20_000)
    expect((await call('POST', '/v1/blocks', ANN, {})).status).toBe(401)
    await until(() => table().get(id) !== undefined, 10_000)
    expect(stands()).toBe(true)
    // A second click asks for nothing more, and a longer block takes effect once it is approved.
    const answers = () => results.values<FeedbackResult>().filter(({ states }) => states.includes(id)).length
    const order = { target: 'port:10690009', why: 'x' }
    for (const [until_, pending] of [
      ['1h', undefined],
      ['6h', true],
    ] as const) {
      const known = answers()
      const { status, body: again } = await call('POST', '/v1/blocks', CHO, { ...order, until: until_ })
      expect([status, again.pending]).toEqual([202, pending])
      await until(() => answers() > known, 20_000)
      expect(results.values<FeedbackResult>().findLast(({ states }) => states.includes(id))?.pending).toBe(
        pending,
      )
    }
    const waiting = async () => {
      const { blocks } = (await call('GET', '/v1/blocks', CHO)).body as {
        blocks: readonly { id: string; proposed?: object }[]
      }
      return blocks.find((one) => one.id === id)
    }
    expect(await waiting()).toMatchObject({ pending: false, proposed: { by: 'cho' } })
    await sleep(500)
    expect(table().get(id)).toMatchObject({ action: 'block' })

    // A change whose own time is over is neither listed nor approved, and the block stays.
    await call('POST', '/v1/blocks', CHO, { ...order, until: '3s', action: 'review' })
    await until(async () => (await waiting())?.proposed === undefined, 20_000)
    configure('required', [
      { name: 'cho', token: CHO, may: ['block'] },
      { name: 'dee', token: ANN, may: ['approve'] },
    ])
    const approve = async () => (await call('POST', `/v1/blocks/${id}/approve`, ANN)).status
    await until(async () => (await approve()) !== 401, 20_000)
    expect(await approve()).toBe(409)
    expect(table().get(id)).toMatchObject({ action: 'block' })
    // One that waits ends with the block.
    await call('POST', '/v1/blocks', CHO, { ...order, until: '6h' })
    await until(async () => (await waiting())?.proposed !== undefined, 20_000)
    await call('DELETE', `/v1/blocks/${id}`, CHO)
    await until(async () => (await waiting()) === undefined, 20_000)
    expect(await approve()).toBe(404)
    await until(() => table().get(id) === null, 10_000)
    expect(results.values<FeedbackResult>().findLast(({ states }) => states.includes(id))).toMatchObject({
      outcome: 'undone',
    })
  })

  it('tell of an instance that asks for another approval, or has another token key', async () => {
    const file = join(folder.path, 'other.yaml')
    writeFileSync(file, 'manual: {approval: none}\n')
    const env = { ...at.env, REDIS_URL: redis.url, SIGWATCH_PRIVACY_TOKEN_KEY: 'k'.repeat(40) }
    const other = await startService(env, ['--config', file])
    try {
      await other.ready(120_000)
      const { body } = await other.get('/readyz')
      expect(body).toContain('another instance has another manual.approval')
      expect(body).toContain('another instance has another key under the id 1')
      expect(other.log.find(({ event }) => event === 'settings_conflict')).toMatchObject({
        ...{ level: 'warn', settings: 'manual.approval' },
      })
      expect(await other.metric('sigwatch_setting_conflicts')).toBe(1)
    } finally {
      await other.kill()
    }
  })
})
