import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createKafkaSource } from '../../../src/adapters/sources/kafka.ts'
import { createTableSource } from '../../../src/adapters/sources/table.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient, testConnection } from '../../helpers/kafka-client.ts'
import { RecordingHandler, until } from '../../helpers/recording-handler.ts'
import { describeWith } from '../../helpers/services.ts'
import { uniqueName } from '../../helpers/unique-name.ts'

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

describeWith('kafka', 'a right that is withdrawn and given back', () => {
  let broker: OwnKafkaBroker
  beforeAll(async () => {
    broker = await startOwnKafka({
      settings: (port, controller, inner) => [
        `listeners=PLAINTEXT://127.0.0.1:${port},INNER://127.0.0.1:${inner},CONTROLLER://127.0.0.1:${controller}`,
        'inter.broker.listener.name=INNER',
        'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'allow.everyone.if.no.acl.found=true',
      ],
    })
  })
  afterAll(() => broker?.stop())

  /** Denies a topic, or all groups that begin with the name; returns how to end that. */
  async function withdraw(kind: 'TOPIC' | 'GROUP', name: string): Promise<() => Promise<void>> {
    const admin = plainClient(broker.brokers).kafka.admin()
    await admin.connect()
    onTestFinished(() => admin.disconnect())
    const rule = {
      ...{ resourceType: AclResourceTypes[kind], resourceName: name },
      resourcePatternType: ResourcePatternTypes.PREFIXED,
      ...{ principal: 'User:ANONYMOUS', host: '*', operation: AclOperationTypes.READ },
      permissionType: AclPermissionTypes.DENY,
    }
    await admin.createAcls({ acl: [rule] })
    return async () => void (await admin.deleteAcls({ filters: [rule] }))
  }

  it.each(['TOPIC', 'GROUP'] as const)('a source waits for it (%s)', async (kind) => {
    const client = plainClient(broker.brokers)
    const { connection } = testConnection(broker.brokers)
    const topic = await client.createTopic()
    const groupId = uniqueName('group')
    const source = createKafkaSource({
      ...{ connection, groupId, topics: [topic], startFrom: 'earliest', emit: () => {} },
    })
    onTestFinished(async () => {
      await source.stop()
      await connection.close()
    })
    const handler = new RecordingHandler()
    let failure: unknown
    const running = source.run(handler).catch((error: unknown) => {
      failure = error
    })
    await client.produce(topic, ['before'])
    await handler.count(1)
    const giveBack = await withdraw(kind, kind === 'TOPIC' ? topic : groupId)
    await until(() => failure !== undefined || /AUTHORIZATION_FAILED/.test(source.unready().join()))
    expect(failure).toBeUndefined()
    await giveBack()
    await client.produce(topic, ['after'])
    await until(() => handler.values.includes('after'))
    await until(() => source.unready().length === 0)
    await source.stop()
    await running
  })

  it.each(['TOPIC', 'GROUP'] as const)('a side topic waits for it (%s)', async (kind) => {
    const client = plainClient(broker.brokers)
    const { connection } = testConnection(broker.brokers)
    const topic = await client.createTopic()
    const groupId = uniqueName('table')
    const table = createTableSource({ connection, topic, groupId })
    onTestFinished(async () => {
      await table.stop()
      await connection.close()
    })
    const values: string[] = []
    let failure: unknown
    const apply = async (rows: readonly { readonly value: Buffer | null }[]) =>
      void values.push(...rows.map(({ value }) => String(value)))
    void table.run(apply).catch((error: unknown) => {
      failure = error
    })
    await client.produce(topic, ['before'])
    await until(() => values.length === 1)
    const giveBack = await withdraw(kind, kind === 'TOPIC' ? topic : groupId)
    await until(() => failure !== undefined || /AUTHORIZATION_FAILED/.test(table.unready().join()))
    expect(failure).toBeUndefined()
    await giveBack()
    await client.produce(topic, ['after'])
    await until(() => values.includes('after'))
    await until(() => table.unready().length === 0)
    expect(values).toEqual(['before', 'after'])
  })

  it('a source that never had it ends', async () => {
    const client = plainClient(broker.brokers)
    const { connection } = testConnection(broker.brokers)
    const topic = await client.createTopic()
    const giveBack = await withdraw('TOPIC', topic)
    const source = createKafkaSource({
      ...{ connection, groupId: uniqueName('group'), topics: [topic], startFrom: 'earliest', emit: () => {} },
    })
    await expect(source.run(new RecordingHandler())).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' })
    await giveBack()
    await connection.close()
  })
})
