import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startOwnKafka } from '../../helpers/kafka-broker.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { type RedisServer, startOwnRedis } from '../../helpers/redis-server.ts'
import { type Environment, TOKEN_KEY } from '../../helpers/service.ts'
import { createServiceTopics } from '../../helpers/service-topics.ts'
import { describeWith, useKafka } from '../../helpers/services.ts'
import { warmSigwatch } from '../../helpers/warm-commands.ts'

async function check(env: Environment) {
  const { code, stderr } = await warmSigwatch(['check', '--connect'], {
    env: { SIGWATCH_PRIVACY_TOKEN_KEY: TOKEN_KEY, ...env },
  })
  expect(stderr).not.toContain('INTERNAL')
  return { code, stderr, lines: stderr.split('\n') }
}

async function asAdmin<T>(
  { kafka }: ReturnType<typeof plainClient>,
  work: (admin: kafkajs.Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin()
  await admin.connect()
  const done = await work(admin)
  await admin.disconnect()
  return done
}

const lineOf = (lines: readonly string[], part: string) => lines.find((line) => line.includes(part)) ?? ''

describeWith(['kafka', 'redis'], 'check --connect', () => {
  const kafka = useKafka()
  let redis: RedisServer
  let client: ReturnType<typeof plainClient>
  const admin = async (...commands: (string | number)[][]) => {
    const connection = new Redis(redis.url)
    for (const [name, ...args] of commands) await connection.call(String(name), ...args)
    connection.disconnect()
  }

  beforeAll(async () => {
    client = plainClient(kafka.brokers)
    redis = await startOwnRedis()
  })
  afterAll(() => redis.stop())

  it('says what it found of servers that are well, and what cannot be asked', async () => {
    const at = await createServiceTopics(client, kafka.brokers, {
      partitions: 3,
      side: ['registry', 'consents'],
    })
    const exactly = { SIGWATCH_DELIVERY: 'exactly-once' }
    const { code, lines, stderr } = await check({ ...at.env, ...exactly, REDIS_URL: redis.url })
    expect(stderr).toContain('no errors')
    expect(stderr).toContain(`kafka: transactions: ${at.groupId}-${at.topics.messages}-0 has a coordinator`)
    expect(code).toBe(0)
    expect(lineOf(lines, 'cluster')).toMatch(/^kafka: cluster [\w-]{22}, 1 broker/)
    expect(lineOf(lines, `${at.topics.messages} (messages)`)).toMatch(
      /: 3 partitions, 1 replica, 1 in sync at least, delete, timestamps CreateTime; was read$/,
    )
    expect(lineOf(lines, `${at.topics.alerts} (alerts)`)).toMatch(/timestamps CreateTime; may be written$/)
    expect(lineOf(lines, `${at.topics.blocks} (blocks)`)).toContain('compact')
    expect(lineOf(lines, `warning: ${at.topics.alerts}`)).toContain('one replica')
    expect(stderr).toContain(`kafka: group ${at.groupId}: not checked:`)
    expect(stderr).toContain('kafka: clock of the brokers: not checked:')
    expect(lineOf(lines, 'redis: version')).toMatch(
      /no limit of memory, noeviction, append-only file off, 0 replicas$/,
    )
    expect(stderr).toContain('redis: warning: no persistence')
    expect(stderr).toMatch(/redis: its clock is \d+ ms (?:behind|ahead of) the clock here/)
    expect(stderr).toContain(
      'redis: tried: keys sigwatch:*, keys {sigwatch:*, scripts (EVALSHA, SCRIPT LOAD), publish on sigwatch:*, subscribe to sigwatch:*',
    )
  })

  it('names topics that are missing or of the wrong policy, and leaves nothing behind', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const { code, stderr } = await check({
      ...at.env,
      SIGWATCH_KAFKA_TOPICS_ALERTS: 'no-such-alerts',
      SIGWATCH_KAFKA_TOPICS_COMPLAINTS: 'no-such-complaints',
      SIGWATCH_KAFKA_TOPICS_BLOCKS: at.topics.alerts,
    })
    expect(code).toBe(2)
    expect(stderr).toContain('kafka: no-such-alerts: is missing')
    expect(stderr).toContain('kafka: no-such-complaints (complaints): missing: off until it is made')
    expect(stderr).toContain(`kafka: ${at.topics.alerts}: cleanup.policy is delete, must be compact`)
    expect(stderr).toContain('redis: not checked: none is configured')
    expect(await client.readAll(at.topics.alerts)).toEqual([])
    const { groups } = await asAdmin(client, (a) => a.listGroups())
    expect(groups.filter(({ groupId }) => groupId.startsWith(at.groupId))).toEqual([])
  })

  it('finds records ahead of the clock', async () => {
    const at = await createServiceTopics(client, kafka.brokers)
    const producer = client.kafka.producer()
    await producer.connect()
    const timestamp = String(Date.now() + 600_000)
    await producer.send({
      topic: at.topics.messages,
      messages: [{ value: '{}', timestamp }, { value: '{}' }],
    })
    await producer.disconnect()
    const { code, stderr } = await check(at.env)
    expect(code).toBe(2)
    expect(stderr).toContain(`kafka: ${at.topics.messages}: has records more than 5 s ahead`)
  })

  it('tries the map on the last records of a topic, and does not mistake live traffic for a fast clock', async () => {
    const at = await createServiceTopics(client, kafka.brokers, { partitions: 3 })
    const { messages } = at.topics
    const record = (n: number) =>
      JSON.stringify({
        uid: `g${n}`,
        at: Math.floor(Date.now() / 1000),
        src: '106900001',
        mobile: `1380000${String(n % 10_000).padStart(4, '0')}`,
        content: '【示例超市】您的订单已发货。',
        coded: Buffer.from('【示例超市】您的订单已发货。').toString('base64'),
      })
    const producer = client.kafka.producer()
    await producer.connect()
    let sent = 0
    let sending = true
    const traffic = (async () => {
      for (; sending; await sleep(2))
        await producer.send({ topic: messages, messages: [{ value: record(sent++) }] })
    })()
    const map = { id: '/uid', ts: { pointer: '/at', form: 'epoch-s' }, from: '/src', text: '/content' }
    const wrong = await check({
      ...at.env,
      SIGWATCH_INPUT_MAP: JSON.stringify({ ...map, to: '/msisdn' }),
    })
    const right = await check({ ...at.env, SIGWATCH_INPUT_MAP: JSON.stringify({ ...map, to: '/mobile' }) })
    const coded = await check({
      ...at.env,
      SIGWATCH_INPUT_MAP: JSON.stringify({ ...map, to: '/mobile', text: '/coded' }),
    })
    sending = false
    await traffic
    await client.produce(messages, ['not JSON', 'nor this'], { partition: 0 })
    const doubtful = await check({
      ...at.env,
      SIGWATCH_INPUT_MAP: JSON.stringify({ ...map, to: '/mobile' }),
    })
    await producer.disconnect()

    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toMatch(
      new RegExp(
        `kafka: ${messages}: (\\d+) of the last \\1 records would be dead letters: MAPPING: to \\(/msisdn\\): nothing is there`,
      ),
    )
    expect(wrong.stderr).not.toContain('1380000')
    expect(right.stderr).toMatch(new RegExp(`kafka: ${messages}: (\\d+) of the last \\1 records can be read`))
    expect(right.stderr).toMatch(
      new RegExp(
        `kafka: ${messages}: the last record: {"id":"g\\d+",.*"from":"106900001","to":"138\\*{4}\\d{4}","text":"【示例超市】您的订单已发货。"}`,
      ),
    )
    expect(right.stderr).not.toContain('1380000')
    expect(right.stderr).not.toContain('ahead of the clock')
    expect(right.code, right.stderr).toBe(0)
    // It can be read, but is never intended.
    expect(coded.stderr).toMatch(
      new RegExp(
        `kafka: ${messages}: text of (\\d+) of \\1 records looks like bytes in base64; see form: base64`,
      ),
    )
    expect(coded.code).toBe(2)
    expect(doubtful.stderr).toMatch(
      new RegExp(
        `kafka: warning: ${messages}: 2 of the last \\d+ records would be dead letters: RECORD_NOT_JSON`,
      ),
    )
    expect(doubtful.code, doubtful.stderr).toBe(0)
    const { groups } = await asAdmin(client, (a) => a.listGroups())
    expect(groups.filter(({ groupId }) => groupId.startsWith(at.groupId))).toEqual([])
  })

  it('shows what the last rows of side topics become, and why some would be dead letters', async () => {
    const at = await createServiceTopics(client, kafka.brokers, {
      side: ['registry', 'consents', 'complaints'],
    })
    const { registry, consents, complaints } = at.topics
    const row = (n: number, st: number) =>
      JSON.stringify({ op: 'c', after: { sig: '京东', tel: `1380000567${n}`, st, at: 1_794_313_200 } })
    await client.produce(consents, [row(1, 1), row(2, 0), row(3, 7)], { keys: ['1', '2', '3'] })
    await client.produce(
      registry,
      [JSON.stringify({ kind: 'signature', name: '京东', ports: ['1069012345*'] })],
      { keys: ['signature:京东'] },
    )
    await client.produce(complaints, [JSON.stringify({ op: 'd', before: { id: 1 } })])
    const map = {
      signature: '/after/sig',
      to: '/after/tel',
      state: { pointer: '/after/st', values: { '1': 'in', '0': 'out' } },
      ts: { pointer: '/after/at', form: 'epoch-s' },
    }
    const { stderr } = await check({
      ...at.env,
      SIGWATCH_KAFKA_TOPICS_CONSENTS: JSON.stringify({ topic: consents, map }),
      SIGWATCH_KAFKA_TOPICS_COMPLAINTS: JSON.stringify({
        topic: complaints,
        map: { ts: map.ts, source: { value: '12321' }, delete: { pointer: '/op', is: 'd' } },
      }),
    })
    expect(stderr).toContain(`kafka: ${complaints}: skipped 1 deletion of rows of complaints`)
    expect(stderr).not.toContain(`${complaints}: the last row`)
    expect(stderr).toContain(`kafka: ${consents}: 2 of the last 3 records can be read`)
    expect(stderr).toMatch(
      new RegExp(`warning: ${consents}: 1 of the last 3 records would be dead letters: state`),
    )
    expect(stderr).toContain(
      `kafka: ${consents}: the last row: {"signature":"京东","to":"138****5672","state":"out","ts":"2026-11-10T12:20:00.000Z"}`,
    )
    expect(stderr).toContain(`kafka: ${registry}: 1 of the last 1 records can be read`)
    expect(stderr).not.toContain('1380000567')
  })

  it('warns of places of a map that none of the last records has', async () => {
    const at = await createServiceTopics(client, kafka.brokers, { side: ['consents'] })
    const { messages, consents } = at.topics
    const body = {
      uid: 'g1',
      at: 1_794_313_200,
      src: '106900001',
      mobile: '13800005678',
      content: '【京东】您好',
    }
    await client.produce(messages, [JSON.stringify({ ...body, carrier: 'CMCC' }), 'no record'])
    const row = { op: 'c', after: { sig: '京东', tel: '13800005678', st: 'in', at: body.at, how: 'form' } }
    const deleted = { op: 'd', before: row.after, after: null }
    await client.produce(
      consents,
      [row, deleted].map((one) => JSON.stringify(one)),
      { keys: ['1', '2'] },
    )
    const ts = (pointer: string) => ({ pointer, form: 'epoch-s' })
    const fields = { id: '/uid', ts: ts('/at'), from: '/src', to: '/mobile', text: '/content' }
    const after = { signature: '/after/sig', to: '/after/tel', state: '/after/st', ts: ts('/after/at') }
    const { code, lines } = await check({
      ...at.env,
      SIGWATCH_INPUT_MAP: JSON.stringify({ ...fields, carrier: '/carier', sp: { header: 'sp' } }),
      SIGWATCH_KAFKA_TOPICS_CONSENTS: JSON.stringify({
        topic: consents,
        map: { ...after, proof: '/after/proof', delete: { pointer: '/op', is: 'd' } },
      }),
    })
    expect(code).toBe(0)
    expect(lines.filter((line) => line.includes('is in none of'))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^kafka: warning: ${consents}: proof .*/after/proof.* is in none of the rows.*found there: .*how`,
        ),
      ),
      expect.stringMatching(new RegExp(`^kafka: warning: ${messages}: sp .*is in none of the last records`)),
      expect.stringMatching(
        new RegExp(
          `^kafka: warning: ${messages}: carrier .*/carier.* is in none of .* did you mean "carrier"`,
        ),
      ),
    ])
  })

  it('says that a topic without records, or whose records are all deleted or deletions, shows nothing', async () => {
    const at = await createServiceTopics(client, kafka.brokers, {
      side: ['registry', 'consents', 'complaints'],
    })
    const { messages, registry, consents, complaints } = at.topics
    await client.produce(complaints, ['{}', '{}', '{}'])
    await asAdmin(client, async (a) => {
      // Loads the metadata that the next call needs.
      await a.fetchTopicOffsets(complaints)
      await a.deleteTopicRecords({ topic: complaints, partitions: [{ partition: 0, offset: '3' }] })
    })
    await client.produce(registry, [null, null], { keys: ['brand:a', 'port:106900001'] })
    const { code, lines, stderr } = await check(at.env)
    expect(code, stderr).toBe(0)
    const shown = (topic: string) => lines.filter((line) => line.startsWith(`kafka: ${topic}: `)).join()
    for (const topic of [messages, consents, complaints])
      expect(shown(topic)).toBe(`kafka: ${topic}: has no record to test the reading with`)
    expect(shown(registry)).toContain('2 of the last 2 records can be read')
  })

  it('finds a Redis that drops keys, one with a password, and a user without rights', async () => {
    await admin(
      ['CONFIG', 'SET', 'maxmemory', 100_000_000],
      ['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
    )
    const evicting = await check({ REDIS_URL: redis.url })
    expect(evicting.code).toBe(2)
    expect(evicting.stderr).toContain(
      'redis: maxmemory-policy is allkeys-lru, which drops counts and refusals',
    )
    expect(evicting.stderr).toContain('kafka: not checked: no kafka.brokers')

    await admin(
      ['CONFIG', 'SET', 'maxmemory', 0],
      ['CONFIG', 'SET', 'maxmemory-policy', 'noeviction'],
      [
        'ACL',
        'SETUSER',
        'poor',
        'on',
        '>pw-of-the-poor',
        '~sigwatch:*',
        '&none',
        '+@all',
        '-info',
        '-time',
        '-publish',
      ],
      ['ACL', 'SETUSER', 'default', '>pw-of-the-rich', '-@all', '+ping'],
    )
    const [, , address] = redis.url.split('/')
    const refused = await check({ REDIS_URL: `redis://poor:guessed-pw@${address}` })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/^redis: .*WRONGPASS/m)
    expect(refused.stderr).not.toContain('guessed-pw')

    const poor = await check({ REDIS_URL: `redis://poor:pw-of-the-poor@${address}` })
    expect(poor.code).toBe(2)
    expect(poor.stderr).toMatch(/^redis: memory policy and persistence: not checked: .*NOPERM/m)
    expect(poor.stderr).toMatch(/^redis: clock: not checked: .*NOPERM/m)
    expect(poor.stderr).toMatch(/^redis: keys \{sigwatch:\*: NOPERM/m)
    expect(poor.stderr).toMatch(/^redis: publish on sigwatch:\*: NOPERM/m)
    expect(poor.stderr).toMatch(/^redis: subscribe to sigwatch:\*: is refused/m)
    expect(poor.stderr).toContain('redis: tried: keys sigwatch:*, scripts')
    expect(poor.stderr).not.toContain('pw-of')
  })

  it('finds a wrong password and missing rights of Kafka', async () => {
    const jaas =
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_sigwatch="pw-of-kafka";'
    let plain = ''
    const broker = await startOwnKafka({
      settings: (port, controller, inner) => {
        plain = `127.0.0.1:${inner}`
        return [
          `listeners=SECURE://127.0.0.1:${port},PLAINTEXT://127.0.0.1:${inner},CONTROLLER://127.0.0.1:${controller}`,
          `advertised.listeners=SECURE://127.0.0.1:${port},PLAINTEXT://127.0.0.1:${inner}`,
          'inter.broker.listener.name=PLAINTEXT',
          'listener.security.protocol.map=SECURE:SASL_PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
          'listener.name.secure.sasl.enabled.mechanisms=PLAIN',
          `listener.name.secure.plain.sasl.jaas.config=${jaas}`,
          'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
          'super.users=User:ANONYMOUS',
        ]
      },
    })
    try {
      const own = plainClient([plain])
      const at = await createServiceTopics(own, broker.brokers)
      const { AclOperationTypes: may, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs
      const allow = (resourceType: number, resourceName: string, operation: number, prefixed = false) => ({
        ...{ resourceType, resourceName, operation, host: '*', principal: 'User:sigwatch' },
        resourcePatternType: prefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
        permissionType: AclPermissionTypes.ALLOW,
      })
      const { messages, alerts, deadLetters } = at.topics
      await asAdmin(own, (a) =>
        a.createAcls({
          acl: [
            allow(AclResourceTypes.TOPIC, deadLetters, may.WRITE),
            allow(AclResourceTypes.TOPIC, alerts, may.DESCRIBE),
            allow(AclResourceTypes.TOPIC, messages, may.DESCRIBE),
            allow(AclResourceTypes.GROUP, at.groupId, may.READ, true),
          ],
        }),
      )
      const login = {
        ...at.env,
        SIGWATCH_KAFKA_TOPICS_SHADOW_ALERTS: 'null',
        SIGWATCH_KAFKA_TOPICS_VERDICTS: 'null',
        SIGWATCH_KAFKA_TOPICS_BLOCKS: 'null',
        SIGWATCH_DELIVERY: 'exactly-once',
        SIGWATCH_KAFKA_SASL_MECHANISM: 'plain',
        SIGWATCH_KAFKA_SASL_USERNAME: 'sigwatch',
      }
      const wrong = await check({ ...login, SIGWATCH_KAFKA_SASL_PASSWORD: 'guessed-pw' })
      expect(wrong.code).toBe(2)
      expect(wrong.stderr).toMatch(/^kafka: Kafka refuses: .*[Aa]uthentication/m)
      expect(wrong.stderr).not.toContain('guessed-pw')

      const poor = await check({ ...login, SIGWATCH_KAFKA_SASL_PASSWORD: 'pw-of-kafka' })
      expect(poor.code).toBe(2)
      expect(poor.stderr).toMatch(
        new RegExp(`^kafka: ${messages}: cannot be read: TOPIC_AUTHORIZATION_FAILED`, 'm'),
      )
      expect(poor.stderr).toContain(`kafka: ${alerts}: this user may not write to it`)
      expect(poor.stderr).toMatch(/^kafka: .*-0: .*allow WRITE and DESCRIBE on transactional ids/m)
      expect(poor.stderr).not.toContain(`kafka: ${deadLetters}: this user`)
      expect(poor.stderr).toMatch(
        new RegExp(`^kafka: ${alerts}: settings not checked: .*AUTHORIZATION_FAILED`, 'm'),
      )
    } finally {
      await broker.stop()
    }
  })
})
