import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createTokeniser } from '../../src/domain/token.ts'
import { DEVELOPMENT_TOKEN_KEY } from '../../src/settings/secret.ts'
import { DAY_FILES, judgeDay, readTruth, textsOf } from './day-files.ts'
import { printDay } from './day-print.ts'

/**
 * Runs a simulated day through the embedded mode on the command line and compares it with the truth: misses, false alerts,
 * detection delay, throughput and memory.
 */
const { values: options } = parseArgs({
  options: {
    scenario: { type: 'string', default: 'planted-day' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string' },
    minutes: { type: 'string' },
    start: { type: 'string' },
    /** Folder in which to keep the files; absent: a temporary folder. */
    keep: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const MAIN = join(import.meta.dirname, '../../src/main.ts')
const folder = options.keep ?? (await mkdtemp(join(tmpdir(), 'sigwatch-day-')))
await mkdir(folder, { recursive: true })
const file = (name: keyof typeof DAY_FILES) => join(folder, DAY_FILES[name])
const say = (line: string) => process.stderr.write(`${line}\n`)

interface Ended {
  readonly stderr: string
  readonly seconds: number
  /** Peak resident memory, MB; undefined without /proc. */
  readonly megabytes: number | undefined
}

function sigwatch(args: readonly string[]): Promise<Ended> {
  const began = performance.now()
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-20_000)
  })
  let kilobytes: number | undefined
  const watch = setInterval(() => {
    readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (status) => {
        const peak = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]
        if (peak !== undefined) kilobytes = Number(peak)
      },
      () => {},
    )
  }, 250)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(watch)
      if (code !== 0) return reject(new Error(`sigwatch ${args[0]} ended with ${code}:\n${stderr}`))
      const megabytes = kilobytes === undefined ? undefined : Math.round(kilobytes / 1024)
      resolve({ stderr, seconds: (performance.now() - began) / 1000, megabytes })
    })
  })
}

const asked = (['seed', 'rate', 'minutes', 'start'] as const).flatMap((name) =>
  options[name] === undefined ? [] : [`--${name}`, options[name]],
)
say(`simulating ${options.scenario} …`)
const simulated = await sigwatch([
  ...['simulate', '--scenario', options.scenario, ...asked, '--out', file('messages')],
  ...['--truth', file('truth'), '--registry-out', file('registry')],
  ...['--consents-out', file('consents'), '--replies-out', file('replies')],
  ...['--complaints-out', file('complaints')],
])
const told = /(\d+) records from (\S+) to (\S+)/.exec(simulated.stderr)
if (!told) throw new Error(`simulate says nothing of its records:\n${simulated.stderr}`)
const count = Number(told[1])
const span = { start: Date.parse(told[2]!), end: Date.parse(told[3]!) }

say(`running ${count} records …`)
const ran = await sigwatch([
  ...['run', '--source', file('messages'), '--alerts', file('alerts')],
  ...['--verdicts', file('verdicts'), '--dead-letters', file('deadLetters')],
  ...['--registry', file('registry'), '--consents', file('consents')],
  ...['--replies', file('replies'), '--complaints', file('complaints')],
  ...['--now', new Date(span.end).toISOString()],
])

say('comparing …')
const { keyId, key } = DEVELOPMENT_TOKEN_KEY
const tokenise = createTokeniser({ keyId, key: key.reveal() })
const result = await judgeDay(folder, await readTruth(folder, span), tokenise)
const texts = await textsOf(folder, new Set(result.messages.wrong.flatMap(({ ids }) => ids)))
const cost = {
  records: count,
  seconds: Math.round(ran.seconds * 10) / 10,
  recordsPerSecond: Math.round(count / ran.seconds),
  memoryMegabytes: ran.megabytes,
}
if (options.json) {
  const wrong = result.messages.wrong.map((w) => ({ ...w, texts: w.ids.map((id) => texts.get(id)) }))
  console.log(JSON.stringify({ ...cost, ...result, messages: { ...result.messages, wrong } }))
} else {
  console.log(printDay(result, (id) => texts.get(id) ?? ''))
  console.log(
    `\n${count} records in ${cost.seconds} s with start-up: ${cost.recordsPerSecond}/s, ${cost.memoryMegabytes} MB at most`,
  )
}
if (options.keep === undefined) await rm(folder, { recursive: true })
