// Cost of own rules: CPU time per message from its decoded record to the bytes of its verdict, on dense traffic, with generated
// rules and without. Both take turns batch by batch in one process, so that other load on the machine affects both.
//
//   npm run bench -- own-rules [--rules 500] [--common 0] [--rounds 5] [--messages 180000]
//
// `--common`: share of the groups whose words occur in the measured traffic; the words of the others occur only in forgeries.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from '../../src/offline/simulator/random.ts'
import { trafficOf } from './embedded-traffic.ts'
import { median } from './median.ts'
import { perMessage } from './per-message-used.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Maximum ratio of CPU time with rules to that without. */
const ALLOWED = 1.03
const WORDS_A_GROUP = 8
/** Maximum number of composites in a file. */
const COMPOSITES = 200

const { values: options } = parseArgs({
  options: {
    rules: { type: 'string', default: '500' },
    common: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '5' },
    messages: { type: 'string', default: '180000' },
  },
})

/** Typical conditions of operators; each uses the group of its own rule, some that of another. */
const FORMS: readonly ((own: string, other: string) => string)[] = [
  (own) => own,
  (own) => `${own} & (link:foreign | contact:mobile)`,
  (own, other) => `${own} & !${other}`,
  (own, other) => `near(${own}, ${other}, 10)`,
  (own, other) => `(${own} | ${other}) & asks:payment`,
]
const THEN = ['at-most-review', 'raise-threshold', 'clear']

/** Avoids an object literal with a member `then`, which lint rules take for a thenable. */
const thenOf = (then: string) => Object.fromEntries([['then', then]])

/** Words of a group: substrings of texts that do not occur in `others`. */
function wordsFrom(texts: readonly string[], random: Random, others: string): string[] {
  const words = new Set<string>()
  while (words.size < WORDS_A_GROUP) {
    const runs = random.pick(texts).match(/\p{Script=Han}{4,}/gu) ?? []
    if (runs.length === 0) continue
    const run = random.pick(runs)
    const length = random.int(2, Math.min(6, run.length))
    const at = random.int(0, run.length - length)
    const word = run.slice(at, at + length)
    if (!others.includes(word)) words.add(word)
  }
  return [...words]
}

function rulesFile(count: number, common: readonly string[], rare: readonly string[]): object {
  const random = new Random(1)
  const lawful = common.join('\n')
  const name = (n: number) => `words:g${n % count}`
  const examples = { example: 'x', nearMiss: 'y', because: 'A measurement.' }
  const rules = Array.from({ length: count }, (_, n) => ({
    code: `OP_BENCH_${n}`,
    when: FORMS[n % FORMS.length]!(name(n), name(n + 7)),
    says: { en: 'Found.', 'zh-CN': '命中。' },
    ...examples,
  }))
  const composites = Array.from({ length: Math.min(COMPOSITES, count) }, (_, n) => ({
    when: `${name(n * 2)} & ${name(n * 2 + 1)} & link:any`,
    ...examples,
    ...thenOf(THEN[n % THEN.length]!),
  }))
  const words = Object.fromEntries(
    Array.from({ length: count }, (_, n) => {
      const list = random.chance(Number(options.common))
        ? wordsFrom(common, random, '')
        : wordsFrom(rare, random, lawful)
      return [`g${n}`, { says: 'Words.', list }]
    }),
  )
  return { words, rules, composites }
}

const textsOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n', 20_000)
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { text: string }).text)

spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'inherit' })
const dense = await trafficOf('dense', Number(options.messages))
const fraud = await trafficOf('fraud', 20_000)
const folder = mkdtempSync(join(tmpdir(), 'sigwatch-bench-'))
const rules = join(folder, 'rules.json')
const count = Number(options.rules)
writeFileSync(rules, JSON.stringify(rulesFile(count, textsOf(dense.messages), textsOf(fraud.messages))))
const ratios: number[] = []
for (let round = 1; round <= Number(options.rounds); round++) {
  const [without, measured] = perMessage(dense, '', ROOT, `${ROOT}:${rules}`)
  ratios.push(measured!.cpuMicros / without!.cpuMicros)
  const figures = `${without!.cpuMicros.toFixed(2)} µs without, ${measured!.cpuMicros.toFixed(2)} µs with ${count} rules`
  console.log(`${figures}, ratio ${ratios.at(-1)!.toFixed(3)}`)
}
const ratio = median(ratios)!
console.log(`median ratio ${ratio.toFixed(3)}, the limit is ${ALLOWED}`)
if (ratio > ALLOWED) process.exitCode = 1
rmSync(folder, { recursive: true })
