// Runs the tests that the arguments select, without `--project` all but the long ones. With TEST_RESULTS also writes vitest's report as JSON there, with TEST_TIMES the
// seconds of each file to test/times.json, which decides in what order files start.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const TIMES = join(ROOT, 'test/times.json')
/** Shorter files are left out: their order does not matter, s. */
const SHORT = 1

const selected = process.argv.slice(2)
if (!selected.some((argument) => argument.startsWith('--project'))) selected.unshift('--project=!long')
const isTimed = process.env.TEST_TIMES === 'true'
const results =
  process.env.TEST_RESULTS ??
  (isTimed ? join(mkdtempSync(join(tmpdir(), 'times-')), 'results.json') : undefined)
const reporters = results ? ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`] : []
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...selected],
  { stdio: 'inherit' },
)
if (isTimed) recordTimes(JSON.parse(readFileSync(results, 'utf8')))
process.exit(status ?? 1)

function recordTimes({ testResults }) {
  const before = JSON.parse(readFileSync(TIMES, 'utf8'))
  const kept = Object.entries(before).filter(([file]) => existsSync(join(ROOT, file)))
  const times = new Map(kept)
  for (const { name, startTime, endTime } of testResults) {
    const seconds = Math.round((endTime - startTime) / 1000)
    if (seconds > SHORT) times.set(relative(ROOT, name), seconds)
    else times.delete(relative(ROOT, name))
  }
  const sorted = [...times].sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(TIMES, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`)
}
