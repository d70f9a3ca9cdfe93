/**
 * Runs all measurements one after another, or those named: `npm run bench -- throughput latency`. Those in `BY_NAME` run only if
 * named, as they take minutes or extra servers. Options are passed to a single named one: `npm run bench -- day --minutes 300`.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ALL = [
  'embedded',
  'per-message',
  'throughput',
  'kafka',
  'latency',
  'model-throughput',
  'features',
  'redis',
  'memory',
  'registry',
  'startup',
  'kafka-source',
]
const BY_NAME = [
  'day',
  'day-kafka',
  'archive',
  'desk',
  'rspamd',
  'resident',
  'strangers',
  'fanouts',
  'blocker',
  'templates',
  'crowds',
  'own-rules',
]
const given = process.argv.slice(2)
const firstOption = given.findIndex((word) => word.startsWith('-'))
const asked = firstOption < 0 ? given : given.slice(0, firstOption)
const options = given.slice(asked.length)
const unknown = asked.filter((name) => ![...ALL, ...BY_NAME].includes(name))
if (unknown.length > 0) {
  console.error(`no such measurement: ${unknown.join(', ')} (there are: ${[...ALL, ...BY_NAME].join(', ')})`)
  process.exit(2)
}
if (options.length > 0 && asked.length !== 1) {
  console.error('options go to one measurement: name it before them')
  process.exit(2)
}
for (const name of asked.length > 0 ? asked : ALL) {
  console.error(`\n== ${name}`)
  const { status } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(import.meta.dirname, `${name}.ts`), ...options],
    {
      stdio: 'inherit',
    },
  )
  if (status !== 0) process.exitCode = 1
}
