import { readFileSync } from 'node:fs'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KafkaConnection } from '../../../src/adapters/kafka/client.ts'
import type { FedRecord } from '../../../src/analyst/evidence/feed.ts'
import type { Pack } from '../../../src/analyst/evidence/pack.ts'
import { topicFeed } from '../../../src/analyst/evidence/topic-feed.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient, testConnection } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { ensureBuilt, startService, TOKEN_KEY } from '../../helpers/service.ts'
import { createServiceTopics, follow, produceKeyed } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const MINUTE = 60_000
const DAY = 86_400_000

describeWith('kafka', 'evidence from retained topics', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let connection: KafkaConnection
  beforeAll(() => {
    client = plainClient(kafka.brokers)
    connection = testConnection(kafka.brokers).connection
  })
  afterAll(() => connection.close())

  /** Appends `count` records a minute apart, by turns over the partitions. */
  async function filled(count: number, partitions: number, first: number): Promise<string> {
    const topic = await client.createTopic({ partitions })
    const producer = client.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    await producer.send({
      topic,
      messages: Array.from({ length: count }, (_, i) => ({
        value: String(i),
        partition: i % partitions,
        timestamp: String(first + i * MINUTE),
      })),
    })
    await producer.disconnect()
    return topic
  }

  async function read(topic: string, range: { from?: number; to?: number }) {
    const records: FedRecord[] = []
    const reading = await topicFeed({ connection, topic, groupId: 'evidence-test' }).read(range, (record) =>
      records.push(record),
    )
    return { reading, seen: records.map(({ value }) => Number(value)).sort((a, b) => a - b), records }
  }

  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

  it('reads exactly the records of a range, of every partition, once', async () => {
    const first = Date.now() - 10 * DAY
    const topic = await filled(3_000, 3, first)
    const { seen, reading } = await read(topic, { from: first + 700 * MINUTE, to: first + 2_301 * MINUTE })
    expect(seen).toEqual(range(700, 2_301))
    expect(reading).toEqual({ records: 1_601 })
    expect((await read(topic, {})).seen).toEqual(range(0, 3_000))
    // Only one partition has anything so late.
    expect((await read(topic, { from: first + 2_999 * MINUTE })).seen).toEqual([2_999])
    expect((await read(topic, { from: first - DAY, to: first })).seen).toEqual([])
  })

  it('leaves no committed offset behind, and groups that begin with that of the service', async () => {
    const topic = await filled(10, 1, Date.now() - DAY)
    const admin = client.kafka.admin()
    await admin.connect()
    const groupIds = async () => (await admin.listGroups()).groups.map(({ groupId }) => groupId)
    // Those of other tests on the same broker vanish later.
    const before = await groupIds()
    await read(topic, {})
    const own = (await groupIds()).filter((id) => !before.includes(id) && id.includes('-evidence-'))
    for (const groupId of own) {
      expect(groupId.startsWith('evidence-test-evidence-')).toBe(true)
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
      expect(offsets?.partitions.every(({ offset }) => Number(offset) < 0) ?? true).toBe(true)
    }
    await admin.disconnect()
  })

  it('reports from when on the topic has records where retention took what was asked for', async () => {
    const first = Date.now() - 10 * DAY
    const topic = await filled(100, 1, first)
    const admin = client.kafka.admin()
    await admin.connect()
    // Loads the metadata that the next call needs.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '40' }] })
    await admin.disconnect()
    const { seen, reading } = await read(topic, { from: first + 10 * MINUTE })
    expect(seen).toEqual(range(40, 100))
    expect(reading.beginsAt).toBe(first + 40 * MINUTE)
    expect((await read(topic, { from: first + 50 * MINUTE })).reading.beginsAt).toBeUndefined()
  })

  it('ends although the last offsets of the range hold nothing for a reader', async () => {
    const topic = await client.createTopic()
    const producer = client.kafka.producer({
      transactionalId: `${topic}-tx`,
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: '1' }] })
    await transaction.commit()
    await producer.disconnect()
    // The mark is written a little later.
    await until(async () => (await connection.bounds(topic))[0]!.endOffset === 2)
    expect((await read(topic, {})).seen).toEqual([1])
  })

  it('rejects with what taking a record throws', async () => {
    const topic = await filled(10, 1, Date.now() - DAY)
    const feed = topicFeed({ connection, topic, groupId: 'evidence-test' })
    const failing = feed.read({}, () => {
      throw new Error('cannot take it')
    })
    await expect(failing).rejects.toThrow('cannot take it')
  })

  it('makes the pack of a complaint from what a service has read and written', async () => {
    ensureBuilt()
    const { topics, env } = await createServiceTopics(client, kafka.brokers, {
      partitions: 2,
      side: ['registry', 'consents', 'complaints'],
    })
    const now = Date.now()
    const to = '13812345678'
    const port = '106900123401'
    const row = {
      kind: 'signature',
      name: '星河商城',
      sp: 'SP7',
      ports: ['1069001234*'],
      scope: ['marketing'],
    }
    await produceKeyed(client, topics.registry, [{ key: 'signature:星河商城', value: JSON.stringify(row) }])
    await produceKeyed(client, topics.consents, [
      {
        key: `星河商城|${to}`,
        value: JSON.stringify({ signature: '星河商城', to, state: 'out', ts: now - DAY }),
      },
      { key: `京东|${to}`, value: JSON.stringify({ signature: '京东', to, state: 'in', ts: now - DAY }) },
    ])
    const service = await startService(env)
    try {
      await service.ready()
      const text = '【星河商城】双11狂欢，全场3折起，满300减100，领取红包，拒收请回复R'
      const messages = Array.from({ length: 60 }, (_, i) => ({
        key: `k${i}`,
        value: JSON.stringify({
          id: `m${i}`,
          ts: now - 60_000 + i * 1000,
          from: port,
          to: i === 30 ? to : `1390000${String(i).padStart(4, '0')}`,
          text,
          carrier: 'CMCC',
        }),
      }))
      const verdicts = await follow(client, topics.verdicts)
      await produceKeyed(client, topics.messages, messages)
      await verdicts.count(60)
      await verdicts.stop()
    } finally {
      await service.stop()
    }
    const complaint = {
      id: 'c-7',
      ts: Date.now(),
      from: port,
      to,
      text: '双11狂欢全场3折起',
      source: '12321',
    }
    await produceKeyed(client, topics.complaints, [{ key: 'c-7', value: JSON.stringify(complaint) }])

    const secret = { ...env, SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY }
    const args = ['evidence', '--complaint', 'c-7', '--out', folder.file('out')]
    const { code, stdout, stderr } = await warmSigwatch(args, { env: secret, cwd: folder.path })
    expect(code, stderr).toBe(0)
    const pack = JSON.parse(readFileSync(stdout.trim().split('\n')[1]!, 'utf8')) as Pack
    expect(pack.messages).toHaveLength(1)
    const [message] = pack.messages
    expect(message).toMatchObject({
      id: 'm30',
      sp: 'SP7',
      spBy: 'filing',
      to: '138****5678',
      toToken: createTokeniser({ keyId: '1', key: TOKEN_KEY })(to),
      registry: { sameAsThen: true, filings: [{ ports: ['1069001234*'], coversPort: true, inForce: true }] },
      consent: { standing: 'out' },
      verdict: { action: 'block' },
      versions: { by: 'alert' },
    })
    expect(message!.records[0]).toMatchObject({ topic: topics.messages })
    expect(message!.alerts[0]!.reasons.map(({ code: c }) => c)).toContain('AFTER_OPT_OUT')
    expect(pack.missing.map(({ what }) => what)).not.toContain('assumedReceived')
    expect(Date.parse(pack.complaint!.receivedAt)).toBeGreaterThanOrEqual(complaint.ts)

    const alert = message!.alerts[0]!.id
    for (const [option, id] of [
      ['--message', 'm30'],
      ['--alert', alert],
    ] as const) {
      const about = await warmSigwatch(['evidence', option, id, '--out', folder.file('out')], {
        env: secret,
        cwd: folder.path,
      })
      expect(about.code, about.stderr).toBe(0)
      const of = JSON.parse(readFileSync(about.stdout.trim().split('\n')[1]!, 'utf8')) as Pack
      expect(of.messages.map((m) => [m.id, m.alerts.map((one) => one.id)])).toEqual([['m30', [alert]]])
    }

    const gone = await warmSigwatch([...args.slice(0, 2), 'c-8'], { env: secret, cwd: folder.path })
    expect(gone.code).toBe(1)
    expect(gone.stderr).toContain(topics.complaints)
  })
})
