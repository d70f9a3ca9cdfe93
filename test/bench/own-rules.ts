// Cost of own rules: user CPU time per message of the embedded mode on dense traffic, with and without generated rules in turns.
// Both runs of a pair follow each other directly, so that other load on the machine affects both.
//
//   npm run bench -- own-rules [--rules 500] [--pairs 5] [--messages 180000] [--main dist/main.js]
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Random } from '../../src/offline/simulator/random.ts'
import { EmbeddedRun } from './embedded-run.ts'
import { trafficOf } from './embedded-traffic.ts'
import { median } from './median.ts'

const ROOT = join(import.meta.dirname, '../..')
/** Maximum ratio of CPU time with rules to that without. */
const ALLOWED = 1.03
const WORDS_A_GROUP = 8
/** Share of the groups whose words occur in the measured traffic; the words of the others occur in forged messages only. */
const COMMON = 0
/** Maximum number of composites in a file. */
const COMPOSITES = 200

const { values: options } = parseArgs({
  options: {
    rules: { type: 'string', default: '500' },
    pairs: { type: 'string', default: '5' },
    messages: { type: 'string', default: '180000' },
    main: { type: 'string' },
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
      const list = random.chance(COMMON) ? wordsFrom(common, random, '') : wordsFrom(rare, random, lawful)
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

if (options.main === undefined)
  spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'inherit' })
const count = Number(options.rules)
const dense = await trafficOf('dense', Number(options.messages))
const fraud = await trafficOf('fraud', 20_000)
const bench = new EmbeddedRun(options.main ?? join(ROOT, 'dist/main.js'))
const rules = bench.file('rules.json')
writeFileSync(rules, JSON.stringify(rulesFile(count, textsOf(dense.messages), textsOf(fraud.messages))))
const user = (more: readonly string[]) =>
  bench.measure(dense.messages, ['--registry', dense.registry, ...more]).user
/** Share of verdicts with an own code. */
function hits(): number {
  const verdicts = readFileSync(bench.file('verdicts.jsonl'), 'utf8').split('\n').slice(0, -1)
  return verdicts.filter((line) => line.includes('"OP_BENCH_')).length / verdicts.length
}

console.log(`pair  user µs a message  with ${count} rules  ratio`)
const ratios: number[] = []
for (let pair = 0; pair < Number(options.pairs); pair++) {
  // The order alternates, so that a machine that slows down during the run favours neither.
  const first = pair % 2 === 0 ? user([]) : user(['--rules', rules])
  const second = pair % 2 === 0 ? user(['--rules', rules]) : user([])
  const [without, measured] = pair % 2 === 0 ? [first, second] : [second, first]
  ratios.push(measured / without)
  const cells = [without.toFixed(1).padStart(17), measured.toFixed(1).padStart(15 + String(count).length)]
  console.log(`${String(pair + 1).padStart(4)}  ${cells.join('  ')}  ${(measured / without).toFixed(3)}`)
  if (pair === 0) console.log(`      messages with an own code: ${(100 * hits()).toFixed(1)}%`)
}
const ratio = median(ratios)!
console.log(`median ratio ${ratio.toFixed(3)}, the limit is ${ALLOWED}`)
if (ratio > ALLOWED) process.exitCode = 1
bench.close()
