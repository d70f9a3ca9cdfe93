import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Alert, Verdict } from '../../../src/domain/alert.ts'
import { REGISTRY } from '../../behaviour/fixtures/registry.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { until } from '../../helpers/recording-handler.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { dumpRedis, Secrets } from '../../helpers/secrets.ts'
import { type Environment, type Service, startService } from '../../helpers/service.ts'
import { createServiceTopics, type ServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'

const MINUTE = 60_000
const DOMAIN = 'lipei-zs41.icu'
const KEYS = [
  '1:the-first-key-of-the-privacy-test-of-more-than-32',
  '2:the-second-key-of-the-privacy-test-of-more-than-32',
]

const range = (count: number) => Array.from({ length: count }, (_, n) => n)
/** Numbers that stand nowhere else: recipients, one-time passwords, and cards with their check digit. */
const PHONES = range(60).map((n) => `1391${String(7_204_613 + n * 3_571).padStart(7, '0')}`)
const CODES = range(20).map((n) => String(739_184 + n * 1_237))
const CARDS = range(10).map((n) =>
  withCheckDigit(`622848${String(402_564_890_018 + n * 7_919).padStart(12, '0')}`),
)
const SIGNATURES = ['示例超市', '示例银行', '示例医院', '京东']
const PORTS = ['10690200001', '10690500001', '1068116660']

function withCheckDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const doubled = Number(digit) * (i % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return `${digits}${(10 - (sum % 10)) % 10}`
}

const spaced = (digits: string, every: number, sign: string) =>
  digits.replace(new RegExp(`(\\d{${every}})(?=\\d)`, 'g'), `$1${sign}`)
const wide = (digits: string) => digits.replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d)))

