// Macro-F1 on an 80/20 split (near-duplicates on one side) of any labelled corpus: `sigwatch train` against
// scikit-learn's LinearSVC and fastText. Needs Debian's python3-sklearn and fasttext.
// npx tsx test/bench/model-peers.ts CORPUS.tsv… [--seed 1]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { evaluate } from '../../src/model/evaluation.ts'
import { openTextModel } from '../../src/model/text-model.ts'
import { buildModel } from '../../src/model/training/build.ts'
import { readCorpus } from '../../src/model/training/corpus.ts'
import { reportOf } from '../../src/model/training/metrics.ts'
import { heldTexts, type Part, split } from '../../src/model/training/plan.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' } },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const PYTHON = process.env.PYTHON ?? '/usr/bin/python3'

function run(program: string, args: readonly string[], input?: string): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', input, maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
  return stdout
}

/** What every contestant reads: masked corpora with their masks filled. */
const rowsOf = (part: Part) =>
  heldTexts([part], 1).map(({ label, text }) => ({ label, text: text.replace(/\s+/g, ' ') }))

/** fastText reads words: characters of Chinese are parted by spaces, word pairs and character grams switched on. */
const spaced = (text: string) =>
  text
    .toLowerCase()
    .replace(/[\u3400-\u9fff]/g, ' $& ')
    .replace(/\s+/g, ' ')
    .trim()

for (const file of positionals) {
  const corpus = readCorpus(file)
  const labels = [...new Set(corpus.rows.map((row) => row.label))].sort()
  const { kept, held } = split([corpus], 0.2, Number(values.seed))
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-peers-'))
  const train = rowsOf(kept[0] as Part)
  const test = rowsOf(held[0] as Part)
  const write = (name: string, rows: readonly { label: string; text: string }[]) => {
    writeFileSync(join(dir, name), rows.map(({ label, text }) => `${label}\t${text}\n`).join(''))
    writeFileSync(
      join(dir, `${name}.ft`),
      rows.map(({ label, text }) => `__label__${label} ${spaced(text)}\n`).join(''),
    )
  }
  write('train.tsv', train)
  write('test.tsv', test)
  say(`${corpus.name}: ${train.length} to learn from, ${test.length} to judge by`)

  const before = performance.now()
  await buildModel({
    name: 'peer',
    version: '1',
    dir: join(dir, 'model'),
    labels,
    corpora: [readCorpus(join(dir, 'train.tsv'))],
    seed: Number(values.seed),
    heldShare: 0.1,
    onProgress: () => {},
  })
  const model = await openTextModel({ dir: join(dir, 'model'), backend: 'cpu' })
  const own = evaluate(model, test, file)
  model.close()
  say(
    `  sigwatch train      ${own.macroF1.toFixed(4)}   (${((performance.now() - before) / 1000).toFixed(0)} s)`,
  )

  for (const line of run(PYTHON, [
    join(import.meta.dirname, 'peers.py'),
    join(dir, 'train.tsv'),
    join(dir, 'test.tsv'),
  ])
    .trim()
    .split('\n')) {
    const [kind, score] = line.split(' ')
    say(`  LinearSVC ${(kind as string).padEnd(9)} ${score}`)
  }
  for (const [name, extra] of [
    ['words', ['-wordNgrams', '2', '-epoch', '25', '-lr', '0.5']],
    ['grams', ['-wordNgrams', '3', '-minn', '1', '-maxn', '3', '-epoch', '25', '-lr', '0.5']],
  ] as const) {
    const out = join(dir, name)
    run('fasttext', [
      'supervised',
      '-input',
      join(dir, 'train.tsv.ft'),
      '-output',
      out,
      '-thread',
      '1',
      ...extra,
    ])
    const predicted = run('fasttext', ['predict', `${out}.bin`, join(dir, 'test.tsv.ft')])
      .trim()
      .split('\n')
      .map((line) => labels.indexOf(line.replace('__label__', '')))
    const report = reportOf(
      labels,
      test.map((row) => labels.indexOf(row.label)),
      predicted,
    )
    say(`  fastText ${name.padEnd(10)} ${report.macroF1.toFixed(4)}`)
  }
}
