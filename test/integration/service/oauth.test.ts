import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Verdict } from '../../../src/domain/alert.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { type OwnKafkaBroker, startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type Environment, type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith } from '../../helpers/services.ts'
import {
  granted,
  startTokenEndpoint,
  type TokenEndpoint,
  unsecuredToken,
} from '../../helpers/token-endpoint.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

const SECRET = 'a secret of the tests, with + and /'
/** The client logs in again 10 s before its token ends, s. */
const LIFE = 20

/** The broker checks tokens by its own validator, and ends sessions with their tokens. */
describeWith('kafka', 'a login by OAUTHBEARER', () => {
  const folder = useFolder()
  let broker: OwnKafkaBroker
  let endpoint: TokenEndpoint
  let client: ReturnType<typeof plainClient>
  let at: ServiceTopics
  let env: Environment
  let service: Service | undefined

  beforeAll(async () => {
    let inner = 0
    broker = await startOwnKafka({
      settings: (port, controller, own) => {
        inner = own
        return brokerSettings(port, controller, own)
      },
    })
    endpoint = await startTokenEndpoint(() => granted(unsecuredToken('sigwatch', LIFE), LIFE))
    client = plainClient([`127.0.0.1:${inner}`])
    at = await createServiceTopics(client, broker.brokers)
    writeFileSync(join(folder.path, 'secret'), `${SECRET}\n`)
    env = {
      ...at.env,
      SIGWATCH_KAFKA_SASL_MECHANISM: 'oauthbearer',
      SIGWATCH_KAFKA_SASL_OAUTH_TOKEN_ENDPOINT: endpoint.url,
      SIGWATCH_KAFKA_SASL_OAUTH_CLIENT_ID: 'sigwatch',
      SIGWATCH_KAFKA_SASL_OAUTH_CLIENT_SECRET_FILE: join(folder.path, 'secret'),
    }
  }, 240_000)
  afterAll(async () => {
    await service?.stop()
    await endpoint?.stop()
    await broker?.stop()
    rmSync(folder.path, { recursive: true, force: true })
  }, 60_000)

  it('outlives its tokens: every record is judged once, over several of them', async () => {
    service = await (await startService(env)).ready(120_000)
    const verdicts = await follow(client, at.topics.verdicts)
    const ids: string[] = []
    const began = endpoint.asked.length
    const end = performance.now() + 2.2 * LIFE * 1000
    while (performance.now() < end) {
      const id = `m${ids.length}`
      ids.push(id)
      const sms = { id, ts: Date.now(), from: '10690001', to: '13900000001', text: '您的包裹已到站' }
      await client.produce(at.topics.messages, [JSON.stringify(sms)])
      await sleep(500)
    }
    const judged = () => verdicts.values<Verdict>().map(({ id }) => id)
    await until(() => judged().length >= ids.length, 20_000)
    await verdicts.stop()
    expect(judged()).toEqual(ids)
    expect(endpoint.asked.length).toBeGreaterThan(began + 1)
    const [{ authorization }] = endpoint.asked as [TokenEndpoint['asked'][number]]
    const [, secret] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')
    expect(decodeURIComponent(secret!)).toBe(SECRET)
    expect(service.log.filter(({ level }) => level === 'error')).toEqual([])
    expect(service.stderr).not.toContain(SECRET)
    await service.stop()
    service = undefined
  })

  it('is reported with its reason when refused, and awaited while the service runs', async () => {
    endpoint.answer = () => ({ status: 401, body: '{"error":"invalid_client"}' })
    const topics = await warmSigwatch(['topics'], { env })
    expect([topics.code, topics.stderr]).toEqual([
      1,
      expect.stringContaining('token endpoint: HTTP 401 invalid_client'),
    ])
    service = await startService(env)
    await until(() => service!.stderr.includes('invalid_client'), 60_000)
    expect(service.stderr).toContain('check kafka.sasl.oauth.*')
    // A token that the broker does not take.
    endpoint.answer = () => granted(unsecuredToken('sigwatch', -60), 300)
    const expired = await warmSigwatch(['topics'], { env })
    expect([expired.code, expired.stderr]).toEqual([1, expect.stringMatching(/SASL|invalid_token/)])
    endpoint.answer = () => granted(unsecuredToken('sigwatch', LIFE), LIFE)
    await service.ready(120_000)
    expect((await warmSigwatch(['topics'], { env })).code).toBe(0)
  })
})

function brokerSettings(port: number, controller: number, inner: number): string[] {
  const module = 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule'
  return [
    `listeners=OAUTH://127.0.0.1:${port},PLAINTEXT://127.0.0.1:${inner},CONTROLLER://127.0.0.1:${controller}`,
    'listener.security.protocol.map=OAUTH:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=PLAINTEXT',
    'listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER',
    `listener.name.oauth.oauthbearer.sasl.jaas.config=${module} required unsecuredLoginStringClaim_sub="broker";`,
    'listener.name.oauth.oauthbearer.connections.max.reauth.ms=3600000',
  ]
}
