import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import { recipient } from '../../behaviour/fixtures/registry.ts'
import { parseJsonl, readJsonl, useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { checkedAlert } from '../../helpers/schema.ts'
import { type Service, startService, TOKEN_KEY } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const FORGED =
  '【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://tuikuan-kf88.top/a 填写收款信息，逾期作废。'
const FROM = '10690200077'

/** Records of the operator's own, in two topics of different form. */
describeWith(['kafka'], 'the service with records of another form', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let client: ReturnType<typeof plainClient>
  let service: Service | undefined

  beforeAll(() => {
    client = plainClient(kafka.brokers)
  })
  afterAll(async () => {
    await service?.kill()
  })

  const seconds = () => Math.floor(Date.now() / 1000)
  const cmpp = (id: string, text: string) => ({
    key: recipient(1),
    headers: { 'src-id': FROM },
    value: JSON.stringify({
      hdr: { msgid: id },
      at: seconds(),
      body: Buffer.from(text, 'utf16le').swap16().toString('hex'),
    }),
  })
  const maps = (first: string, second: string) => `
    messages:
      - topic: ${first}
        map:
          id: {pointer: /hdr/msgid}
          ts: {pointer: /at, form: epoch-s}
          from: {header: src-id}
          to: {key: true}
          text: {pointer: /body, form: hex, encoding: ucs2}
          carrier: {value: CMCC}
      - topic: ${second}
        map: {encoding: gbk, id: /n, ts: {pointer: /t, form: yyyyMMddHHmmss, zone: "+08:00"}, from: /f, to: /r, text: /c}
`
  const localTime = () => new Date(Date.now() + 8 * 3_600_000).toISOString().replace(/\D/g, '').slice(0, 14)
  /** 京 and the ASCII characters of the text, in GBK. */
  const gbk = (id: string) =>
    Buffer.concat([
      Buffer.from(`{"n":"${id}","t":"${localTime()}","f":"${FROM}","r":"${recipient(2)}","c":"`),
      Buffer.from([0xbe, 0xa9, 0xb6, 0xab]),
      Buffer.from(' https://tuikuan-kf88.top/a"}'),
    ])

  it('raises alerts from both, and sends what does not fit to the dead letters', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const { SIGWATCH_KAFKA_TOPICS_MESSAGES: first, ...env } = at.env
    const second = uniqueName('foreign')
    await client.createTopic({}, second)
    const config = join(folder.path, 'sigwatch.yaml')
    writeFileSync(config, `kafka:\n  topics:${maps(first!, second)}`)
    service = await startService(env, ['--config', config])
    await service.ready()
    const producer = client.kafka.producer()
    await producer.connect()
    const { headers, ...headless } = cmpp('no-header', FORGED)
    await producer.sendBatch({
      topicMessages: [
        { topic: first!, messages: [cmpp('a1', FORGED), headless, cmpp('a2', '您的订单已发货。')] },
        { topic: second, messages: [{ value: gbk('b1') }, { value: '{"n":1}' }] },
      ],
    })
    await producer.disconnect()

    const read = async <T>(topic: string) =>
      (await client.readAll(topic)).map((record) => JSON.parse(record.value!.toString()) as T)
    await until(async () => (await client.readAll(at.topics.deadLetters)).length === 2, 20_000)
    await until(async () => (await read<Verdict>(at.topics.verdicts)).length === 3)
    const verdicts = await read<Verdict>(at.topics.verdicts)
    expect(verdicts.map(({ id }) => id).sort()).toEqual(['a1', 'a2', 'b1'])
    await until(async () => (await client.readAll(at.topics.alerts)).length > 0)
    const alerts = (await read<Alert>(at.topics.alerts)).map(checkedAlert)
    const forged = alerts.find(({ data }) => data.message?.id === 'a1')
    expect(forged!.data).toMatchObject({
      action: 'block',
      message: { from: FROM },
      provenance: { topic: first },
    })
    expect(forged!.data.message!.text).toContain('【京东】您购买的商品')

    const letters = await client.readAll(at.topics.deadLetters)
    expect(letters.map((l) => [l.headers['sigwatch-error'], l.headers['sigwatch-detail']]).sort()).toEqual([
      ['MAPPING', 'from (header src-id): nothing is there'],
      ['MAPPING', 'ts (/t): nothing is there'],
    ])
    expect(letters.map((l) => l.value!.toString()).sort()).toContain(headless.value)
    expect(await service.metric('sigwatch_dead_letters_total')).toBe(2)
    expect(await service.stop()).toBe(0)
  })

  it('reads the same from a file, and check tells what each line becomes', async () => {
    const config = join(folder.path, 'lines.yaml')
    writeFileSync(config, `kafka:\n  topics:${maps('first', 'second')}`)
    const { key, headers, value } = cmpp('a1', FORGED)
    const file = join(folder.path, 'lines.jsonl')
    writeFileSync(file, `${JSON.stringify({ key, headers, value })}\n${JSON.stringify({ key, value })}\n`)
    const env = { SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY }
    const args = ['--config', config, '--topic', 'first']
    const check = await warmSigwatch(['check', ...args, '--sample', file], { env })
    expect(check.code).toBe(2)
    expect(parseJsonl(check.stdout)).toEqual([
      expect.objectContaining({ line: 1, id: 'a1', from: FROM, carrier: 'CMCC' }),
      { line: 2, error: 'MAPPING', detail: 'from (header src-id): nothing is there' },
    ])
    expect(check.stderr).toContain('lines.jsonl:2: MAPPING: from (header src-id): nothing is there')
    expect(check.stdout + check.stderr).not.toContain(key)

    const verdicts = join(folder.path, 'verdicts.jsonl')
    const letters = join(folder.path, 'letters.jsonl')
    const run = await warmSigwatch(
      ['run', ...args, '--source', file, '--verdicts', verdicts, '--dead-letters', letters],
      { env },
    )
    expect(run.stderr).not.toContain('fatal')
    expect(run.code).toBe(0)
    expect(readJsonl(verdicts)).toMatchObject([{ id: 'a1', action: 'block' }])
    expect(readJsonl(letters)).toMatchObject([{ error: 'MAPPING', offset: 1 }])
    const asked = await warmSigwatch(['run', '--config', config, '--source', file], { env })
    expect(asked.code).toBe(2)
    expect(asked.stderr).toContain('Give --topic, one of first, second')
  })
})
