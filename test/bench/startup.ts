// Start-up time from the start of the process: in the embedded mode, until the verdict on a single message is written and the
// process has ended; of the service, until `/readyz` answers 200, and until the verdict on a waiting message is in its topic. On a
// dedicated broker and Redis, with the shipped model and brand list.
//
//   npm run bench -- startup [--rounds 5] [--main dist/main.js] [--keep]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startOwnKafka } from '../helpers/kafka-broker.ts'
import { plainClient } from '../helpers/kafka-client.ts'
import { startOwnRedis } from '../helpers/redis-server.ts'
import { MAIN, startService } from '../helpers/service.ts'
import { createServiceTopics } from '../helpers/service-topics.ts'
import { compareWithLast } from './last-results.ts'
import { median } from './median.ts'
import { load } from './processes.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    main: { type: 'string', default: MAIN },
    keep: { type: 'boolean', default: false },
  },
})
const POLL = 10
const MESSAGE = JSON.stringify({
  id: 'm1',
  ts: Date.now(),
  from: '106575550101',
  to: '13800138000',
  text: '【示例物业】本周六上午九点清洗水箱，请提前储水。',
})

/** Milliseconds from start to end of a process with one message in its file. */
function ofFile(folder: string): number {
  const source = join(folder, 'message.jsonl')
  writeFileSync(source, `${MESSAGE}\n`)
  const began = performance.now()
  const outputs = ['--alerts', join(folder, 'alerts.jsonl'), '--verdicts', join(folder, 'verdicts.jsonl')]
  const { status, stderr } = spawnSync(process.execPath, [
    ...[resolve(options.main), 'run', '--source', source],
    ...outputs,
  ])
  if (status !== 0) throw new Error(`sigwatch run ended with ${status}: ${String(stderr).slice(-2_000)}`)
  return performance.now() - began
}

const folder = mkdtempSync(join(tmpdir(), 'sigwatch-bench-'))
const [broker, redis] = [await startOwnKafka(), await startOwnRedis()]
const client = plainClient(broker.brokers)
const admin = client.kafka.admin()
await admin.connect()

/** Milliseconds from the start of the process until it is ready and until the waiting message has its verdict. */
async function ofService(): Promise<{ readonly ready: number; readonly verdict: number }> {
  const at = await createServiceTopics(client, broker.brokers)
  await client.produce(at.topics.messages, [MESSAGE])
  const began = performance.now()
  const env = { ...at.env, REDIS_URL: redis.url, SIGWATCH_LOG_LEVEL: 'warn' }
  const service = await startService(env, [], { main: resolve(options.main) })
  const becoming = service.ready().then(() => performance.now() - began)
  let verdict = Number.NaN
  while (Number.isNaN(verdict)) {
    const [end] = await admin.fetchTopicOffsets(at.topics.verdicts)
    if (Number(end?.high) > 0) verdict = performance.now() - began
    else await sleep(POLL)
  }
  const ready = await becoming
  await service.stop()
  return { ready, verdict }
}

const each = { file: [] as number[], ready: [] as number[], verdict: [] as number[] }
for (let round = 0; round < Number(options.rounds); round++) {
  each.file.push(ofFile(folder))
  const { ready, verdict } = await ofService()
  each.ready.push(ready)
  each.verdict.push(verdict)
}
const values = {
  'a file of one message': median(each.file)!,
  'service until it is ready': median(each.ready)!,
  'service until the first verdict': median(each.verdict)!,
}
console.log(`from the start of the process, ms: the middle of ${options.rounds} runs (load ${load()})`)
for (const [name, ms] of Object.entries(values))
  console.log(`${name.padEnd(34)} ${ms.toFixed(0).padStart(7)}`)
compareWithLast('startup', { unit: 'ms', values }, options.keep)
await admin.disconnect()
await redis.stop()
await broker.stop()
rmSync(folder, { recursive: true })
process.exit(0)
