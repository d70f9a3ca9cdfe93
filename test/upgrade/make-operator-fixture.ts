/**
 * Writes what a version leaves of a deployment with own rules, tenants, known templates, manual blocks and feedback when it is killed:
 *
 *   git worktree add --detach ../before 2bb0f8e8 && node ../before/scripts/setup.mjs
 *   npx tsx test/upgrade/make-operator-fixture.ts ../before
 *
 * Needs what the integration tests need: Java, Maven and redis-server.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { Redis } from 'ioredis'
import type { Alert } from '../../src/domain/alert.ts'
import { startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { startService } from '../helpers/service.ts'
import { follow } from '../helpers/service-topics.ts'
import {
  ANN,
  BEN,
  makeOperatedTopics,
  OPERATED,
  type OperatedLeft,
  ORDERED,
  operated,
  PEOPLE,
  readTopics,
  recordOf,
  sideRows,
  TAUGHT,
  TEXTS,
  topicOf,
  write,
} from './operator.ts'
import { readKeys } from './stored.ts'

const before = resolve(process.argv[2] ?? '')
const commit = execFileSync('git', ['-C', before, 'rev-parse', '--short', 'HEAD'], {
  encoding: 'utf8',
}).trim()
const [kafka, redisServer] = await Promise.all([startOwnKafka(), startOwnRedis()])
const client = plainClient(kafka.brokers)
const redis = new Redis(redisServer.url)
await makeOperatedTopics(client)
for (const [use, rows] of Object.entries(sideRows(Date.now())))
  await write(
    client,
    use,
    rows.map(({ key, value }) => ({ key, value: JSON.stringify(value), timestamp: Date.now() })),
  )
const service = await startService(operated(kafka.brokers, redisServer.url), [], {
  main: join(before, 'dist/main.js'),
})
await service.ready()
const alerts = await follow(client, topicOf('alerts'))
const verdicts = await follow(client, topicOf('verdicts'))
const results = await follow(client, topicOf('feedbackResults'))

const call = async (path: string, token: string, body?: object) => {
  const response = await fetch(`${service.http}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as { readonly id: string }
}
let given = 0
/** Gives feedback and waits for its answer. */
const say = async (row: object) => {
  const feedbackId = `given-${++given}`
  const ts = Date.now()
  await write(client, 'feedback', [
    { key: null, timestamp: ts, value: JSON.stringify({ by: 'ann', ts, feedbackId, ...row }) },
  ])
  const answer = () =>
    results
      .values<{ feedbackId: string; outcome: string; why?: string }>()
      .find((one) => one.feedbackId === feedbackId)
  await until(() => answer() !== undefined, 30_000)
  if (answer()!.outcome !== 'applied') throw new Error(`${JSON.stringify(row)}: ${answer()!.why}`)
}
let records = 0
const send = async (rows: readonly ReturnType<typeof recordOf>[]) => {
  await write(client, 'messages', rows)
  records += rows.length
  await verdicts.count(records, 60_000)
}
const everyText = () =>
  Object.entries(TEXTS).map(([kind, text]) => recordOf('before', kind, text, Date.now()))

const taught = recordOf('before', 'taught', TAUGHT, Date.now())
await send([taught, ...everyText()])
await sleep(1_000)
await say({ messageId: taught.id, verdict: 'confirmed' })
await say({ messageId: taught.id, verdict: 'confirmed', by: 'ben' })
await say({ target: 'sender:快贷@106900001114', codes: ['OP_LOAN_ADS'], verdict: 'exempt' })
await write(client, 'replies', [
  {
    ...{ key: null, timestamp: Date.now() },
    value: JSON.stringify({
      ...{ id: 'r1', ts: Date.now(), from: PEOPLE.refusedByReply, to: '106900014', text: 'TD' },
    }),
  },
])
const order = (domain: string) =>
  call('/v1/blocks', ANN, { target: `domain:${domain}`, until: '3d', why: 'forged refunds' })
const [approved, waiting] = [await order(ORDERED.approved), await order(ORDERED.waiting)]
await sleep(2_000)
await call(`/v1/blocks/${approved.id}/approve`, BEN)
for (let n = 0; n < 5; n++) await send(everyText())
const stateOf = (subject: string) =>
  alerts.values<Alert>().findLast((one) => one.subject === subject && one.data.state)?.data.state?.id
await until(() => stateOf('port:106900053') !== undefined, 30_000)
const released = stateOf('port:106900053')!
await say({ stateId: released, verdict: 'release', until: Date.now() + 24 * 3_600_000 })
for (let n = 0; n < 2; n++) await send(everyText())
// What is written within a second or two: states, offsets, templates.
await sleep(4_000)
await service.kill()

const left: OperatedLeft = {
  commit,
  at: Date.now(),
  clusterId: await client.clusterId(),
  committed: (await client.committed(OPERATED, topicOf('messages')))[0]!,
  keys: await readKeys(redis),
  topics: await readTopics(client),
  states: { released, approved: approved.id, waiting: waiting.id },
}
await Promise.all([alerts.stop(), verdicts.stop(), results.stop()])
const file = join(import.meta.dirname, 'operated', `left-by-${commit}.json.gz`)
writeFileSync(file, gzipSync(JSON.stringify(left), { level: 9 }))
process.stderr.write(`${file}: ${left.keys.length} keys, ${left.committed} of ${records} committed\n`)
redis.disconnect()
await Promise.all([kafka.stop(), redisServer.stop()])
process.exit(0)
