import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import type { StatsRow } from '../../../src/stores/sender-statistics/writer.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { checkedAlert } from '../../helpers/schema.ts'
import { type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const MINUTE = 60_000
const NOTICE = '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。'
const PORT = '10690200001'
const RECIPIENTS = 50

describeWith(['kafka', 'redis'], 'the service with records of many recipients', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let service: Service
  let stats: Awaited<ReturnType<typeof follow>>
  const start = Math.floor(Date.now() / MINUTE) * MINUTE - 10 * MINUTE
  let records = 0
  let people = 0

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startRedis()
    at = await createServiceTopics(client, kafka.brokers, { partitions: 2, side: ['stats'] })
    stats = await follow(client, at.topics.stats)
    const map = `{split: /dst, id: {join: [/mid, ./n, /seq], with: "."}, ts: {pointer: /at, form: iso-basic}, from: /src, to: ./addr,
      text: {pointer: /text, form: hex, encoding: ucs2}, udh: true}`
    writeFileSync(join(folder.path, 'sigwatch.yaml'), `input:\n  map: ${map}\n`)
    service = await start_()
  })
  afterAll(async () => {
    await service?.stop()
    await stats?.stop()
    await redis?.stop()
  })

  const start_ = async () => {
    const env = { ...at.env, REDIS_URL: redis.url }
    return (await startService(env, ['--config', join(folder.path, 'sigwatch.yaml')])).ready(120_000)
  }
  const basic = (ms: number) => new Date(ms).toISOString().replace(/[-:]/g, '')
  const hex = (text: string, header = '') => header + Buffer.from(text, 'utf16le').swap16().toString('hex')
  const record = (ts: number, text: string, more: object = {}, recipients = RECIPIENTS) => ({
    ...{ mid: `r${++records}`, at: basic(ts), src: PORT, text },
    dst: Array.from({ length: recipients }, (_, n) => ({
      n,
      addr: `139${String(++people).padStart(8, '0')}`,
    })),
    ...more,
  })
  const send = (...some: readonly object[]) =>
    client.produce(
      at.topics.messages,
      some.map((one) => JSON.stringify(one)),
    )
  const many = (n: number, ts: number, recipients = RECIPIENTS) =>
    Array.from({ length: n }, () => record(ts, hex(NOTICE), {}, recipients))
  const countOf = (minute: number) =>
    new Map(
      stats
        .values<StatsRow>()
        .filter(({ ts }) => ts === start + minute * MINUTE)
        .map(({ port, sent }) => [port, Object.values(sent).reduce((sum, n) => sum + n, 0)]),
    ).get(PORT)

  it('judges each of them, and counts each once when the process is killed', async () => {
    await send(...many(60, start + 1_000))
    await until(async () => (await service.metric('sigwatch_messages_total')) > 0, 30_000)
    await service.kill()
    await send(...many(60, start + 2_000))
    service = await start_()
    // The event time of a partition is that of its last records.
    await send(...many(60, start + MINUTE, 1))
    await send(...many(60, start + 2 * MINUTE + 1_000, 1))
    await until(
      () => countOf(0) === 120 * RECIPIENTS,
      90_000,
      () => JSON.stringify(stats.values()),
    )
    const verdicts = (await client.readAll(at.topics.verdicts)).map(({ key }) => String(key))
    expect(new Set(verdicts).size).toBe(120 * RECIPIENTS + 120)
  })

  it('makes a dead letter of an item that does not fit, and judges the others', async () => {
    const bad = record(start + 3 * MINUTE, hex(NOTICE), {
      dst: [{ n: 0, addr: '13900000001' }, { n: 1 }, { n: 2, addr: '13900000002' }],
    })
    await send(bad)
    await until(async () => (await client.readAll(at.topics.deadLetters)).length > 0, 30_000)
    const [letter] = await client.readAll(at.topics.deadLetters)
    expect(letter!.headers).toMatchObject({ 'sigwatch-error': 'MAPPING', 'sigwatch-item': '1' })
    expect(JSON.parse(String(letter!.value))).toEqual(bad)
    const ids = async () => (await client.readAll(at.topics.verdicts)).map(({ key }) => String(key))
    await until(async () => (await ids()).includes(`${bad.mid}.2`), 30_000)
    expect(await ids()).toContain(`${bad.mid}.0`)
  })

  it('joins the parts of each recipient, and names them', async () => {
    const link = '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-'
    const rest = 'kf88.top/a 填写收款信息，逾期作废。'
    const two = {
      dst: [
        { n: 0, addr: '13900000001' },
        { n: 1, addr: '13900000002' },
      ],
    }
    const first = record(Date.now(), hex(link, '050003090201'), { ...two, mid: 'P', seq: 1 })
    const second = record(Date.now(), hex(rest, '050003090202'), { ...two, mid: 'P', seq: 2 })
    // Parts of one SMS share a partition.
    const keys = ['k', 'k']
    await client.produce(
      at.topics.messages,
      [first, second].map((one) => JSON.stringify(one)),
      { keys },
    )
    const read = async () =>
      (await client.readAll(at.topics.alerts)).flatMap(({ value }) => {
        const alert = checkedAlert(JSON.parse(String(value)) as Alert)
        return alert.data.target.kind === 'message' ? [alert.data] : []
      })
    await until(async () => (await read()).length >= 2, 30_000)
    expect((await read()).map(({ message }) => message!.parts).sort()).toEqual([
      ['P.0.1', 'P.0.2'],
      ['P.1.1', 'P.1.2'],
    ])
    expect((await read())[0]!.message!.text).toContain('https://tuikuan-kf88.top/a')
    const verdicts = (await client.readAll(at.topics.verdicts)).map(
      ({ value }) => JSON.parse(String(value)) as Verdict,
    )
    expect(verdicts.filter(({ id }) => id === 'P.1.2')).toMatchObject([
      { action: 'block', parts: ['P.1.1', 'P.1.2'] },
    ])
    expect(await service.metric('sigwatch_mapping_left_out_total')).toBe(4)
  })
})
