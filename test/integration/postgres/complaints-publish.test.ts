import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readSideValue } from '../../../src/pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../../src/text/canonical-number.ts'
import { seedArchive } from '../../helpers/archive-seed.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { TOKEN_KEY } from '../../helpers/service.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const MADE = Date.now() - 86_400_000
/** More than one request. */
const COUNT = 1_203
const local = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')

describeWith(['postgres', 'kafka'], 'sigwatch complaints import --publish', () => {
  const kafka = useKafka()
  const folder = useFolder()
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres()
    await seedArchive(server.url, [])
    const rows = Array.from({ length: COUNT }, (_, i) =>
      [
        `A${i}`,
        local(MADE),
        '10690200001',
        `1380013${String(i).padStart(4, '0')}`,
        '【京东】又来广告',
      ].join(),
    )
    writeFileSync(
      folder.file('export.csv'),
      `举报编号,举报时间,被举报号码,举报号码,短信内容\n${rows.join('\n')}\n`,
    )
  })
  afterAll(() => server?.stop())

  it('sends every complaint once, by its id, as the service reads them', async () => {
    const client = plainClient(kafka.brokers)
    const topic = await client.createTopic({ partitions: 3 }, uniqueName('complaints'))
    const env = {
      SIGWATCH_ARCHIVE_URL: server.url,
      SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY,
      KAFKA_BROKERS: kafka.brokers.join(),
      SIGWATCH_KAFKA_TOPICS_COMPLAINTS: topic,
    }
    const run = () => warmSigwatch(['complaints', 'import', folder.file('export.csv'), '--publish'], { env })
    const { code, stderr } = await run()
    expect([code, stderr]).toEqual([0, expect.stringContaining(`sent to the topic ${topic}`)])
    const sent = await client.readAll(topic)
    expect(sent).toHaveLength(COUNT)
    expect(new Set(sent.map(({ key }) => key)).size).toBe(COUNT)
    expect(new Set(sent.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
    for (const { key, value } of sent)
      expect(readSideValue('complaints', value, canonicalNumber)).toMatchObject({
        row: { id: key, from: '10690200001', source: '12321', text: '【京东】又来广告' },
      })
    // What is sent again has the same id on the same partition, by which the service knows it.
    expect((await run()).code).toBe(0)
    const again = await client.readAll(topic)
    const placesOf = (key: string | null) =>
      again.filter((one) => one.key === key).map(({ partition }) => partition)
    expect(again).toHaveLength(2 * COUNT)
    for (const { key, partition } of sent) expect(placesOf(key)).toEqual([partition, partition])
  })

  it('says what is missing', async () => {
    const env = { SIGWATCH_ARCHIVE_URL: server.url, SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY }
    const args = ['complaints', 'import', folder.file('export.csv'), '--publish']
    const none = await warmSigwatch(args, { env })
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('KAFKA_BROKERS')])
    expect(none.stderr).not.toContain('archived:')
    const missing = await warmSigwatch(args, {
      env: {
        ...env,
        KAFKA_BROKERS: kafka.brokers.join(),
        SIGWATCH_KAFKA_TOPICS_COMPLAINTS: uniqueName('absent'),
      },
    })
    expect(missing.code).toBe(1)
    expect(missing.stderr).toMatch(/missing in Kafka: absent/)
  })
})
