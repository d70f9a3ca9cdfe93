import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openProducer } from '../../../src/service/compose-producer.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../../helpers/kafka-broker.ts'
import { describeWith } from '../../helpers/services.ts'

const folder = useFolder()

describeWith('kafka', 'the producer of `simulate --out kafka`', () => {
  let broker: OwnKafkaBroker
  beforeAll(async () => {
    broker = await startOwnKafka()
  })
  afterAll(() => broker?.stop())

  it('sends again what a broker that restarts did not take', async () => {
    const config = folder.file('sigwatch.yaml')
    const kafka = { brokers: broker.brokers, topics: { messages: 'simulated' }, createTopics: true }
    writeFileSync(config, JSON.stringify({ kafka }))
    const producer = await openProducer(config)
    await producer.send([{ key: 'a', value: '{}' }])
    await broker.kill()
    const sent = producer.send([{ key: 'a', value: '{}' }])
    const outcome = sent.then(
      () => 'sent',
      (error: unknown) => String(error),
    )
    await broker.start()
    expect(await outcome).toBe('sent')
    await producer.close()
  })
})
