/** Every measurement, one after the other, or those that are named: `npm run bench -- throughput latency`. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ALL = ['throughput', 'latency', 'model-throughput', 'features', 'ledger', 'kafka-source']
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !ALL.includes(name))
if (unknown.length > 0) {
  console.error(`no such measurement: ${unknown.join(', ')} (there are: ${ALL.join(', ')})`)
  process.exit(2)
}
for (const name of asked.length > 0 ? asked : ALL) {
  console.log(`\n== ${name}`)
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, `${name}.ts`)],
    {
      stdio: 'inherit',
    },
  )
  if (status !== 0) process.exitCode = 1
}
