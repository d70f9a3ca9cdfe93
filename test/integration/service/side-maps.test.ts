import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../../src/domain/alert.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, produceKeyed } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const OFFER = '【星河商城】双十一大促，全场五折，爆款直降，点击 https://xinghe.example/a 抢购，拒收请回复R'
const [ANN, BEN, CHO] = ['13900000001', '13900000002', '13900000003']

describeWith(['kafka'], 'side topics of another form', () => {
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

  it('are read from envelopes of Debezium, deletions too, and what is refused is a dead letter', async () => {
    const at = await createServiceTopics(client, kafka.brokers, {
      side: ['registry', 'consents', 'complaints'],
    })
    const { registry, consents, complaints, messages } = at.topics
    const {
      SIGWATCH_KAFKA_TOPICS_REGISTRY: _,
      SIGWATCH_KAFKA_TOPICS_CONSENTS: __,
      SIGWATCH_KAFKA_TOPICS_COMPLAINTS: ___,
      ...env
    } = at.env
    const config = join(folder.path, 'sigwatch.yaml')
    writeFileSync(
      config,
      `kafka:
  topics:
    registry:
      topic: ${registry}
      map: {kind: {value: signature}, name: /after/name, sp: /after/sp, ports: /after/ports, scope: /after/scope,
        consent: {value: required}, delete: {pointer: /op, is: d}}
    consents:
      topic: ${consents}
      map: {signature: /after/sig, to: /after/msisdn, state: {pointer: /after/st, values: {"1": in, "0": out}},
        ts: {pointer: /after/at, form: epoch-us}, delete: {pointer: /op, is: d}}
    complaints:
      topic: ${complaints}
      map: {ts: {pointer: /after/at, form: epoch-us}, from: /after/port, source: {value: "12321"}, delete: {pointer: /op, is: d}}
`,
    )
    const row = { name: '星河商城', sp: 'SP1', ports: ['106901*'], scope: ['notice', 'marketing'] }
    const consent = (msisdn: string, op: string) => {
      const said = { sig: '星河商城', msisdn: Number(msisdn), st: 1, at: (Date.now() - 3_600_000) * 1000 }
      const [before, after] = op === 'd' ? [said, null] : [null, said]
      return { key: JSON.stringify({ msisdn }), value: JSON.stringify({ op, before, after }) }
    }
    await produceKeyed(client, registry, [
      { key: '{"id":1}', value: JSON.stringify({ op: 'c', after: row }) },
    ])
    await produceKeyed(client, consents, [
      ...[consent(ANN, 'c'), consent(BEN, 'c'), consent(BEN, 'd')],
      {
        key: 'odd',
        value: JSON.stringify({ op: 'u', after: { sig: '星河商城', msisdn: 1, st: 1, at: 'now' } }),
      },
      // PostgreSQL tells the primary key alone, unless the table has REPLICA IDENTITY FULL.
      {
        key: 'short',
        value: JSON.stringify({ op: 'd', before: { id: 3, sig: null, msisdn: null }, after: null }),
      },
    ])
    await client.produce(complaints, [
      JSON.stringify({ op: 'c', after: { at: (Date.now() - 3_600_000) * 1000, port: '10690123' } }),
      JSON.stringify({ op: 'd', before: { id: 1 }, after: null }),
    ])
    service = await startService(env, ['--config', config])
    await service.ready(120_000)
    await client.produce(
      messages,
      [ANN, BEN, CHO].map((to, i) =>
        JSON.stringify({ id: `m${i}`, ts: Date.now(), from: '10690123', to, text: OFFER, sp: 'SP1' }),
      ),
    )
    const verdicts = async () =>
      (await client.readAll(at.topics.verdicts)).map(({ value }) => JSON.parse(String(value)) as Verdict)
    await until(async () => (await verdicts()).length === 3, 30_000)
    const lacking = (await verdicts()).filter(({ reasons }) => reasons.includes('NO_CONSENT'))
    expect(lacking.map(({ id }) => id).sort()).toEqual(['m1', 'm2'])

    await until(async () => (await client.readAll(at.topics.deadLetters)).length === 2, 10_000)
    const letters = await client.readAll(at.topics.deadLetters)
    expect(letters.map(({ headers }) => headers['sigwatch-detail']).sort()).toEqual([
      'signature (/before/sig): nothing is there',
      'ts (/after/at): must be microseconds since the epoch',
    ])
    for (const { headers } of letters) {
      expect(headers).toMatchObject({
        'sigwatch-error': 'MAPPING',
        'sigwatch-stage': 'side-input',
        'sigwatch-topic': consents,
      })
    }
    // A deleted complaint is passed over.
    const { body } = await service.get('/metrics')
    expect(body).toContain('sigwatch_side_input_rows_total{input="complaints",outcome="accepted"} 1\n')
    expect(body).toContain('sigwatch_side_input_rows_total{input="consents",outcome="accepted"} 3\n')
  })
})
