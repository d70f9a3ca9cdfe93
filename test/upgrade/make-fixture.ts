/**
 * Writes what a version leaves in Redis, in its group and in its topics when it is killed while working:
 *
 *   git worktree add --detach ../before e3751ad && node ../before/scripts/setup.mjs
 *   npx tsx test/upgrade/make-fixture.ts ../before
 *
 * Requires Java, Maven and redis-server, like the integration tests.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Redis } from 'ioredis'
import type { Alert } from '../../src/domain/alert.ts'
import { startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { until } from '../helpers/recording-handler.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { startService } from '../helpers/service.ts'
import { follow } from '../helpers/service-topics.ts'
import { DEPLOYMENT, environmentOf, makeTopics, send, TOPICS } from './deployment.ts'
import { type Left, readKeys } from './stored.ts'
import { digestOf, HANDOVER, MINUTE, release, SUBLET, traffic } from './traffic.ts'

const before = resolve(process.argv[2] ?? '')
const commit = execFileSync('git', ['-C', before, 'rev-parse', '--short', 'HEAD'], {
  encoding: 'utf8',
}).trim()
const [kafka, redisServer] = await Promise.all([startOwnKafka(), startOwnRedis()])
const client = plainClient(kafka.brokers)
const redis = new Redis(redisServer.url)
const valuesOf = async (topic: string) => (await client.readAll(topic)).map(({ value }) => String(value))

await makeTopics(client)
const records = traffic()
const given = records.filter(({ ts }) => ts < HANDOVER)
const service = await startService(environmentOf(kafka.brokers, redisServer.url), [], {
  main: join(before, 'dist/main.js'),
})
await service.ready()
const alerts = await follow(client, TOPICS.alerts)
const verdicts = await follow(client, TOPICS.verdicts)
const untilReleased = given.findIndex(({ ts }) => ts > HANDOVER - 31 * MINUTE)
await send(client, given.slice(0, untilReleased))
const raisedPort = () =>
  alerts.values<Alert>().find(({ subject }) => subject === `port:${SUBLET.released}`)?.data.state?.id
await until(() => raisedPort() !== undefined, 120_000)
await client.produce(TOPICS.feedback, [JSON.stringify(release(raisedPort()!))])
await send(client, given.slice(untilReleased))
// A message that came in two parts waits for the second.
await verdicts.count(given.length - 1, 120_000)
await service.kill()
await Promise.all([alerts.stop(), verdicts.stop()])

const left: Left = {
  commit,
  redisVersion: /redis_version:(\S+)/.exec(await redis.info('server'))![1]!,
  digest: digestOf(records),
  given: given.length,
  deployment: DEPLOYMENT,
  clusterId: await client.clusterId(),
  topic: TOPICS.messages,
  committed: (await client.committed(DEPLOYMENT, TOPICS.messages))[0]!,
  keys: await readKeys(redis),
  alerts: await valuesOf(TOPICS.alerts),
  blocks: (await client.readAll(TOPICS.blocks)).map(({ key, value }) => [
    key!,
    value === null ? null : String(value),
  ]),
}
const file = join(import.meta.dirname, `left-by-${commit}.json.gz`)
writeFileSync(file, gzipSync(JSON.stringify(left), { level: 9 }))
process.stderr.write(
  `${file}: ${left.keys.length} keys, ${left.alerts.length} alerts, ${left.committed} of ${left.given} committed\n`,
)
redis.disconnect()
await Promise.all([kafka.stop(), redisServer.stop()])
process.exit(0)
