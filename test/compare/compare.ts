// Whether the embedded mode still says what it said: alerts, verdicts and dead letters of the demo's hour and of a planted
// day are compared with hashes that are checked in.
//
//   npm run compare [-- --only demo|day] [--write] [--keep DIR] [--main dist/main.js]
//
// Exits 1 where an output differs. `--write` keeps what is said now: only with a change that means to change it.
// Left out of the comparison: when a verdict was decided, the score of its model, sentences, the rules that decided, the address of
// the schema, and the policy's hash.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

const HASHES = join(import.meta.dirname, 'hashes.json')
const DAY_ENDS = '2026-11-12T00:00:00+08:00'
const OUTPUTS = ['alerts', 'verdicts', 'dead-letters'] as const
type Output = (typeof OUTPUTS)[number]

interface Said {
  readonly lines: number
  readonly sha256: string
}
type Hashes = Record<string, Partial<Record<Output, Said>>>

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    write: { type: 'boolean', default: false },
    keep: { type: 'string' },
    main: { type: 'string', default: join(import.meta.dirname, '../../dist/main.js') },
  },
})

/** Runs it in a folder; `demo` replaces the one that it writes. Names of files are relative, since alerts show them. */
function sigwatch(folder: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [resolve(options.main), ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    // Batches end with the bucket of event time and never by the wall clock: a busy machine says the same.
    env: { ...process.env, SIGWATCH_BATCH_MAX_AGE: '10s' },
  })
  if (status !== 0) throw new Error(`sigwatch ${args[0]} ended with ${status}:\n${stderr.slice(-4000)}`)
}

const RUNS: Readonly<Record<string, (folder: string) => void>> = {
  demo: (folder) => sigwatch(tmpdir(), 'demo', '--out', folder),
  day: (folder) => {
    sigwatch(
      folder,
      ...['simulate', '--scenario', 'planted-day', '--seed', '1', '--out', 'messages.jsonl'],
      ...['--registry-out', 'registry.yaml', '--consents-out', 'consents.jsonl'],
      ...['--replies-out', 'replies.jsonl', '--complaints-out', 'complaints.jsonl'],
    )
    sigwatch(
      folder,
      ...['run', '--source', 'messages.jsonl', '--now', DAY_ENDS, '--registry', 'registry.yaml'],
      ...['--consents', 'consents.jsonl', '--replies', 'replies.jsonl'],
      ...['--complaints', 'complaints.jsonl', '--alerts', 'alerts.jsonl'],
      ...['--verdicts', 'verdicts.jsonl', '--dead-letters', 'dead-letters.jsonl'],
    )
  },
}

/** Drops what may differ between two runs that say the same. */
function comparable(line: string): string {
  const value = JSON.parse(line)
  delete value.decidedAt
  delete value.model
  delete value.modelScore
  delete value.dataschema
  if (value.data?.provenance) delete value.data.provenance.policy
  for (const reason of value.data?.reasons ?? []) {
    delete reason.detail
    delete reason.evidence?.rules
  }
  return JSON.stringify(value)
}

async function said(path: string): Promise<Said> {
  const hash = createHash('sha256')
  let lines = 0
  for await (const line of createInterface({ input: createReadStream(path) })) {
    hash.update(comparable(line)).update('\n')
    lines++
  }
  return { lines, sha256: hash.digest('hex') }
}

const names = options.only === undefined ? Object.keys(RUNS) : [options.only]
const unknown = names.find((name) => !(name in RUNS))
if (unknown !== undefined) {
  console.error(`--only: ${unknown} is none of ${Object.keys(RUNS).join(', ')}`)
  process.exit(2)
}
const hashes: Hashes = JSON.parse(await readFile(HASHES, 'utf8').catch(() => '{}'))
let differs = false
for (const name of names) {
  const folder =
    options.keep === undefined
      ? await mkdtemp(join(tmpdir(), 'sigwatch-compare-'))
      : resolve(options.keep, name)
  await mkdir(folder, { recursive: true })
  RUNS[name]!(folder)
  const expected = hashes[name] ?? {}
  const now: Partial<Record<Output, Said>> = {}
  for (const output of OUTPUTS) {
    const is = await said(join(folder, `${output}.jsonl`))
    now[output] = is
    const same = expected[output]?.sha256 === is.sha256
    if (!same) differs = true
    const was = same ? 'the same' : `DIFFERS from ${expected[output]?.lines ?? 'no'} lines before`
    console.log(`${name} ${output}: ${is.lines} lines, ${was}`)
  }
  hashes[name] = now
  if (options.keep === undefined) await rm(folder, { recursive: true })
}
if (options.write) await writeFile(HASHES, `${JSON.stringify(hashes, null, 2)}\n`)
process.exitCode = differs && !options.write ? 1 : 0
