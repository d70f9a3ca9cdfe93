/**
 * Rows per second that `sigwatch archive` writes from one Kafka partition to PostgreSQL, all on this machine: verdicts with an
 * action, and one alert per ten of them. `npx tsx test/bench/archive.ts [verdicts]`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { messageAlertAt, verdictAt } from '../helpers/archive-records.ts'
import { startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { startPostgres } from '../helpers/postgres-server.ts'
import { startCommand } from '../helpers/service.ts'
import { createServiceTopics, produceKeyed } from '../helpers/service-topics.ts'

const verdicts = Number(process.argv[2] ?? 50_000)
const alerts = verdicts / 10
const kafka = await startOwnKafka()
const server = await startPostgres()
const client = plainClient(kafka.brokers)
const at = await createServiceTopics(client, kafka.brokers)
const now = Date.now()
await produceKeyed(
  client,
  at.topics.verdicts,
  Array.from({ length: verdicts }, (_, i) => ({
    key: `v${i}`,
    value: JSON.stringify(verdictAt(`v${i}`, now)),
  })),
)
// Keep requests below 1 MB.
for (let from = 0; from < alerts; from += 400) {
  const some = Array.from({ length: Math.min(400, alerts - from) }, (_, i) => from + i)
  await produceKeyed(
    client,
    at.topics.alerts,
    some.map((i) => ({ key: `v${i}`, value: JSON.stringify(messageAlertAt(`v${i}`, now, i)) })),
  )
}
const pool = new pg.Pool({ connectionString: server.url, max: 1 })
const archived = async () => {
  const { rows } = await pool.query('SELECT coalesce(sum(next), 0) AS n FROM input_offset')
  return Number(rows[0].n)
}
const before = server.cpuSeconds()
const archive = await startCommand(['archive'], { ...at.env, SIGWATCH_ARCHIVE_URL: server.url })
while ((await archived().catch(() => 0)) === 0) await sleep(20)
const [first, began] = [await archived(), performance.now()]
while ((await archived()) < verdicts + alerts) await sleep(20)
const seconds = (performance.now() - began) / 1000
const metrics = await (await fetch(`${archive.http}/metrics`)).text()
const cpu = Number(/^process_cpu_seconds_total (\S+)/m.exec(metrics)?.[1])
const postgresCpu = server.cpuSeconds() - before
const rate = Math.round((verdicts + alerts - first) / seconds)
process.stdout.write(
  `${JSON.stringify({ rows: verdicts + alerts, seconds, rowsASecond: rate, archiveCpuSeconds: cpu, postgresCpuSeconds: postgresCpu })}\n`,
)
await archive.stop()
await pool.end()
server.stop()
await kafka.stop()
process.exit(0)
