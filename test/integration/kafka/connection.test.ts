import { execFileSync, spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connectKafka, type KafkaSettings } from '../../../src/adapters/kafka/client.ts'
import { createKafkaSource } from '../../../src/adapters/sources/kafka.ts'
import { startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient, testConnection } from '../../helpers/kafka-client.ts'
import { RecordingHandler } from '../../helpers/recording-handler.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { uniqueName } from '../../helpers/unique-name.ts'

describeWith('kafka', 'a connection to Kafka', () => {
  const servers = useKafka()

  it('knows the cluster, and where logs end', async () => {
    const client = plainClient(servers.brokers)
    const topic = await client.createTopic({ partitions: 2 })
    await client.produce(topic, ['a', 'b', 'c'], { partition: 1 })
    const { connection } = testConnection(servers.brokers)
    expect(await connection.clusterId()).toMatch(/^[\w-]{22}$/)
    expect(
      await connection.logsOf([
        { topic, partition: 1 },
        { topic, partition: 0 },
      ]),
    ).toEqual([
      { topic, partition: 1, endOffset: 3, topicId: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { topic, partition: 0, endOffset: 0, topicId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ])
    await connection.close()
    // And may be asked again after it was closed.
    expect(await connection.missingTopics([topic])).toEqual([])
    await connection.close()
  })

  it('names missing topics, and creates them only on request', async () => {
    const client = plainClient(servers.brokers)
    const present = await client.createTopic()
    const [plain, table] = [uniqueName('plain'), uniqueName('table')]
    const { connection } = testConnection(servers.brokers)
    await expect(connection.requireTopics([present, plain, table])).rejects.toMatchObject({
      code: 'KAFKA_TOPIC_MISSING',
      message: `missing in Kafka: ${plain}, ${table}`,
    })
    await connection.requireTopics([present])
    await connection.requireTopics([present, plain, table], { create: true, compacted: [table] })
    await connection.requireTopics([present, plain, table], { create: true, compacted: [table] })
    expect(await connection.missingTopics([plain, table, 'nothing'])).toEqual(['nothing'])
    const admin = client.kafka.admin()
    await admin.connect()
    const policyOf = async (name: string) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: 2, name, configNames: ['cleanup.policy'] }],
      })
      return resources[0]?.configEntries[0]?.configValue
    }
    expect(await policyOf(table)).toBe('compact')
    expect(await policyOf(plain)).toBe('delete')
    await admin.disconnect()
    await connection.close()
  })
})

const openssl = spawnSync('openssl', ['version']).status === 0

describe.runIf(openssl)('a connection with TLS and a login', () => {
  describeWith('kafka', 'to a broker that asks for both', () => {
    it('is checked against the given authority, by each mechanism, and a wrong password ends the run', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'sigwatch-tls-'))
      onTestFinished(() => rmSync(dir, { recursive: true }))
      const pem = join(dir, 'server.pem')
      const cert = join(dir, 'cert.pem')
      const arguments_ =
        'req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1'
      execFileSync('openssl', [...arguments_.split(' '), '-keyout', pem, '-out', cert], { stdio: 'ignore' })
      const certificate = readFileSync(cert, 'utf8')
      appendFileSync(pem, certificate)
      const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
      const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_sigwatch="secret";'

      const broker = await startOwnKafka({
        scram: { user: 'sigwatch', password: 'secret' },
        settings: (port, controller, inner) => [
          `listeners=SECURE://127.0.0.1:${port},PLAINTEXT://127.0.0.1:${inner},CONTROLLER://127.0.0.1:${controller}`,
          'inter.broker.listener.name=PLAINTEXT',
          'listener.security.protocol.map=SECURE:SASL_SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
          'listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
          `listener.name.secure.plain.sasl.jaas.config=${plain}`,
          `listener.name.secure.scram-sha-256.sasl.jaas.config=${scram}`,
          `listener.name.secure.scram-sha-512.sasl.jaas.config=${scram}`,
          'ssl.keystore.type=PEM',
          `ssl.keystore.location=${pem}`,
        ],
      })
      onTestFinished(() => broker.stop())

      const open = (
        password: string,
        mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512',
        ca?: string,
      ) => {
        const settings: KafkaSettings = {
          brokers: broker.brokers,
          clientId: 'test',
          ssl: ca === undefined ? {} : { ca },
          sasl: { mechanism, username: 'sigwatch', password },
          emit: () => {},
          signal: AbortSignal.timeout(10_000),
        }
        const connection = connectKafka(settings)
        onTestFinished(() => connection.close())
        return connection
      }
      for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
        expect(await open('secret', mechanism, certificate).clusterId()).toMatch(/^[\w-]{22}$/)
      }
      const wrong = open('guessed', 'plain', certificate)
      await expect(wrong.clusterId()).rejects.toMatchObject({
        code: 'KAFKA_UNREACHABLE',
        message: expect.stringContaining('Kafka refuses'),
      })
      const source = createKafkaSource({
        connection: wrong,
        groupId: 'g',
        topics: ['t'],
        startFrom: 'earliest',
        emit: () => {},
      })
      await expect(source.run(new RecordingHandler())).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' })
      // Signed by an authority that the system does not know.
      await expect(open('secret', 'plain').clusterId()).rejects.toMatchObject({
        code: 'KAFKA_UNREACHABLE',
        message: expect.stringMatching(/self-signed/),
      })
    })
  })
})