/** The whole service on traffic with planted numbers, and everything that it writes searched for them. */
describeWith(['kafka', 'redis'], 'what the service writes', () => {
  const kafka = useKafka()
  const folder = useFolder()
  const secrets = new Secrets([...PHONES, ...CODES, ...CARDS], [...SIGNATURES, ...PORTS])
  let client: ReturnType<typeof plainClient>
  let redis: RedisServer
  let admin: Redis
  let at: ServiceTopics
  let env: Environment
  let service: Service
  const answers: string[] = []
  const commands: string[] = []
  let sent = 0

  const sms = (to: string, text: string, more: object = {}) => ({
    ...{ id: `p${sent++}`, ts: Date.now(), from: PORTS[0]!, to, text },
    ...more,
  })
  const send = (...records: readonly object[]) =>
    client.produce(
      at.topics.messages,
      records.map((r) => JSON.stringify(r)),
      {
        keys: records.map((r) => String((r as { to?: string }).to)),
      },
    )
  const verdicts = async () =>
    (await client.readAll(at.topics.verdicts)).map(({ value }) => JSON.parse(String(value)) as Verdict)
  const alerts = async () =>
    (await client.readAll(at.topics.alerts)).map(({ value }) => JSON.parse(String(value)) as Alert)
  const judged = (id: string) =>
    until(
      async () => (await verdicts()).some((v) => v.id === id),
      60_000,
      () => `no verdict on ${id}\n${service.stderr}`,
    )
  const ask = async () => {
    for (const path of ['/metrics', '/readyz', '/healthz', '/version'])
      answers.push((await service.get(path)).body)
  }

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
    admin = new Redis(redis.url)
    const monitor = await admin.monitor()
    monitor.on('monitor', (_time: string, args: string[]) => void commands.push(args.join(' ')))
    at = await createServiceTopics(client, kafka.brokers, {
      side: ['registry', 'consents', 'replies', 'complaints', 'feedback'],
    })
    const rows = REGISTRY.signatures.map((row) => JSON.stringify({ kind: 'signature', ...row }))
    await client.produce(at.topics.registry, rows, {
      keys: REGISTRY.signatures.map(({ name }) => `signature:${name}`),
    })
    const policy = folder.file('policy.yaml')
    writeFileSync(policy, 'quietHours: {marketing: null, finance: null}\n')
    env = {
      ...at.env,
      REDIS_URL: redis.url,
      SIGWATCH_POLICY: policy,
      SIGWATCH_VERDICTS_EXPLAIN: 'true',
      SIGWATCH_LOG_LEVEL: 'trace',
    }
    service = await startService({ ...env, SIGWATCH_PRIVACY_TOKEN_KEY: KEYS[0]! })
    await service.ready()
  }, 180_000)

  afterAll(async () => {
    admin?.disconnect()
    await service?.kill()
    await redis?.stop()
  }, 60_000)

  it('takes planted traffic of every kind', async () => {
    const [victim] = PHONES as [string]
    // Series of one-time passwords to one recipient: a state on his token.
    for (const code of CODES)
      await send(sms(victim, `【示例银行】您的验证码是${code}，5分钟内有效，请勿泄露。`, { from: PORTS[1] }))
    const forged = (to: string, n: number) =>
      `【京东】尊敬的${to}用户，您尾号为${CARDS[n % 10]}的银行卡购买的商品因质量问题已下架，三倍理赔请点 https://${DOMAIN}/a?u=${to} 填写，验证码${CODES[n % 20]}`
    await send(...range(6).map((n) => sms(PHONES[10 + n]!, forged(PHONES[10 + n]!, n), { from: PORTS[2] })))
    const disguised = (n: number) => [
      wide(PHONES[n]!),
      spaced(PHONES[n]!, 4, '-'),
      spaced(PHONES[n]!, 4, ' '),
    ]
    await send(
      ...disguised(20).map((form) =>
        sms(PHONES[20]!, `【京东】${form}您好，账户异常，请登录 https://${DOMAIN}/b 核实`),
      ),
      ...CARDS.map((card) =>
        sms(PHONES[21]!, `【示例银行】卡号${spaced(card, 4, ' ')}消费500元，非本人操作请回电`),
      ),
      sms(`+86${PHONES[22]}`, '【示例超市】满199减100，退订回T'),
      sms(`0086 ${PHONES[23]}`, '【示例超市】满199减100，退订回T'),
      sms(PHONES[24]!, forged(PHONES[24]!, 4), { ts: Date.now() - 48 * 60 * MINUTE, from: PORTS[2] }),
      sms(PHONES[25]!, `【示例超市】亲爱的${PHONES[25]}`, { part: { ref: PHONES[25]!, index: 1, count: 2 } }),
    )
    // What cannot be read, in several ways.
    await client.produce(
      at.topics.messages,
      [
        `{"id": "x1", "to": "${PHONES[30]}", "text": "验证码${CODES[3]}"`,
        JSON.stringify(sms(PHONES[31]!, '', { text: `验证码${CODES[4]}`.repeat(400) })),
        JSON.stringify(sms(PHONES[32]!, '验证码', { ts: PHONES[32] })),
        JSON.stringify(sms(PHONES[33]!, '验证码', { from: `${PHONES[33]}${PHONES[33]}` })),
        JSON.stringify(sms(`${PHONES[34]}`.repeat(10), '验证码')),
        JSON.stringify(sms(PHONES[35]!, '验证码', { ext: { [PHONES[35]!]: { deep: PHONES[35] } } })),
        JSON.stringify(sms(PHONES[36]!, '验证码', { part: { ref: 'r', index: PHONES[36], count: 2 } })),
        PHONES[37]!,
        `"${PHONES[38]}"`,
      ],
      { keys: PHONES.slice(30, 39) },
    )
    // Side inputs, some of them wrong.
    const ts = Date.now() - 1_000
    const refusal = { signature: '示例超市', to: PHONES[40], state: 'out', ts, proof: `from ${PHONES[40]}` }
    await client.produce(
      at.topics.consents,
      [
        ...[
          refusal,
          { ...refusal, to: PHONES[41], state: PHONES[41] },
          { ...refusal, [PHONES[42]!]: 1, to: PHONES[42] },
        ].map((r) => JSON.stringify(r)),
        `{"to": "${PHONES[43]}`,
      ],
      { keys: range(4).map((n) => `示例超市|${PHONES[40 + n]}`) },
    )
    await send(sms(PHONES[44]!, '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，退订回T'))
    await judged(`p${sent - 1}`)
    await client.produce(at.topics.replies, [
      JSON.stringify({ id: 'r1', ts: Date.now(), from: PHONES[44], to: PORTS[0], text: '退订' }),
      JSON.stringify({
        id: 'r2',
        ts: Date.now(),
        from: PHONES[45],
        to: PORTS[0],
        text: `我的卡${CARDS[0]} ${CODES[0]}`,
      }),
      JSON.stringify({ id: 'r3', ts: PHONES[46], from: PHONES[46], to: PORTS[0], text: 'T' }),
    ])
    await client.produce(at.topics.complaints, [
      ...range(12).map((n) =>
        JSON.stringify({
          id: `c${n}`,
          ts: Date.now(),
          from: PORTS[0],
          signature: '示例超市',
          to: PHONES[47 + (n % 3)],
          text: `${PHONES[47]} 收到垃圾短信 ${CODES[5]}`,
          source: '12321',
        }),
      ),
      JSON.stringify({ id: 'cx', ts: PHONES[50], source: PHONES[50] }),
    ])
    const raised = async (kind: string) => (await alerts()).find((a) => a.subject.startsWith(kind))
    await until(
      async () => (await raised('recipient:')) !== undefined,
      60_000,
      () => `no flood\n${service.stderr.slice(-2000)}`,
    )
    await until(
      async () => (await raised('domain:')) !== undefined,
      60_000,
      () => `no state on the domain\n${service.stderr.slice(-2000)}`,
    )
    const { id } = (await raised('domain:'))!.data.state!
    await client.produce(at.topics.feedback, [
      JSON.stringify({
        stateId: id,
        verdict: 'release',
        by: 'test',
        note: `called ${PHONES[51]}, code ${CODES[6]}, card ${CARDS[1]}`,
        ts: Date.now(),
      }),
      JSON.stringify({ stateId: PHONES[52], verdict: 'release', by: 'test', ts: Date.now() }),
      JSON.stringify({ stateId: id, verdict: PHONES[53], by: 'test', ts: Date.now() }),
    ])
    await until(async () => (await alerts()).some((a) => a.type.endsWith('cleared')))
    // The part that never came, and refusals that are known by now.
    await until(async () => (await verdicts()).some((v) => v.partial), 60_000)
    for (const to of [PHONES[40]!, PHONES[44]!]) {
      await until(async () => {
        await send(sms(to, '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，退订回T'))
        const last = `p${sent - 1}`
        await judged(last)
        return (await verdicts()).find((v) => v.id === last)!.reasons.includes('AFTER_OPT_OUT')
      })
    }
    await ask()
  })

  /** Everything in an output topic but the values of dead letters, which are the records as they came. */
  const shownIn = async (topic: string, values = true) => {
    const records = await client.readAll(topic)
    return Buffer.from(
      records.map((r) => `${r.key ?? ''} ${values ? r.value : ''} ${JSON.stringify(r.headers)}`).join('\n'),
    )
  }

  it('finds a planted number, however it is written, where there is one', async () => {
    const input = await client.readAll(at.topics.messages)
    expect(secrets.in(Buffer.concat(input.map(({ value }) => value!))).length).toBeGreaterThan(50)
    const sha = (text: string) => createHash('sha256').update(text).digest()
    for (const leak of [
      Buffer.from(`x${spaced(PHONES[3]!, 4, ' ')}y`),
      Buffer.from(wide(CARDS[2]!)),
      Buffer.from(`x${createHash('md5').update(PHONES[4]!).digest('hex')}`),
      Buffer.from(sha(`示例超市|${PHONES[5]}`).toString('base64').slice(0, 16)),
      Buffer.concat([Buffer.from('xyz'), sha(CODES[1]!)]),
    ])
      expect(secrets.in(leak)).not.toEqual([])
  })

  it.each(['alerts', 'shadowAlerts', 'verdicts', 'blocks'] as const)('shows none in %s', async (channel) => {
    const shown = await shownIn(at.topics[channel])
    expect(shown.length).toBeGreaterThan(200)
    expect(secrets.in(shown)).toEqual([])
  })

  it('shows none in the headers of dead letters', async () => {
    const shown = await shownIn(at.topics.deadLetters, false)
    expect(shown.toString()).toContain('sigwatch-error')
    expect(secrets.in(shown)).toEqual([])
  })

  it('shows none in its log, metrics and answers', () => {
    expect(service.stderr).toContain('row at 0/')
    expect(secrets.in(Buffer.from(service.stderr))).toEqual([])
    expect(secrets.in(Buffer.from(answers.join('\n')))).toEqual([])
  })

  it('leaves none in Redis, neither in keys and values nor in what it sends there', async () => {
    const dump = await dumpRedis(admin)
    expect(dump.length).toBeGreaterThan(5_000)
    expect(secrets.in(dump)).toEqual([])
    expect(commands.length).toBeGreaterThan(100)
    expect(secrets.in(Buffer.from(commands.join('\n')))).toEqual([])
  })

  it('knows refusals and open states on recipients under the next token key', async () => {
    const flood = (await alerts()).findLast((a) => a.subject.startsWith('recipient:'))!
    expect(flood.data.target.id).toMatch(/^1\./)
    expect(await service.stop()).toBe(0)
    service = await startService({
      ...env,
      SIGWATCH_PRIVACY_TOKEN_KEY: KEYS[1]!,
      SIGWATCH_PRIVACY_PREVIOUS_TOKEN_KEYS: KEYS[0]!,
    })
    await service.ready()
    const text = '【示例超市】本店周年庆，全场满199减100，到店即送精美礼品，退订回T'
    const [victim, refuser, other] = [PHONES[0]!, PHONES[44]!, PHONES[55]!]
    const code = `【示例银行】您的验证码是${CODES[0]}，5分钟内有效，请勿泄露。`
    const records = [
      sms(victim, code, { from: PORTS[1] }),
      sms(refuser, text),
      sms(other, code, { from: PORTS[1] }),
    ]
    await send(...records)
    for (const { id } of records) await judged(id)
    const [ofVictim, ofRefuser, ofOther] = await verdicts().then((all) =>
      records.map(({ id }) => all.find((v) => v.id === id)!),
    )
    expect(ofVictim!.states).toEqual([flood.data.state!.id])
    expect(ofRefuser!.reasons).toContain('AFTER_OPT_OUT')
    expect(ofOther!.states).toEqual([])
    expect(secrets.in(Buffer.from(service.stderr))).toEqual([])
  })
})
