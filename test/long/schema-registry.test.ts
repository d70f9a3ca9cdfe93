import { createServer, type Server } from 'node:http'
import avro from 'avsc'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../src/domain/alert.ts'
import { type Apicurio, startApicurio } from '../helpers/apicurio.ts'
import { useFolder, writeJsonl } from '../helpers/jsonl.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type Service, startService, TOKEN_KEY } from '../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../helpers/service-topics.ts'
import { describeWith, useKafka } from '../helpers/services.ts'
import { warmSigwatch } from '../helpers/warm-commands.ts'

const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'

const AVRO = {
  type: 'record',
  name: 'Mt',
  namespace: 'gw',
  fields: [
    { name: 'uid', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'src', type: ['null', 'string'] },
    { name: 'dest', type: 'string' },
    { name: 'content', type: 'bytes' },
  ],
}
const PROTO = `
  syntax = "proto3";
  package gw;
  import "head.proto";
  message Ack { uint64 id = 1; }
  message Mt { Head head = 1; int64 at = 2; string src = 3; string dest = 4; string content = 5; }`
const HEAD = 'syntax = "proto3"; package gw; message Head { uint64 msg_id = 1; }'

const AVRO_INPUT = {
  format: 'avro',
  map: {
    id: '/uid',
    ts: { pointer: '/at', form: 'epoch-ms' },
    from: '/src',
    to: '/dest',
    text: { pointer: '/content', form: 'bytes', encoding: 'ucs2' },
  },
}
const PROTO_INPUT = {
  format: 'protobuf',
  map: {
    id: '/head/msg_id',
    ts: { pointer: '/at', form: 'epoch-s' },
    from: '/src',
    to: '/dest',
    text: '/content',
  },
}

/** What Confluent's serializers write before a value. */
function framed(id: number, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(5)
  head.writeInt32BE(id, 1)
  return Buffer.concat([head, ...parts])
}

