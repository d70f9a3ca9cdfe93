import { expect, it, onTestFinished } from 'vitest'
import type { KafkaConnection } from '../../../src/adapters/kafka/client.ts'
import { gatedAssigner } from '../../../src/adapters/kafka/gated-assigner.ts'
import type { PartitionId } from '../../../src/domain/ports.ts'
import { tryRecords } from '../../../src/service/compose-connect-records.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { FakeBrokers, seededRandom, TOPIC } from '../../helpers/fake-brokers.ts'
import { useFolder } from '../../helpers/jsonl.ts'

const folder = useFolder()

it('knows within its time that compaction has taken the last records of a topic', async () => {
  const log = Array.from({ length: 15 }, (_, offset) => ({ offset, mark: false }))
  const brokers = new FakeBrokers([log], seededRandom(1), { committed() {}, doneByOther() {} })
  brokers.end = () => 20
  onTestFinished(() => brokers.close())
  const bounds = [{ topic: TOPIC, partition: 0, startOffset: 0, endOffset: 20 }]
  const connection = {
    consumer: ({ groupId }: { groupId: string }) =>
      brokers.consumer({ groupId, heartbeatInterval: 20, partitionAssigners: [gatedAssigner(() => true)] }),
    bounds: async () => bounds,
    boundsOf: async (asked: readonly PartitionId[]) => asked.map(() => bounds[0]!),
    ask: async () => undefined,
  } as unknown as KafkaConnection
  const { config } = loadConfig({
    env: { KAFKA_BROKERS: '127.0.0.1:1', SIGWATCH_KAFKA_TOPICS_MESSAGES: TOPIC },
    folder: folder.path,
    serving: false,
  })
  const findings = { summary: [] as string[], problems: [] }
  await tryRecords(config, connection, new Set([TOPIC]), findings)
  expect([...findings.summary, ...findings.problems]).not.toContainEqual(
    expect.stringContaining('came within'),
  )
  expect(JSON.stringify(findings)).toContain('15 records')
}, 60_000)
