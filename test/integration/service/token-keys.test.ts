import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import { type Answer, DECIDE_TOKENS, post } from '../../helpers/blocking-play.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { type Environment, type Service, startCommand, startService } from '../../helpers/service.ts'
import { createServiceTopics, follow, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const K1 = `1:${'the-first-key-of-the-tests-'.repeat(2)}`
const K2 = `2:${'the-second-key-of-the-tests-'.repeat(2)}`
const OLD: Environment = { SIGWATCH_PRIVACY_TOKEN_KEY: K1 }
const NEW: Environment = { SIGWATCH_PRIVACY_TOKEN_KEY: K2, SIGWATCH_PRIVACY_PREVIOUS_TOKEN_KEYS: K1 }

describeWith(['kafka', 'redis'], 'a change of the token key', () => {
  const kafka = useKafka()
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let at: ServiceTopics
  let alerts: Awaited<ReturnType<typeof follow>>
  let verdicts: Awaited<ReturnType<typeof follow>>
  const running: Service[] = []

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    at = await createServiceTopics(client, kafka.brokers)
    alerts = await follow(client, at.topics.alerts)
    verdicts = await follow(client, at.topics.verdicts)
  })
  afterAll(async () => {
    for (const service of running) await service.kill()
    await Promise.all([alerts?.stop(), verdicts?.stop()])
    await redis?.stop()
  })

  const serve = async (keys: Environment) => {
    const service = await startService({ ...at.env, REDIS_URL: redis.url, ...keys })
    running.push(service)
    return service.ready(120_000)
  }
  const block = async (keys: Environment) => {
    const more = { SIGWATCH_HTTP_TOKENS: DECIDE_TOKENS, SIGWATCH_BLOCKER_LISTEN: '127.0.0.1:0' }
    const service = await startCommand(['blocker'], { ...at.env, REDIS_URL: redis.url, ...more, ...keys })
    running.push(service)
    await service.ready()
    return { service, address: /decisions are made at (\S+)/.exec(service.stderr)![1]! }
  }
  type Blocker = Awaited<ReturnType<typeof block>>
  let sent = 0
  const otp = (to: string) => ({
    ...{ id: `otp-${++sent}`, ts: Date.now(), from: '1069012345678', to },
    text: `【京东】验证码${100_000 + sent}，5分钟内有效，请勿泄露给他人。`,
  })
  /** Sends one-time passwords to a recipient until there is a state, and returns it. */
  const flood = async (to: string, keyId: string) => {
    await client.produce(
      at.topics.messages,
      Array.from({ length: 12 }, () => JSON.stringify(otp(to))),
    )
    const raised = () =>
      alerts
        .values<Alert>()
        .find(({ subject, data }) => subject.startsWith(`recipient:${keyId}.`) && data.state !== undefined)
    await until(
      () => raised() !== undefined,
      30_000,
      () => `no state under ${keyId}`,
    )
    return raised()!.data.state!.id
  }
  const ask = async ({ address }: Blocker, message: object) =>
    (await post(address, message)).body as unknown as Answer
  const holds = (blocker: Blocker, to: string, state: string) =>
    until(
      async () => {
        await sleep(50)
        return (await ask(blocker, otp(to))).states.includes(state)
      },
      15_000,
      () => `${state} does not hold\n${blocker.service.stderr.slice(-2_000)}`,
    )
  const notes = async ({ service }: Blocker) => (await service.get('/readyz')).body

  it('loses nothing with the blockers first; a blocker without the new key says so', async () => {
    const first = await serve(OLD)
    const [behind, ahead] = await Promise.all([block(OLD), block(NEW)])
    const [a, b, other] = ['13800000001', '13800000002', '13800000003']
    const before = await flood(a, '1')
    for (const blocker of [behind, ahead]) {
      await holds(blocker, a, before)
      expect((await ask(blocker, otp(other))).states).toEqual([])
    }

    expect(await first.stop()).toBe(0)
    await serve(NEW)
    const after = await flood(b, '2')
    await holds(ahead, b, after)
    // States from before hold at blockers and in verdicts.
    for (const blocker of [behind, ahead]) await holds(blocker, a, before)
    const late = otp(a)
    await client.produce(at.topics.messages, [JSON.stringify(late)])
    await until(() => verdicts.values<Verdict>().some(({ id }) => id === late.id), 20_000)
    expect(verdicts.values<Verdict>().find(({ id }) => id === late.id)!.states).toContain(before)

    expect((await ask(ahead, otp(other))).states).toEqual([])
    expect(await notes(ahead)).not.toContain('token')
    // Without the key the state may be on any recipient.
    await until(async () => (await ask(behind, otp(other))).action === 'review', 10_000)
    await until(
      async () => (await notes(behind)).includes('use a token key that is not configured (2)'),
      5_000,
    )
    expect(await behind.service.metric('sigwatch_blocker_unknown_key_states')).toBe(1)
    expect(await ahead.service.metric('sigwatch_blocker_unknown_key_states')).toBe(0)
    expect(behind.service.log.find(({ event }) => event === 'token_keys_unknown')).toMatchObject({
      ...{ level: 'warn', keys: '2', states: 1 },
    })
    // With a verdict it holds for its recipient alone.
    await client.produce(at.topics.messages, [JSON.stringify({ ...otp(b), id: 'with-verdict' })])
    await until(() => verdicts.values<Verdict>().some(({ id }) => id === 'with-verdict'), 20_000)
    await until(async () => {
      await sleep(50)
      const { action, states } = await ask(behind, { ...otp(b), id: 'with-verdict' })
      return action === 'throttle' && states.includes(after)
    }, 10_000)
  })

  it('is reported if the blocker has another key under the same id', async () => {
    const wrong = await block({ SIGWATCH_PRIVACY_TOKEN_KEY: K1.replace('1:', '2:') })
    const b = '13800000002'
    await client.produce(at.topics.messages, [JSON.stringify({ ...otp(b), id: 'same-id' })])
    await until(() => verdicts.values<Verdict>().some(({ id }) => id === 'same-id'), 20_000)
    await until(async () => {
      await sleep(200)
      await ask(wrong, { ...otp(b), id: 'same-id' })
      return (await notes(wrong)).includes('with other tokens than this blocker makes')
    }, 10_000)
    expect(await wrong.service.metric('sigwatch_blocker_token_mismatches_total')).toBeGreaterThan(0)
    expect(wrong.service.log.map(({ event }) => event)).toContain('token_keys_differ')
  })
})
