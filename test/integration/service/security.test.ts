import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import { REGISTRY, recipient } from '../../behaviour/fixtures/registry.ts'
import { type Certificate, makeAuthority, opensslAvailable } from '../../helpers/certificates.ts'
import { freePort } from '../../helpers/free-port.ts'
import { fetchJars, javaArguments, type OwnKafkaBroker, startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { startTlsRedis } from '../../helpers/redis-server.ts'
import { type Environment, type Service, startService } from '../../helpers/service.ts'
import { follow } from '../../helpers/service-topics.ts'
import { describeWith } from '../../helpers/services.ts'

const OPERATIONS = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8')
const PASSWORD = 'a password of the tests'
const SALE = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，退订回T'

interface Right {
  readonly operation: 'Read' | 'Write' | 'Describe'
  readonly kind: 'topic' | 'group' | 'transactional-id'
  readonly name: string
  readonly prefixed: boolean
}

/** The lines of kafka-acls.sh in docs/operations.md, one right each topic or group. */
function kafkaRights(): Right[] {
  const rights: Right[] = []
  for (const line of OPERATIONS.split('\n').filter((l) => l.startsWith('$A '))) {
    const words = line.split(' ').slice(1)
    const valuesOf = (option: string) => words.flatMap((word, i) => (word === option ? [words[i + 1]!] : []))
    const prefixed = valuesOf('--resource-pattern-type')[0] === 'prefixed'
    for (const operation of valuesOf('--operation') as Right['operation'][])
      for (const kind of ['topic', 'group', 'transactional-id'] as const)
        for (const name of valuesOf(`--${kind}`)) rights.push({ operation, kind, name, prefixed })
  }
  return rights
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

const KIND = { topic: 'TOPIC', group: 'GROUP', 'transactional-id': 'TRANSACTIONAL_ID' } as const

const aclOf = ({ operation, kind, name, prefixed }: Right) => ({
  principal: 'User:sigwatch',
  host: '*',
  operation: AclOperationTypes[operation.toUpperCase() as 'READ' | 'WRITE' | 'DESCRIBE'],
  permissionType: AclPermissionTypes.ALLOW,
  resourceType: AclResourceTypes[KIND[kind]],
  resourceName: name,
  resourcePatternType: prefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
})

const RIGHTS = kafkaRights().filter(({ kind }) => kind !== 'transactional-id')
/** Of delivery exactly once. */
const TRANSACTIONS = kafkaRights().filter(({ kind }) => kind === 'transactional-id')
/** Side topics are optional: without the right to read one it is as if it were not there. */
const SIDE = ['registry', 'consents', 'mo', 'complaints', 'feedback'].map((name) => `sms.${name}`)
const NEEDED = RIGHTS.filter(({ name }) => !SIDE.includes(name))
const TOPICS = RIGHTS.filter(({ kind }) => kind === 'topic').map(({ name }) => name)

/** The service as an operator with certificates, users and access rules runs it. */
describe.runIf(opensslAvailable())('with TLS, logins and the rights that docs/operations.md lists', () => {
  describeWith(['kafka', 'redis'], 'the service', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sigwatch-security-'))
    let broker: OwnKafkaBroker
    let redis: Awaited<ReturnType<typeof startTlsRedis>>
    let admin: Redis
    let client: ReturnType<typeof plainClient>
    let mtls: string
    let plainBroker: string
    let ca: string
    let user: Certificate
    let sent = 0

    beforeAll(async () => {
      const authority = makeAuthority(folder)
      ca = authority.ca
      user = authority.issue('sigwatch')
      const server = authority.issue('server')
      const mtlsPort = await freePort()
      mtls = `127.0.0.1:${mtlsPort}`
      let inner = 0
      broker = await startOwnKafka({
        scram: { user: 'sigwatch', password: PASSWORD },
        settings: (port, controller, own) => {
          inner = own
          return brokerSettings({ port, controller, inner, mtls, server, ca })
        },
      })
      plainBroker = `127.0.0.1:${inner}`
      client = plainClient([plainBroker])
      for (const topic of TOPICS) {
        const compacted = ['sms.registry', 'sms.consents', 'sms.blocks'].includes(topic)
        await client.createTopic(compacted ? { config: { 'cleanup.policy': 'compact' } } : {}, topic)
      }
      await allow(RIGHTS)
      redis = await startTlsRedis({ ca, cert: server.cert, key: server.key })
      admin = new Redis(redis.plainUrl)
      const line = /^ACL SETUSER .*$/m.exec(OPERATIONS)![0].replace('PASSWORD', 'r-secret')
      const [command, ...words] = line.split(' ')
      await admin.call(command!, ...words)
      const rows = REGISTRY.signatures.map((row) => JSON.stringify({ kind: 'signature', ...row }))
      const keys = REGISTRY.signatures.map((row) => `signature:${row.name}`)
      await client.produce('sms.registry', rows, { keys })
    }, 240_000)

    afterAll(async () => {
      admin?.disconnect()
      await redis?.stop()
      await broker?.stop()
      rmSync(folder, { recursive: true, force: true })
    }, 60_000)

    const withAdmin = async (work: (kafka: kafkajs.Admin) => Promise<unknown>) => {
      const kafka = client.kafka.admin()
      await kafka.connect()
      await work(kafka)
      await kafka.disconnect()
    }
    const allow = (rights: readonly Right[]) =>
      withAdmin((kafka) => kafka.createAcls({ acl: rights.map(aclOf) }))
    const deny = (right: Right) => {
      const { resourcePatternType, ...acl } = aclOf(right)
      return withAdmin((kafka) => kafka.deleteAcls({ filters: [{ ...acl, resourcePatternType }] }))
    }

    const shared = (deployment: string): Environment => ({
      SIGWATCH_DEPLOYMENT: deployment,
      SIGWATCH_KAFKA_SSL_CA: ca,
      SIGWATCH_KAFKA_TOPICS_VERDICTS: 'sms.verdicts',
      SIGWATCH_KAFKA_TOPICS_BLOCKS: 'sms.blocks',
      SIGWATCH_KAFKA_TOPICS_SHADOW_ALERTS: 'sms.alerts.shadow',
      REDIS_URL: redis.url,
      SIGWATCH_REDIS_USERNAME: 'sigwatch',
      SIGWATCH_REDIS_PASSWORD: 'r-secret',
      SIGWATCH_REDIS_TLS_CA: ca,
    })
    const scram = (deployment: string): Environment => ({
      ...shared(deployment),
      KAFKA_BROKERS: broker.brokers.join(','),
      SIGWATCH_KAFKA_SASL_MECHANISM: 'scram-sha-512',
      SIGWATCH_KAFKA_SASL_USERNAME: 'sigwatch',
      SIGWATCH_KAFKA_SASL_PASSWORD: PASSWORD,
    })
    const certificates = (deployment: string): Environment => ({
      ...shared(deployment),
      KAFKA_BROKERS: mtls,
      SIGWATCH_KAFKA_SSL_CERT: user.cert,
      SIGWATCH_KAFKA_SSL_KEY: user.key,
    })
    /** What Redis refused to the service since it was asked last. */
    const denied = async () => {
      const entries = (await admin.call('ACL', 'LOG')) as unknown[][]
      await admin.call('ACL', 'LOG', 'RESET')
      return entries.map((entry) => `${entry[5]} ${entry[7]} ${entry[9]}`)
    }
    const sms = (id: string, more: object = {}) =>
      JSON.stringify({
        id,
        ts: Date.now(),
        from: '10690200001',
        to: recipient(7_000 + sent++),
        text: SALE,
        ...more,
      })

    /** Sends of every input and waits for every output. */
    async function worksWhole(service: Service, name: string): Promise<void> {
      const out = {
        verdicts: await follow(client, 'sms.verdicts'),
        alerts: await follow(client, 'sms.alerts'),
        blocks: await follow(client, 'sms.blocks'),
        letters: await follow(client, 'sms.dlq'),
        shadow: await follow(client, 'sms.alerts.shadow'),
      }
      const told = () => service.stderr.slice(-2_000)
      const verdict = async (id: string) => {
        const find = () => out.verdicts.values<Verdict>().findLast((v) => v.id === id)
        await until(
          () => find() !== undefined,
          60_000,
          () => `no verdict on ${id}\n${told()}`,
        )
        return find()!
      }
      try {
        const domain = `${name}-lipei52.icu`
        const forged = `【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://${domain}/a 填写收款信息，逾期作废。`
        for (let n = 0; n < 3; n++)
          await client.produce('sms.mt', [sms(`${name}-forged-${n}`, { from: '1068116660', text: forged })])
        const old = { text: forged, from: '1068117770', ts: Date.now() - 48 * 3_600_000 }
        await client.produce('sms.mt', ['{"no": "record"}', sms(`${name}-old`, old)])
        const source = `/sigwatch/${name}`
        const ours = () => out.alerts.values<Alert>().filter((alert) => alert.source === source)
        const raised = () => ours().find((alert) => alert.subject === `domain:${domain}`)
        await until(
          () => raised() !== undefined,
          60_000,
          () =>
            `no state is raised: ${JSON.stringify(ours().map((a) => [a.subject, a.data.reasons.map((r) => r.code)]))} ${JSON.stringify(out.verdicts.values())}\n${told()}`,
        )
        const ofMessages = () => ours().filter((alert) => alert.subject.startsWith(`message:${name}-forged`))
        await until(() => ofMessages().length === 3)
        await until(() => out.blocks.records.some(({ key }) => key === raised()!.data.state!.id))
        await until(() =>
          out.letters.records.some(({ headers }) => headers['sigwatch-error']?.startsWith('RECORD')),
        )
        await until(() => out.shadow.values<Alert>().some((alert) => alert.subject === `message:${name}-old`))

        // Rows of side topics: a refusal, a reply that refuses, a complaint, and an analyst's word.
        const [refuser, replier] = [recipient(7_800 + name.length), recipient(7_900 + name.length)]
        const ts = Date.now() - 1_000
        const refusal = JSON.stringify({ signature: '示例超市', to: refuser, state: 'out', ts })
        await client.produce('sms.consents', [refusal], { keys: [`示例超市|${refuser}`] })
        await client.produce('sms.mt', [sms(`${name}-before`, { to: replier })])
        expect((await verdict(`${name}-before`)).degraded).toBeUndefined()
        await client.produce('sms.mo', [
          JSON.stringify({ id: `${name}-r`, ts: Date.now(), from: replier, to: '10690200001', text: '退订' }),
        ])
        await client.produce('sms.complaints', [
          JSON.stringify({ id: `${name}-c`, ts: Date.now(), signature: '示例超市', source: '12321' }),
        ])
        for (const to of [refuser, replier]) {
          await until(
            async () => {
              const id = `${name}-after-${sent}`
              await client.produce('sms.mt', [sms(id, { to })])
              return (await verdict(id)).reasons.includes('AFTER_OPT_OUT')
            },
            60_000,
            () => `no refusal is known\n${told()}`,
          )
        }
        const word = { stateId: raised()!.data.state!.id, verdict: 'release', by: 'test', ts: Date.now() }
        await client.produce('sms.feedback', [JSON.stringify(word)])
        const cleared = () =>
          ours().some((a) => a.subject === `domain:${domain}` && a.type.endsWith('cleared'))
        await until(cleared, 60_000, () => `the state is not released\n${told()}`)

        const end = (await client.readAll('sms.mt')).length
        await until(async () => (await client.committed(`sigwatch-${name}`, 'sms.mt'))[0] === end)
        expect((await service.get('/readyz')).status).toBe(200)
      } finally {
        await Promise.all(Object.values(out).map((topic) => topic.stop()))
      }
    }

    it('judges, raises, releases and commits over SCRAM-SHA-512', async () => {
      const service = await startService(scram('scram'))
      try {
        await service.ready()
        await worksWhole(service, 'scram')
        expect(await service.stop()).toBe(0)
      } finally {
        await service.kill()
      }
      expect(await denied()).toEqual([])
    })

    it('does so with a client certificate', async () => {
      const service = await startService(certificates('mtls'))
      try {
        await service.ready()
        await worksWhole(service, 'mtls')
        expect(await service.stop()).toBe(0)
      } finally {
        await service.kill()
      }
      expect(await denied()).toEqual([])
    })

    it('does so in transactions, once it may, and says before what it may not', async () => {
      const service = await startService({ ...certificates('exact'), SIGWATCH_DELIVERY: 'exactly-once' })
      try {
        await until(
          async () => {
            const { body } = await service.get('/readyz').catch(() => ({ body: '' }))
            return body.includes('the transactional id: the right to write with it is missing')
          },
          60_000,
          () => service.stderr.slice(-2_000),
        )
        await allow(TRANSACTIONS)
        await service.ready()
        await worksWhole(service, 'exact')
        expect(await service.stop()).toBe(0)
      } finally {
        await service.kill()
      }
      expect(await denied()).toEqual([])
    })

    it('reaches nothing without its certificate, or with another password', async () => {
      const { SIGWATCH_KAFKA_SSL_CERT, SIGWATCH_KAFKA_SSL_KEY, ...bare } = certificates('bare')
      for (const env of [bare, { ...scram('guess'), SIGWATCH_KAFKA_SASL_PASSWORD: 'guessed' }]) {
        const service = await startService(env)
        try {
          await until(
            async () => service.exited || service.log.some(({ event }) => event === 'connection_awaited'),
          )
          expect(
            await service.get('/readyz').then(
              ({ status }) => status,
              () => 0,
            ),
          ).not.toBe(200)
        } finally {
          await service.kill()
        }
      }
    })

    it('waits while its login is refused, says so with a hint, and works once the user may log in', async () => {
      const alter = (...change: string[]) =>
        promisify(execFile)(
          'java',
          javaArguments(
            ...([fetchJars(), '128m', 'kafka.admin.ConfigCommand'] as const),
            ...['--bootstrap-server', plainBroker, '--alter', '--entity-type', 'users'],
            ...['--entity-name', 'sigwatch', ...change],
          ),
        )
      const scramOf = (password: string) => ['--add-config', `SCRAM-SHA-512=[password=${password}]`]
      await alter(...scramOf('changed meanwhile'))
      const service = await startService(scram('login'))
      try {
        const awaited = () => service.log.filter(({ event }) => event === 'connection_awaited')
        await until(() => awaited().length > 0)
        expect(awaited()[0]).toMatchObject({
          level: 'warn',
          service: 'kafka',
          hint: 'check kafka.sasl.*',
          msg: 'kafka refuses the login: retrying',
        })
        expect(JSON.stringify(service.log)).not.toContain(PASSWORD)
        await sleep(8_000)
        expect(service.exited).toBe(false)
        expect(awaited()).toHaveLength(1)
        expect((await service.get('/readyz')).status).toBe(503)
        await alter(...scramOf(PASSWORD))
        await service.ready()
        await client.produce('sms.mt', [sms('after-login')])
        const verdicts = await follow(client, 'sms.verdicts')
        await until(() => verdicts.values<Verdict>().some(({ id }) => id === 'after-login'))
        await verdicts.stop()
        expect(await service.stop()).toBe(0)
      } finally {
        await service.kill()
        await alter(...scramOf(PASSWORD))
      }
    })

    it.each(NEEDED.map((right) => [`${right.operation} on ${right.kind} ${right.name}`, right] as const))(
      'does not work without %s',
      async (_, right) => {
        await deny(right)
        const name = `less${sent}`
        const service = await startService(scram(name))
        try {
          await until(
            () => refused(service),
            60_000,
            () => `it does not miss it\n${service.stderr.slice(-2_000)}`,
          )
        } finally {
          await service.kill()
          await allow([right])
        }
      },
    )
  })
})

/** Whether an instance has ended, or says that brokers refuse it. */
async function refused(service: Service): Promise<boolean> {
  if (service.exited) return true
  const lost = service.log.some(
    ({ event, reason }) => event === 'connection_lost' && /right/.test(String(reason)),
  )
  const unready = () =>
    service.get('/readyz').then(
      ({ status }) => status === 503,
      () => false,
    )
  return lost && (await unready())
}

function brokerSettings(at: {
  readonly port: number
  readonly controller: number
  readonly inner: number
  readonly mtls: string
  readonly server: Certificate
  readonly ca: string
}): string[] {
  const { port, controller, inner, mtls, server, ca } = at
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const listeners = [
    `SCRAM://127.0.0.1:${port}`,
    `MTLS://${mtls}`,
    `PLAINTEXT://127.0.0.1:${inner}`,
    `CONTROLLER://127.0.0.1:${controller}`,
  ]
  return [
    `listeners=${listeners.join()}`,
    'listener.security.protocol.map=SCRAM:SASL_SSL,MTLS:SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512',
    `listener.name.scram.scram-sha-512.sasl.jaas.config=${scram}`,
    'listener.name.mtls.ssl.client.auth=required',
    'listener.name.mtls.ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/',
    'ssl.keystore.type=PEM',
    `ssl.keystore.location=${server.both}`,
    'ssl.truststore.type=PEM',
    `ssl.truststore.location=${ca}`,
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // The broker itself, and the test on the plain listener.
    'super.users=User:ANONYMOUS',
  ]
}
