import { writeFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import { REGISTRY, recipient } from '../../behaviour/fixtures/registry.ts'
import { assertHidden } from '../../helpers/embedded.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startRedis } from '../../helpers/redis-server.ts'
import { checkedAlert, checkedBlock, checkedVerdict } from '../../helpers/schema.ts'
import { type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'
const NOTICE = '【示例超市】您的订单已发货，预计今日送达，请保持手机畅通。'
const SALE = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，退订回T'
const HOUR = 3_600_000

/** One service on a topic of its own with Kafka and Redis, and what comes out of it. */
describeWith(['kafka', 'redis'], 'the service', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let service: Service
  let out: Record<
    'alerts' | 'verdicts' | 'deadLetters' | 'shadowAlerts' | 'blocks',
    Awaited<ReturnType<typeof follow>>
  >
  const recipients: string[] = []
  let sent = 0

  const sms = (id: string, more: object = {}) => {
    const to = recipient(5_000 + sent++)
    recipients.push(to)
    return { id, ts: Date.now(), from: '10690200001', to, text: NOTICE, ...more }
  }
  const send = (...records: readonly (object | string | Buffer)[]) =>
    client.produce(
      at.topics.messages,
      records.map((r) => (typeof r === 'string' || Buffer.isBuffer(r) ? r : JSON.stringify(r))),
    )
  const verdictOf = (id: string) => out.verdicts.values<Verdict>().find((verdict) => verdict.id === id)
  const alertOf = (subject: string, type = 'raised') =>
    out.alerts
      .values<Alert>()
      .find((alert) => alert.subject === subject && alert.type === `sigwatch.alert.${type}`)
  const verdict = async (id: string, within?: number): Promise<Verdict> => {
    await until(
      () => verdictOf(id) !== undefined,
      within,
      () => `no verdict on ${id}\n${service.stderr.slice(-2_000)}`,
    )
    return checkedVerdict(verdictOf(id))
  }
  const alert = async (subject: string, type?: string, within?: number): Promise<Alert> => {
    await until(
      () => alertOf(subject, type) !== undefined,
      within,
      () => `no ${type} alert on ${subject}`,
    )
    return checkedAlert(alertOf(subject, type))
  }

  /** Offset up to which the deployment remembers that replies took effect. */
  const repliesApplied = async () => {
    const control = new Redis(redis.url)
    try {
      for (const key of await control.keys('*:side-offsets')) {
        const applied = await control.hget(key, `${at.topics.replies}/0`)
        if (applied) return Number(applied.split(' ')[1])
      }
      return 0
    } finally {
      control.disconnect()
    }
  }

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startRedis()
    at = await createServiceTopics(client, kafka.brokers, {
      side: ['registry', 'consents', 'replies', 'complaints', 'feedback'],
    })
    const rows = [
      ...REGISTRY.brands.map((row) => [`brand:${row.id}`, { kind: 'brand', ...row }] as const),
      ...REGISTRY.signatures.map((row) => [`signature:${row.name}`, { kind: 'signature', ...row }] as const),
      ...REGISTRY.ports.map((row) => [`port:${row.port}`, { kind: 'port', ...row }] as const),
    ]
    const values = rows.map(([, row]) => JSON.stringify(row))
    await client.produce(at.topics.registry, values, { keys: rows.map(([key]) => key) })
    // Its messages are of now, whatever the hour.
    const policy = folder.file('policy.yaml')
    writeFileSync(policy, 'quietHours: {marketing: null, finance: null}\n')
    service = await startService({
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_REDIS_BUDGET: '5s',
      SIGWATCH_POLICY: policy,
    })
    await service.ready()
    const channels = ['alerts', 'verdicts', 'deadLetters', 'shadowAlerts', 'blocks'] as const
    const followed = await Promise.all(channels.map((name) => follow(client, at.topics[name])))
    out = Object.fromEntries(channels.map((name, i) => [name, followed[i]])) as typeof out
  }, 180_000)

  afterAll(async () => {
    await Promise.all(Object.values(out ?? {}).map((topic) => topic.stop()))
    await service?.stop()
    await redis?.stop()
  }, 60_000)

  it('turns one forged message into an alert with its headers, and a verdict', async () => {
    await send(sms('forged', { text: FORGED, from: '1068119990', ext: { lane: '3' } }))
    const raised = await alert('message:forged')
    expect(raised).toMatchObject({
      specversion: '1.0',
      type: 'sigwatch.alert.raised',
      source: `/sigwatch/${at.groupId}`,
      data: {
        action: 'block',
        mode: 'enforce',
        target: { kind: 'message', id: 'forged' },
        message: { id: 'forged', from: '1068119990', signature: '京东', ext: { lane: '3' } },
        contacts: { urls: ['https://tuikuan-kf88.top/a'] },
        provenance: { topic: at.topics.messages, partition: 0 },
      },
    })
    const record = out.alerts.records.find((r) => r.headers.ce_id === raised.id)!
    expect(record.key).toBe('message:forged')
    expect(record.headers).toEqual({
      'content-type': 'application/cloudevents+json',
      ce_id: raised.id,
      ce_type: raised.type,
      ce_source: raised.source,
      'sigwatch-action': 'block',
    })
    expect(await verdict('forged')).toMatchObject({ action: 'block', label: 'fraud', ext: { lane: '3' } })
    expect(out.verdicts.records.find((r) => r.key === 'forged')).toBeDefined()
  })

  it('knows the registry of the topic from the first message on', async () => {
    await send(sms('own-port'), sms('wrong-port', { from: '10690300001' }))
    expect((await verdict('own-port')).reasons).toEqual([])
    expect((await verdict('wrong-port')).reasons).toEqual(['SIGNATURE_WRONG_PORT'])
  })

  it('puts what cannot be read on the dead letter topic, with all headers, and goes on', async () => {
    const garbage = Buffer.from([0xff, 0xfe, 0x80, 0x00, 0xc3, 0x28])
    const bad: readonly (readonly [string | Buffer, string])[] = [
      [garbage, 'RECORD_NOT_UTF8'],
      [JSON.stringify(sms('cut')).slice(0, -9), 'RECORD_NOT_JSON'],
      ['[]', 'RECORD_NOT_OBJECT'],
      [JSON.stringify(sms('typed', { text: 7 })), 'RECORD_FIELD_INVALID'],
      [JSON.stringify(sms('empty', { text: '' })), 'RECORD_FIELD_INVALID'],
      [JSON.stringify(sms('early', { ts: Date.now() + HOUR })), 'RECORD_TS_FUTURE'],
      [JSON.stringify(sms('old', { ts: 1 })), 'RECORD_TS_INVALID'],
      ['', 'RECORD_NOT_JSON'],
    ]
    const before = out.deadLetters.records.length
    await send(...bad.map(([value]) => value), JSON.stringify(sms('surrogates')).replace('您的', '\\ud800您'))
    await verdict('surrogates')
    await out.deadLetters.count(before + bad.length)
    const letters = out.deadLetters.records.slice(before).toSorted((a, b) => offsetOf(a) - offsetOf(b))
    expect(letters.map((letter) => letter.headers['sigwatch-error'])).toEqual(bad.map(([, error]) => error))
    letters.forEach((letter, i) => {
      expect(letter.value?.toString('base64')).toBe(Buffer.from(bad[i]![0] as string).toString('base64'))
      expect(Object.keys(letter.headers).sort()).toEqual([
        'sigwatch-detail',
        'sigwatch-error',
        'sigwatch-offset',
        'sigwatch-partition',
        'sigwatch-stage',
        'sigwatch-topic',
      ])
      expect(letter.headers).toMatchObject({
        'sigwatch-stage': 'decode',
        'sigwatch-topic': at.topics.messages,
        'sigwatch-partition': '0',
      })
    })
  })

  it('takes a record of more than a megabyte as a dead letter, not as an end', async () => {
    const before = out.deadLetters.records.length
    const huge = JSON.stringify(sms('huge', { text: '长'.repeat(400_000) }))
    await client.produce(at.topics.messages, [huge], { compression: kafkajs.CompressionTypes.GZIP })
    await out.deadLetters.count(before + 1)
    const letter = out.deadLetters.records.at(-1)!
    expect(letter.headers['sigwatch-error']).toBe('RECORD_TOO_LARGE')
    expect(letter.value!.length).toBe(Buffer.byteLength(huge))
  })

  it('joins parts that come in different batches, and scores what is missing after 10 seconds', async () => {
    const to = recipient(6_001)
    recipients.push(to)
    const part = (ref: string, index: number, text: string) =>
      sms(`${ref}.${index}`, { to, text, part: { ref, index, count: 2 } })
    await send(part('late', 1, '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品'))
    await send(part('join', 2, '-com.shop/p 查看，退订回T'))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(verdictOf('join.2')).toBeUndefined()
    await send(part('join', 1, '【示例超市】您购买的商品已下架，请点 https://www.jd'))
    const [one, two] = [await verdict('join.1'), await verdict('join.2')]
    expect(one.reasons).toContain('LOOKALIKE_DOMAIN')
    expect(two.reasons).toEqual(one.reasons)
    expect(one.partial).toBeUndefined()
    const late = await verdict('late.1', 30_000)
    expect(late).toMatchObject({ partial: true, reasons: ['TEXT_MARKETING'] })
  })

  it('counts what was blocked before it and raises nothing for it', async () => {
    const records = [0, 1, 2].map((i) =>
      sms(`blocked-${i}`, {
        from: '1068118880',
        disposition: 'blocked',
        text: FORGED.replace('tuikuan-kf88.top', 'zh-anquan7.icu'),
      }),
    )
    await send(...records)
    expect((await verdict('blocked-2')).reasons).toContain('FORGED_BRAND')
    await alert('domain:zh-anquan7.icu')
    expect(alertOf('message:blocked-0')).toBeUndefined()
  })

  it('makes alerts on old messages shadow, so that a backlog blocks no message', async () => {
    await send(sms('stale', { text: FORGED, from: '1068117770', ts: Date.now() - 48 * HOUR }))
    expect((await verdict('stale')).reasons).toContain('FORGED_BRAND')
    const shadow = () => out.shadowAlerts.values<Alert>().find((a) => a.subject === 'message:stale')
    await until(() => shadow() !== undefined)
    expect(checkedAlert(shadow()).data).toMatchObject({ mode: 'shadow', late: true })
    expect(alertOf('message:stale')).toBeUndefined()
  })

  it('makes a state shadow when its event is past its end by the clock', async () => {
    const domain = 'yanchi-kf30.icu'
    const text = FORGED.replace('tuikuan-kf88.top', domain)
    const ts = Date.now() - 2 * HOUR
    await send(...[0, 1, 2].map((i) => sms(`past-${i}`, { from: '1068115550', ts: ts + i, text })))
    const shadow = () => out.shadowAlerts.values<Alert>().find((a) => a.subject === `domain:${domain}`)
    await until(() => shadow() !== undefined)
    expect(checkedAlert(shadow()).data).toMatchObject({ mode: 'shadow', late: true })
    await alert('message:past-2')
    expect(alertOf(`domain:${domain}`)).toBeUndefined()
  })

  it('raises a state, keeps it in the block table, and clears it by the word of an analyst within seconds', async () => {
    const domain = 'lipei-cn52.icu'
    const text = FORGED.replace('tuikuan-kf88.top', domain)
    for (let i = 0; i < 3; i++) await send(sms(`wave-${i}`, { from: '1068116660', text }))
    const raised = await alert(`domain:${domain}`)
    expect(raised.data).toMatchObject({
      action: 'block',
      match: { domains: [domain] },
      message: { id: 'wave-2' },
    })
    expect(raised.data.samples!.map((sample) => sample.id)).toEqual(['wave-0', 'wave-1'])
    const state = raised.data.state!.id
    const row = () => out.blocks.records.findLast((r) => r.key === state)
    await until(() => row() !== undefined)
    expect(checkedBlock(JSON.parse(row()!.value!.toString()))).toMatchObject({
      state,
      action: 'block',
      code: 'FORGED_BRAND',
      alertId: raised.id,
      match: { domains: [domain] },
    })
    await send(sms('in-state', { from: '1068116660', text }))
    const inState = await verdict('in-state')
    expect(inState.states).toContain(state)

    const word = { stateId: state, verdict: 'release', by: 'test', ts: Date.now() }
    await client.produce(at.topics.feedback, [JSON.stringify(word)])
    const cleared = await alert(`domain:${domain}`, 'cleared', 15_000)
    expect(cleared.data.state).toMatchObject({
      id: state,
      episode: raised.data.state!.episode,
      cause: 'feedback',
    })
    expect(cleared.data.state!.revision).toBeGreaterThan(raised.data.state!.revision)
    await until(() => row()!.value === null)
    // It does not rise again.
    const revisions = () => out.alerts.values<Alert>().filter((a) => a.subject === `domain:${domain}`).length
    const known = revisions()
    for (let i = 3; i < 6; i++) await send(sms(`wave-${i}`, { from: '1068116660', text }))
    expect((await verdict('wave-5')).states).not.toContain(state)
    expect(revisions()).toBe(known)
  })

  it('takes consents, replies and changes of the registry from their topics while it runs', async () => {
    const [to, other] = [recipient(6_002), recipient(6_003)]
    recipients.push(to, other)
    const ts = Date.now() - 1_000
    const consent = { signature: '示例超市', to, state: 'out', ts }
    await client.produce(at.topics.consents, [JSON.stringify(consent)], { keys: [`示例超市|${to}`] })
    await send(sms('before-reply', { to: other, text: SALE }))
    expect((await verdict('before-reply')).reasons).toEqual(['TEXT_MARKETING'])
    const reply = { id: 'r1', ts: Date.now(), from: other, to: '10690200001', text: '退订' }
    await client.produce(at.topics.replies, [JSON.stringify(reply)])
    const filing = { kind: 'signature', name: '新开小店', ports: ['10690888*'] }
    await client.produce(at.topics.registry, [JSON.stringify(filing)], { keys: ['signature:新开小店'] })
    let n = 0
    const reasonsOf = async (record: object) => {
      const id = `side-${n++}`
      await send(sms(id, record))
      return (await verdict(id)).reasons
    }
    await until(async () => (await reasonsOf({ to, text: SALE })).includes('AFTER_OPT_OUT'))
    await until(async () => (await reasonsOf({ to: other, text: SALE })).includes('AFTER_OPT_OUT'))
    const fresh = { from: '10690888001', text: NOTICE.replace('示例超市', '新开小店') }
    await until(async () => (await reasonsOf(fresh)).length === 0)
    await client.produce(at.topics.registry, [null], { keys: ['signature:新开小店'] })
    await until(async () => (await reasonsOf(fresh)).includes('SIGNATURE_UNFILED'))
  })

  it('answers on its HTTP server', async () => {
    expect((await service.get('/healthz')).status).toBe(200)
    expect((await service.get('/readyz')).status).toBe(200)
    expect(JSON.parse((await service.get('/version')).body)).toMatchObject({ name: 'sigwatch' })
    const { body } = await service.get('/metrics')
    expect(body).toMatch(/^sigwatch_\w+ /m)
    for (const to of recipients) expect(body).not.toContain(to)
  })

  it('shows no recipient in anything that it wrote, and a schema holds for all of it', async () => {
    const values = Object.entries(out).flatMap(([channel, topic]) =>
      channel === 'deadLetters'
        ? topic.records.map((r) => JSON.stringify(r.headers))
        : topic.records.map((r) => `${r.key} ${r.value} ${JSON.stringify(r.headers)}`),
    )
    const shown = [...values, service.stderr].join('\n')
    expect(recipients.length).toBeGreaterThan(30)
    for (const to of recipients) assertHidden(to, shown)
    for (const value of out.alerts.values()) checkedAlert(value)
    for (const value of out.shadowAlerts.values()) checkedAlert(value)
    for (const value of out.verdicts.values()) checkedVerdict(value)
    for (const value of out.blocks.values()) checkedBlock(value)
  })

  it('drains on SIGTERM and goes on where it stopped', async () => {
    const before = out.verdicts.records.length
    const records = Array.from({ length: 1_500 }, (_, i) => sms(`drain-${i}`))
    await send(...records)
    await until(() => out.verdicts.records.length > before)
    expect(await service.stop(), service.stderr.slice(-1_000)).toBe(0)
    expect(service.log.at(-1)!.event).toBe('stopped')
    service = await startService({ ...at.env, REDIS_URL: redis.url, SIGWATCH_REDIS_BUDGET: '5s' })
    await service.ready()
    await until(() => verdictOf('drain-1499') !== undefined, 60_000)
    const seen = out.verdicts.values<Verdict>().filter((v) => v.id.startsWith('drain-'))
    // Drained, everything that was written was committed too: nothing comes twice.
    expect(seen.map((v) => v.id).sort()).toEqual(records.map((r) => r.id).sort())
  })

  it('takes rows of side topics that came while it was stopped, and none that had taken effect', async () => {
    const to = recipient(6_004)
    // The position in the topic is reported once a second, when all partitions have passed the event time of the row.
    let before = 0
    await until(async () => {
      await send(sms(`before-stop-${before++}`, { to, text: SALE }))
      return (await repliesApplied()) === 1
    })
    await verdict('before-stop-0')
    expect(await service.stop()).toBe(0)
    const reply = { id: 'r2', ts: Date.now(), from: to, to: '10690200001', text: '退订' }
    await client.produce(at.topics.replies, [JSON.stringify(reply)])
    service = await startService({ ...at.env, REDIS_URL: redis.url, SIGWATCH_REDIS_BUDGET: '5s' })
    await service.ready()
    let n = 0
    await until(async () => {
      const id = `after-stop-${n++}`
      await send(sms(id, { to, text: SALE }))
      return (await verdict(id)).reasons.includes('AFTER_OPT_OUT')
    })
    const { body } = await service.get('/metrics')
    expect(body).toMatch(/sigwatch_side_input_rows_total\{input="replies",outcome="accepted"\} 1$/m)
  })
})

function offsetOf({ headers }: { readonly headers: Readonly<Record<string, string>> }): number {
  return Number(headers['sigwatch-offset'])
}
