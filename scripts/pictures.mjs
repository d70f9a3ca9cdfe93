// Writes the pictures of the documentation: desk and report on two planted hours, in headless Chromium. They are taken by
// the test that asks an analyst's questions of the desk, on a real PostgreSQL.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../docs/pictures')
/** Of one picture, bytes. */
const LARGEST = 400_000

// Without a Chinese font each character is an empty box, which no test sees.
const fonts = spawnSync('fc-list', [':lang=zh-cn'], { encoding: 'utf8' })
if (!fonts.stdout?.trim()) {
  process.stderr.write(
    'pictures: no Chinese font was found. Install fontconfig and one (Debian: fonts-noto-cjk).\n',
  )
  process.exit(1)
}

const test = ['vitest', 'run', 'test/integration/browser/desk-questions.test.ts', '--maxWorkers=1']
const { status } = spawnSync('npx', test, {
  stdio: 'inherit',
  env: { ...process.env, CI: 'true', PICTURES: FOLDER },
})
if (status !== 0) process.exit(status ?? 1)
for (const name of readdirSync(FOLDER)) {
  const { size } = statSync(join(FOLDER, name))
  process.stdout.write(`${name}: ${Math.round(size / 1000)} kB\n`)
  if (size > LARGEST) process.exitCode = 1
}