describeWith(['kafka', 'apicurio'], 'records by the schemas of a registry', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let registry: Apicurio
  /** Asks for a login before the registry, which here has none of its own. */
  let door: Server
  let at: ServiceTopics
  let service: Service
  let protoTopic: string
  let env: Record<string, string>
  let [avroId, protoId] = [0, 0]
  const asked: string[] = []

  const avroType = avro.Type.forSchema(AVRO as never, { wrapUnions: false })
  const avroRecord = (uid: string, id = avroId) => {
    const content = Buffer.from(FORGED, 'utf16le').swap16()
    const value = { uid, at: Date.now(), src: '1068110001', dest: '13800138001', content }
    return framed(id, avroType.toBuffer(value))
  }
  const root = protobuf.parse(`${HEAD}${PROTO.replace(/.*(?:import|syntax|package).*/g, '')}`, {
    keepCase: true,
  }).root
  const protoRecord = (id: string) => {
    const type = root.lookupType('gw.Mt')
    const at = Math.floor(Date.now() / 1000)
    const value = { head: { msg_id: id }, at, src: '1068110001', dest: '13800138002', content: FORGED }
    return framed(protoId, Buffer.from([2, 2]), type.encode(type.fromObject(value)).finish())
  }
  const verdicts = async () =>
    (await client.readAll(at.topics.verdicts)).map(({ value }) => JSON.parse(String(value)) as Verdict)
  const judged = (id: string) =>
    until(
      async () => (await verdicts()).some((verdict) => verdict.id === id),
      60_000,
      () => `no verdict on ${id}\n${service.stderr.slice(-2_000)}`,
    )
  const registered = async () => {
    avroId = await registry.register('mt-value', JSON.stringify(AVRO))
    await registry.register('head.proto', HEAD, { schemaType: 'PROTOBUF' })
    const references = [{ name: 'head.proto', subject: 'head.proto', version: 1 }]
    protoId = await registry.register('proto-value', PROTO, { schemaType: 'PROTOBUF', references })
  }

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    registry = await startApicurio()
    await registered()
    const login = `Basic ${Buffer.from('reader:a secret').toString('base64')}`
    door = createServer((request, response) => {
      asked.push(request.url!)
      if (request.headers.authorization !== login) {
        response.writeHead(401).end()
        return
      }
      fetch(`${registry.url}${request.url}`).then(
        async (answer) => {
          response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
        },
        () => response.destroy(),
      )
    })
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
    at = await createServiceTopics(client, kafka.brokers, { partitions: 2 })
    protoTopic = await client.createTopic({}, `${at.topics.messages}.proto`)
    const topics = [
      { topic: at.topics.messages, ...AVRO_INPUT },
      { topic: protoTopic, ...PROTO_INPUT },
    ]
    env = {
      ...at.env,
      SIGWATCH_KAFKA_TOPICS_MESSAGES: JSON.stringify(topics),
      SIGWATCH_INPUT_SCHEMA_REGISTRY_URL: `http://127.0.0.1:${(door.address() as { port: number }).port}`,
      SIGWATCH_INPUT_SCHEMA_REGISTRY_USERNAME: 'reader',
      SIGWATCH_INPUT_SCHEMA_REGISTRY_PASSWORD: 'a secret',
    }
    service = await (await startService(env)).ready()
  }, 300_000)

  afterAll(async () => {
    await service?.kill()
    door?.close()
    await registry?.kill()
  })

  it('judges Avro and Protobuf, and asks for each schema once', async () => {
    await client.produce(at.topics.messages, [avroRecord('a1'), avroRecord('a2'), avroRecord('a3')])
    await client.produce(protoTopic, [protoRecord('18446744073709551615')])
    for (const id of ['a1', 'a2', 'a3', '18446744073709551615']) await judged(id)
    let alert: Alert | undefined
    // It goes to another topic than the verdict, and may be there later.
    await until(async () => {
      const alerts = (await client.readAll(at.topics.alerts)).map(
        ({ value }) => JSON.parse(String(value)) as Alert,
      )
      alert = alerts.find(({ subject }) => subject === 'message:a1')
      return alert !== undefined
    })
    expect(alert?.data.message?.text).toContain('【京东】')
    const schemas = asked.filter((path) => path.startsWith('/schemas/ids/'))
    expect(schemas.toSorted()).toEqual([`/schemas/ids/${avroId}`, `/schemas/ids/${protoId}`].toSorted())
  })

  it('makes dead letters of what cannot be decoded, with the reason, and goes on', async () => {
    const wrong: readonly (readonly [Buffer, RegExp])[] = [
      [Buffer.from('{"uid":"x"}'), /does not begin with a zero byte and the id of a schema/],
      [avroRecord('x', 9_999), /schema 9999: .*not in the registry/],
      [avroRecord('x', protoId), /is PROTOBUF, and the format of the input is avro/],
      [framed(avroId, Buffer.from([2])), /the bytes do not fit schema \d+: the bytes end too soon/],
    ]
    const before = (await client.readAll(at.topics.deadLetters)).length
    await client.produce(at.topics.messages, [...wrong.map(([value]) => value), avroRecord('after')], {
      partition: 0,
    })
    await judged('after')
    const lettersNow = async () => (await client.readAll(at.topics.deadLetters)).slice(before)
    await until(async () => (await lettersNow()).length >= wrong.length)
    const letters = await lettersNow()
    expect(letters.map(({ headers }) => headers['sigwatch-error'])).toEqual(
      wrong.map(() => 'RECORD_NOT_DECODED'),
    )
    wrong.forEach(([value, reason], i) => {
      expect(letters[i]!.headers['sigwatch-detail']).toMatch(reason)
      expect(letters[i]!.value).toEqual(value)
    })
  })

  it('is tried by check, on the records of the topics and on those of a file', async () => {
    const check = (...args: string[]) =>
      warmSigwatch(['check', ...args], {
        env: { ...env, SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY },
        cwd: folder.path,
      })
    const connected = await check('--connect')
    expect(connected.stderr).toMatch(new RegExp(`${protoTopic}: 1 of the last 1 records can be read`))
    const line = (value: Buffer) => ({ base64: value.toString('base64') })
    writeJsonl(folder.file('sample.jsonl'), [line(avroRecord('s1')), line(avroRecord('s2', 9_999))])
    const sample = await check('--sample', folder.file('sample.jsonl'), '--topic', at.topics.messages)
    expect(sample.stdout.split('\n')[0]).toContain('"id":"s1"')
    expect(sample.stdout.split('\n')[1]).toContain('RECORD_NOT_DECODED')
  })

  it('holds up no other partition for a schema that a registry does not answer for', async () => {
    const before = (await client.readAll(at.topics.deadLetters)).length
    await registry.kill()
    await client.produce(at.topics.messages, [avroRecord('waits', 7_777)], { partition: 0 })
    await until(() =>
      service.log.some((line) => line.event === 'connection_lost' && line.service === 'schema-registry'),
    )
    await client.produce(at.topics.messages, [avroRecord('beside')], { partition: 1 })
    await judged('beside')
    expect(await client.readAll(at.topics.deadLetters)).toHaveLength(before)
    await registry.start()
    await registered()
    await until(async () => (await client.readAll(at.topics.deadLetters)).length > before, 60_000)
  })

  it('waits for a registry that does not answer, says so, stops when told to, and loses nothing', async () => {
    await registry.kill()
    await service.kill()
    service = await startService(env)
    const ids = Array.from({ length: 20 }, (_, n) => `waits-${n}`)
    await client.produce(
      at.topics.messages,
      ids.map((id) => avroRecord(id)),
    )
    const awaited = () =>
      service.log.filter((line) => line.event === 'connection_awaited' && line.service === 'schema-registry')
    await until(() => awaited().length > 0)
    expect(awaited()[0]!.hint).toContain('schemaRegistry')
    expect(await service.metric('sigwatch_connection_up{service="schema-registry"}')).toBe(0)
    expect(await service.stop()).toBe(0)
    expect((await verdicts()).filter(({ id }) => id.startsWith('waits-'))).toEqual([])

    service = await startService(env)
    await until(() => awaited().length > 0)
    await registry.start()
    await registered()
    for (const id of ids) await judged(id)
    expect(await service.stop()).toBe(0)
  })
})
