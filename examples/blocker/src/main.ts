import { BlockTable } from './block-table.ts'
import { BrokerClock } from './broker-clock.ts'
import { loadExtract, OF_THIS_BUILD } from './extract.ts'
import { connect, Enforcements, follow } from './kafka.ts'
import { tokenKeyOf } from './match.ts'
import { createDecider } from './server.ts'

/** Every setting, from the environment. */
function setting(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback
  if (value === undefined) {
    console.error(`${name} is not set`)
    process.exit(2)
  }
  return value
}

const topics = {
  blocks: setting('BLOCKS_TOPIC', 'sms.blocks'),
  alerts: setting('ALERTS_TOPIC', 'sms.alerts'),
  enforcements: setting('ENFORCEMENTS_TOPIC', 'sms.enforcements'),
}
const extractor = setting('EXTRACTOR', OF_THIS_BUILD)
const extract = await loadExtract(extractor).catch((error: unknown) => {
  console.error(`EXTRACTOR cannot be loaded: build sigwatch first, or name the module: ${String(error)}`)
  process.exit(2)
})
const table = new BlockTable(tokenKeyOf(setting('TOKEN_KEY')))
const kafka = connect(setting('KAFKA_BROKERS').split(','))
const clock = new BrokerClock()
const enforcements = new Enforcements(kafka, topics.enforcements, clock)
let isReady = false
const by = setting('BLOCKER_NAME', 'blocker')
const { server, onRecord, onMissed } = createDecider({
  table,
  enforcements,
  clock,
  isReady: () => isReady,
  extract,
  by,
})

server.listen(Number(setting('PORT', '9500')), setting('HOST', '127.0.0.1'))
await enforcements.start()
const following = await follow(kafka, topics, table, clock, { onRecord, onMissed })
await following.ready
isReady = true
const sweeping = setInterval(() => table.sweep(clock.now()), 10_000)

process.once('SIGTERM', async () => {
  clearInterval(sweeping)
  server.close()
  await following.stop()
  await enforcements.stop()
  process.exit(0)
})
