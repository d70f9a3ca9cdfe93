// Runs every test; with TEST_RESULTS also writes the counts as JSON there.
import { spawnSync } from 'node:child_process'

const results = process.env.TEST_RESULTS
const reporters = results ? ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`] : []
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...process.argv.slice(2)],
  { stdio: 'inherit' },
)
process.exit(status ?? 1)
