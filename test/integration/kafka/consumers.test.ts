import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, describe, expect, it } from 'vitest'
import { tokenOf } from '../../../examples/blocker/src/match.ts'
import { fetchJars } from '../../helpers/kafka-broker.ts'
import { plainClient } from '../../helpers/kafka-client.ts'
import { describeWith, uniqueName, useKafka } from '../../helpers/services.ts'

const CONSUMERS = join(import.meta.dirname, '../../../examples/consumers')
const KEY = 'a-key-of-the-tests-that-is-longer-than-thirty-two-bytes'
/** A Python that has the client; that of Debian is not always the first in the path. */
const python = ['/usr/bin/python3', 'python3'].find(
  (one) => spawnSync(one, ['-c', 'import confluent_kafka']).status === 0,
)
const classes = mkdtempSync(join(tmpdir(), 'sigwatch-consumer-'))
/** Jackson comes with the jars of the broker, as the client does. */
const classpath = () => [join(fetchJars(), '*'), classes].join(delimiter)

/** How each consumer is started; `undefined`: its language is not here. */
const LANGUAGES: readonly (readonly [
  language: string,
  command: string | undefined,
  args: () => string[],
  remedy: string,
])[] = [
  [
    'Python',
    python,
    () => [join(CONSUMERS, 'blocker.py')],
    'no Python with confluent_kafka (on Debian: apt-get install python3-confluent-kafka)',
  ],
  [
    'Java',
    spawnSync('javac', ['-version']).status === 0 ? 'java' : undefined,
    () => {
      const source = join(CONSUMERS, 'Blocker.java')
      const { status, stderr } = spawnSync('javac', ['-cp', classpath(), '-d', classes, source], {
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(stderr)
      return ['-Xmx128m', '-cp', classpath(), 'Blocker']
    },
    'no javac (on Debian: apt-get install openjdk-17-jdk-headless)',
  ],
]

afterAll(() => rmSync(classes, { recursive: true }))

it('each consumer is shorter than 90 lines', () => {
  for (const name of readdirSync(CONSUMERS))
    expect(readFileSync(join(CONSUMERS, name), 'utf8').split('\n').length, name).toBeLessThanOrEqual(90)
})

const environmentOf = (brokers: readonly string[], topic: string) => ({
  ...process.env,
  KAFKA_BROKERS: brokers.join(','),
  BLOCKS_TOPIC: topic,
  TOKEN_KEY: `1:${KEY}`,
})

for (const [language, command, args, remedy] of LANGUAGES) {
  if (!command) {
    describe(`the consumer in ${language}`, () => {
      it.skipIf(process.env.CI !== 'true')('has what it needs', () => {
        throw new Error(remedy)
      })
      process.stderr.write(`\nSKIPPED: the consumer in ${language}: ${remedy}\n`)
    })
    continue
  }
  describeWith('kafka', `the consumer in ${language}`, () => {
    const kafka = useKafka()
    const ends: (() => void)[] = []
    afterAll(() => {
      for (const end of ends) end()
    })

    it('decides as the block table says, by the newest row of each state that is in force', async () => {
      const client = plainClient(kafka.brokers)
      const topic = uniqueName('blocks')
      await client.createTopic({ config: { 'cleanup.policy': 'compact' } }, topic)
      const at = (ms: number) => new Date(Date.now() + ms).toISOString()
      const row = (state: string, action: string, match: object, more: object = {}) => ({
        ...{ state, episode: 1, revision: 1, match, action, validFrom: at(0), expiresAt: at(600_000) },
        ...{ code: 'FORGED_BRAND', alertId: `a-${state}`, ...more },
      })
      const to = '+86 138 0000 5678'
      const NO_ORDER = { episode: undefined, revision: undefined }
      // Of a state that cannot be told by its ports: those of the other states.
      const OTHERS = [
        '1',
        '10690*',
        ...[1, 2, 3, 4, 5, 7, 8, 9].map((n) => `1068000${n}`),
        '10680010',
        '10680011',
        '1068002*',
      ]
      const rows = [
        row('domain', 'block', { domains: ['jd-verify.top'], exceptPorts: ['10680021'] }),
        row(
          'flood',
          'throttle',
          { toToken: tokenOf(to, { keyId: '1', key: KEY }) },
          { limit: { perMinute: 9 } },
        ),
        row('unlimited', 'throttle', { ports: ['10680022'] }, { limit: { perMinute: 'few' } }),
        row('dots', 'block', { toToken: tokenOf(to, { keyId: '1.b', key: KEY }), ports: ['10680023'] }),
        row('local', 'block', { ports: ['10680024'] }, { validFrom: '2026-01-01T00:00:00' }),
        row('older', 'observe', { ports: ['10680025'] }, NO_ORDER),
        row('older', 'block', { ports: ['10680025'] }, NO_ORDER),
        row('sale', 'block', {
          signature: '京东',
          labels: ['marketing', 'finance'],
          exceptPorts: ['10680020'],
        }),
        row('sender', 'block', { signature: '京东', ports: ['106900*'], exceptPorts: ['10690099'] }),
        row('expired', 'block', { ports: ['10680001'] }, { expiresAt: at(-1_000) }),
        row('newer', 'observe', { ports: ['10680002'] }, { revision: 3 }),
        row('newer', 'block', { ports: ['10680002'] }, { revision: 2 }),
        row('gone', 'block', { ports: ['10680003'] }),
        row('odd', 'block', { ports: ['10680004'], planet: 'mars' }),
        row('endless', 'block', { ports: ['10680005'] }, { expiresAt: undefined }),
        row('timeless', 'block', { ports: ['10680005'] }, { expiresAt: 'soon' }),
        row('everybody', 'block', {}),
        row('nobody', 'block', {}, { match: undefined }),
        row('malformed', 'block', { ports: '10680006', exceptPorts: OTHERS }),
        row('another', 'shred', { ports: ['10680007'] }),
        row('tomorrow', 'block', { ports: ['10680008'] }, { validFrom: at(300_000) }),
        row('unordered', 'block', { ports: ['10680009'] }, NO_ORDER),
        row('unordered', 'observe', { ports: ['10680009'] }),
        row('again', 'block', { ports: ['10680010'] }),
        row('passing', 'pass', { ports: ['+86 10680011'] }),
        row('dotted', 'block', { domains: ['Taobao-Help.TOP.'], exceptPorts: ['10680021'] }),
        row('named', 'block', { signature: '淘宝', ports: ['10680020'] }),
        row('linked', 'block', { domains: ['pay.top'], ports: ['10680021'] }),
      ]
      const records: [key: string, value: string | null][] = [
        ['torn', '{"state": "torn", "match'],
        ['list', '[1, 2]'],
        ...rows.map((one) => [one.state, JSON.stringify(one)] as [string, string]),
        ['gone', null],
        // What has ended stays known: an older row does not open it again.
        ['again', null],
        ['again', JSON.stringify(row('again', 'block', { ports: ['10680010'] }))],
      ]
      await client.produce(
        topic,
        records.map(([, value]) => value),
        { keys: records.map(([key]) => key) },
      )

      const asked: [object, string, string?][] = [
        [{ from: '1', hosts: ['A.JD-verify.top.'] }, 'block', 'domain'],
        [{ from: '1', hosts: ['taobao-help.top'] }, 'block', 'dotted'],
        [{ from: '1', hosts: ['notjd-verify.top'] }, 'pass'],
        [{ from: '1', to: '13800005678' }, 'throttle', 'flood'],
        [{ from: '1', to: '13800005679' }, 'pass'],
        [{ from: '1', signature: '京东' }, 'review', 'sale'],
        [{ from: '+8610690012', signature: '京东' }, 'block', 'sender'],
        [{ from: '10690099', signature: '京东' }, 'review', 'sale'],
        [{ from: '10680001' }, 'pass'],
        [{ from: '10680002' }, 'observe', 'newer'],
        [{ from: '10680003' }, 'pass'],
        [{ from: '10680004' }, 'review', 'odd'],
        [{ from: '10680005' }, 'pass'],
        [{ from: '10680006' }, 'review', 'malformed'],
        [{ from: '10680011' }, 'review', 'passing'],
        // What is absent is not known.
        [{ from: '10680020', signature: null }, 'review', 'named'],
        [{ from: '10680021', hosts: null }, 'review', 'linked'],
        [{ from: '10680020', signature: undefined }, 'review', 'named'],
        [{ from: '10680021', hosts: undefined }, 'review', 'linked'],
        [{ from: '10680020' }, 'pass'],
        [{ from: '10680021' }, 'pass'],
        [{ from: '10680007' }, 'review', 'another'],
        [{ from: '10680008' }, 'pass'],
        [{ from: '10680009' }, 'observe', 'unordered'],
        [{ from: '10680010' }, 'pass'],
        [{ from: '10680022' }, 'review', 'unlimited'],
        [{ from: '10680023' }, 'review', 'dots'],
        [{ from: '10680024' }, 'pass'],
        [{ from: '10680025' }, 'block', 'older'],
        // What follows a part that was blocked, of the same SMS and no other.
        [
          { from: '1', part: { ref: 7, index: 1, count: 2 }, hosts: ['pay.jd-verify.top'] },
          'block',
          'domain',
        ],
        [{ from: '1', part: { ref: 7, index: 2, count: 2 } }, 'block'],
        [{ from: '1', part: { ref: 8, index: 2, count: 2 } }, 'pass'],
        [{ from: '1', to: '13900000002', part: { ref: 7, index: 2, count: 2 } }, 'pass'],
      ]
      const env = environmentOf(kafka.brokers, topic)
      const child = spawn(command, args(), { env, stdio: ['pipe', 'pipe', 'inherit'] })
      ends.push(() => child.kill('SIGKILL'))
      child.stdin.end(
        asked
          .map(
            ([sms], i) =>
              `${JSON.stringify({ id: `m${i}`, to: '13900000001', signature: '', hosts: [], ...sms })}\n`,
          )
          .join(''),
      )
      const answers: unknown[] = []
      for await (const line of createInterface(child.stdout)) answers.push(JSON.parse(line))
      expect(answers).toEqual(
        asked.map(([, action, state], i) => ({ id: `m${i}`, action, ...(state ? { state } : {}) })),
      )
    })

    it('ends when it can follow no more', async () => {
      const client = plainClient(kafka.brokers)
      const topic = uniqueName('blocks')
      await client.createTopic({}, topic)
      const env = environmentOf(kafka.brokers, topic)
      const child = spawn(command, args(), { env, stdio: ['pipe', 'pipe', 'pipe'] })
      ends.push(() => child.kill('SIGKILL'))
      const said = text(child.stderr)
      const ended = once(child, 'exit')
      child.stdin.write(`${JSON.stringify({ id: 'm1', from: '1' })}\n`)
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      expect(JSON.parse(line)).toEqual({ id: 'm1', action: 'pass' })
      // A tombstone of no key is none that the table can take.
      await client.produce(topic, [null])
      expect((await ended)[0]).toBe(1)
      expect(await said).toMatch(/NullPointerException|AttributeError/)
    })
  })
}
