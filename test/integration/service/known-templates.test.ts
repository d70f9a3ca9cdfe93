import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../../src/domain/alert.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const FORGED = '【招商银行】您尾号3308的信用卡于境外消费4,999.00元，如非本人操作请立即登录 cmb-zd.top/q'
const COPY = '【招商银行】您尾号6610的信用卡在境外刷卡2,100.00元，如非本人操作请立刻登录'

describeWith(['kafka', 'redis'], 'known templates', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let services: Service[] = []
  let verdicts: Awaited<ReturnType<typeof follow>>
  let templates: Awaited<ReturnType<typeof follow>>
  let n = 0

  const start = () => startService({ ...at.env, REDIS_URL: redis.url })
  const send = async (text: string, partition = 0) => {
    const id = `m${++n}`
    const sms = { id, ts: Date.now(), from: '10680000001', to: `1390000${String(n).padStart(4, '0')}`, text }
    await client.produce(at.topics.messages, [JSON.stringify(sms)], { partition })
    let found: Verdict | undefined
    await until(() => {
      found = verdicts.values<Verdict>().find((one) => one.id === id)
      return found !== undefined
    }, 30_000)
    return { id, reasons: found!.reasons }
  }
  const say = (row: object) =>
    client.produce(at.topics.feedback, [JSON.stringify({ by: 'ann', ts: Date.now(), ...row })])
  const table = () =>
    new Map(templates.records.map(({ key, value }) => [String(key), value && JSON.parse(String(value))]))

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers, { partitions: 2, side: ['feedback', 'templates'] })
    verdicts = await follow(client, at.topics.verdicts)
    templates = await follow(client, at.topics.templates)
    services = await Promise.all([start(), start()])
    for (const service of services) await service.ready(120_000)
  })
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()))
    await Promise.all([verdicts?.stop(), templates?.stop()])
    await redis?.stop()
  })

  it('are known to both instances within two seconds, and stand in the topic without text', async () => {
    const { id, reasons } = await send(FORGED)
    expect(reasons).not.toContain('KNOWN_TEMPLATE')
    await sleep(1_000)
    await say({ messageId: id, verdict: 'confirmed' })
    await sleep(2_000)
    for (const partition of [0, 1])
      expect((await send(`${COPY} cmb-a${partition}.cc/x`, partition)).reasons).toContain('KNOWN_TEMPLATE')
    await until(() => table().size > 0, 10_000)
    const [[key, row]] = [...table()] as [[string, Record<string, unknown>]]
    expect(row).toMatchObject({
      sketch: key,
      label: 'fraud',
      confirmations: [{ by: 'ann' }],
      source: 'local',
    })
    expect(JSON.stringify(row)).not.toMatch(/招商|3308|cmb-zd/)
  })

  it('go to another deployment as a signed list, without confirmations', async () => {
    const [key, pub, list] = ['key.pem', 'pub.pem', 'list.jsonl'].map((name) => folder.file(name)) as [
      string,
      string,
      string,
    ]
    execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key])
    execFileSync('openssl', ['pkey', '-in', key, '-pubout', '-out', pub])
    const exported = await warmSigwatch(
      ['templates', 'export', '--key', key, '--list', 'desk-a', '--out', list],
      { env: at.env },
    )
    expect([exported.code, exported.stderr]).toEqual([0, '1 template in the list desk-a\n'])
    expect(readFileSync(list, 'utf8')).not.toMatch(/招商|3308|cmb-zd|ann/)
    const other = await createServiceTopics(client, kafka.brokers, { side: ['templates'] })
    const imported = await warmSigwatch(['templates', 'import', list, '--key', pub], { env: other.env })
    expect([imported.code, imported.stderr]).toEqual([
      0,
      expect.stringContaining('1 template of the list desk-a'),
    ])
    const listed = await warmSigwatch(['templates', 'list'], { env: other.env })
    expect(JSON.parse(listed.stdout)).toMatchObject({ confirmations: [], source: 'desk-a', label: 'fraud' })
    const again = await warmSigwatch(['templates', 'import', list, '--key', pub], { env: other.env })
    expect(again.stderr).toContain('0 templates of the list desk-a')
    writeFileSync(list, readFileSync(list, 'utf8').replace('"fraud"', '"illicit"'))
    const tampered = await warmSigwatch(['templates', 'import', list, '--key', pub], { env: other.env })
    expect([tampered.code, tampered.stdout]).toEqual([2, ''])
    expect(tampered.stderr).toContain('the signature does not fit')
  })

  it('are restored from the topic after Redis was emptied', async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()))
    const link = new Redis(redis.url)
    await link.flushall()
    await link.quit()
    services = [await (await start()).ready(120_000)]
    expect((await send(`${COPY} cmb-b.cc/x`)).reasons).toContain('KNOWN_TEMPLATE')
  })

  it('are gone from instance and topic once one was a false alarm, and come back by an undo', async () => {
    const { id } = await send(`${COPY} cmb-c.cc/x`)
    await sleep(1_000)
    await say({ messageId: id, verdict: 'false_positive', until: Date.now() + 3_000, feedbackId: 'wrong' })
    await until(() => [...table().values()].every((row) => row === null), 10_000)
    expect((await send(`${COPY} cmb-d.cc/x`)).reasons).not.toContain('KNOWN_TEMPLATE')
    await say({ undo: 'wrong' })
    await until(() => [...table().values()].some((row) => row !== null), 10_000)
    expect((await send(`${COPY} cmb-e.cc/x`)).reasons).toContain('KNOWN_TEMPLATE')
  })
})
