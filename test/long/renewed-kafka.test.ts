import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Answer, BlockingPlay, post } from '../helpers/blocking-play.ts'
import { makeAuthority } from '../helpers/certificates.ts'
import { freePort } from '../helpers/free-port.ts'
import { fetchJars, javaArguments, type OwnKafkaBroker, startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { type Environment, type Service, startCommand } from '../helpers/service.ts'
import { describeWith } from '../helpers/services.ts'

describeWith('kafka', 'certificates and passwords of Kafka that are renewed on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sigwatch-renewed-kafka-'))
  const at = (name: string) => join(folder, name)
  const authorities = ['first', 'second'].map((name) => {
    mkdirSync(at(name))
    const authority = makeAuthority(at(name))
    return { ca: authority.ca, server: authority.issue('server'), client: authority.issue('client') }
  })
  const renew = (i: number) => {
    const { ca, server, client } = authorities[i]!
    copyFileSync(ca, at('ca.pem'))
    copyFileSync(server.both, at('server.pem'))
    copyFileSync(client.cert, at('client.cert'))
    copyFileSync(client.key, at('client.key'))
  }
  let broker: OwnKafkaBroker
  let inner = ''
  let play: BlockingPlay
  const running: { readonly service: Service; readonly address: string }[] = []

  beforeAll(async () => {
    renew(0)
    writeFileSync(at('password'), 'first-password\n')
    const mtls = `127.0.0.1:${await freePort()}`
    broker = await startOwnKafka({
      scram: { user: 'blocker', password: 'first-password' },
      settings: (port, controller, plain) => {
        inner = `127.0.0.1:${plain}`
        return [
          `listeners=SCRAM://127.0.0.1:${port},MTLS://${mtls},PLAINTEXT://${inner},CONTROLLER://127.0.0.1:${controller}`,
          'listener.security.protocol.map=SCRAM:SASL_SSL,MTLS:SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
          'inter.broker.listener.name=PLAINTEXT',
          'listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512',
          'listener.name.scram.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
          'listener.name.mtls.ssl.client.auth=required',
          'ssl.keystore.type=PEM',
          `ssl.keystore.location=${at('server.pem')}`,
          'ssl.truststore.type=PEM',
          `ssl.truststore.location=${at('ca.pem')}`,
        ]
      },
    })
    play = new BlockingPlay(plainClient([inner]))
    await play.create()
    const tls = { SIGWATCH_KAFKA_SSL_CA: at('ca.pem') }
    const start = async (env: Environment) => {
      const service = await startCommand(['blocker'], env)
      await service.ready()
      running.push({ service, address: /decisions are made at (\S+)/.exec(service.stderr)![1]! })
    }
    await start(
      play.environment([mtls], {
        ...tls,
        SIGWATCH_KAFKA_SSL_CERT: at('client.cert'),
        SIGWATCH_KAFKA_SSL_KEY: at('client.key'),
      }),
    )
    await start(
      play.environment(broker.brokers, {
        ...tls,
        SIGWATCH_KAFKA_SASL_MECHANISM: 'scram-sha-512',
        SIGWATCH_KAFKA_SASL_USERNAME: 'blocker',
        SIGWATCH_KAFKA_SASL_PASSWORD_FILE: at('password'),
      }),
    )
  }, 120_000)
  afterAll(async () => {
    for (const { service } of running) await service.kill()
    await broker?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A new state takes effect at every blocker. */
  const follows = async (name: string) => {
    const match = { ports: [`1069${name}`] }
    await play.state('raised', {
      state: name,
      episode: Date.now() - 1_000,
      revision: 1,
      action: 'block',
      match,
    })
    for (const { address, service } of running)
      await until(
        async () => {
          await sleep(200)
          const message = { id: 'm', from: `1069${name}`, to: '13800005678', text: '您好' }
          return ((await post(address, message)).body as unknown as Answer).action === 'block'
        },
        60_000,
        () => service.stderr.slice(-3_000),
      )
  }

  it('are used for the next connection, without a restart', async () => {
    await follows('before')
    renew(1)
    writeFileSync(at('password'), 'second-password\n')
    const change = ['--entity-type', 'users', '--entity-name', 'blocker']
    await promisify(execFile)(
      'java',
      javaArguments(
        ...([fetchJars(), '128m', 'kafka.admin.ConfigCommand'] as const),
        ...['--bootstrap-server', inner, '--alter', ...change],
        ...['--add-config', 'SCRAM-SHA-512=[password=second-password]'],
      ),
    )
    // Open connections go on.
    await follows('between')
    await broker.kill()
    await broker.start()
    await follows('after')
    for (const { service } of running) {
      expect(
        service.log.some(({ event, service: of }) => event === 'certificates_loaded' && of === 'kafka'),
      ).toBe(true)
      expect(await service.stop()).toBe(0)
    }
  }, 180_000)
})
