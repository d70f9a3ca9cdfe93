// Macro-F1 on 80/20 splits (near-duplicates on one side) of any labelled corpus: `sigwatch train` compared with scikit-learn's
// LinearSVC and fastText, and its lead over all seeds. Requires the Debian packages python3-sklearn and fasttext.
// npx tsx test/bench/model-peers.ts CORPUS.tsv… [--seeds 1,2,3] [--out RESULTS.json] [--who own,LinearSVC,fastText] [--peers RESULTS.json]
// `--who`: programs to measure (default: all); `--peers`: results of an earlier run with the scores of the peers.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildModel } from '../../src/offline/training/build.ts'
import { readCorpus } from '../../src/offline/training/corpus.ts'
import { evaluate } from '../../src/offline/training/evaluation.ts'
import { reportOf } from '../../src/offline/training/metrics.ts'
import { heldTexts, type Part, split } from '../../src/offline/training/plan.ts'
import { createRandom } from '../../src/text/reader/random.ts'
import { openTextModel } from '../../src/text/reader/text-model.ts'
import { KINDS, learn, predict, writeLabelled } from './fasttext.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '1' },
    out: { type: 'string' },
    who: { type: 'string', default: 'own,LinearSVC,fastText' },
    peers: { type: 'string' },
  },
})
const say = (line: string) => process.stdout.write(`${line}\n`)
const PYTHON = process.env.PYTHON ?? '/usr/bin/python3'
const RESAMPLES = 10_000
const OWN = 'sigwatch train'
const who = values.who.split(',')

interface Text {
  readonly label: string
  readonly text: string
}

/** Macro-F1 of each program on one split. */
type Scores = Readonly<Record<string, number>>

interface Contest {
  readonly dir: string
  readonly labels: readonly string[]
  readonly test: readonly Text[]
  readonly seed: number
}

function run(program: string, args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${program}: ${stderr}`)
  return stdout
}

/** Input of all programs: masked corpora with their masks filled. */
const rowsOf = (part: Part): Text[] =>
  heldTexts([part], 1).map(({ label, text }) => ({ label, text: text.replace(/\s+/g, ' ') }))

function write(dir: string, name: string, rows: readonly Text[]): void {
  writeFileSync(join(dir, name), rows.map(({ label, text }) => `${label}\t${text}\n`).join(''))
  writeLabelled(join(dir, `${name}.ft`), rows)
}

async function trained({ dir, labels, test, seed }: Contest): Promise<number> {
  const corpora = [readCorpus(join(dir, 'train.tsv'))]
  const out = join(dir, 'model')
  await buildModel({
    name: 'peer',
    version: '1',
    dir: out,
    labels,
    corpora,
    seed,
    heldShare: 0.1,
    onProgress: () => {},
  })
  const model = await openTextModel({ dir: out, backend: 'cpu' })
  const { macroF1 } = evaluate(model, test, 'test')
  model.close()
  return macroF1
}

function supportVectors({ dir }: Contest): Scores {
  const peers = join(import.meta.dirname, 'peers.py')
  const lines = run(PYTHON, [peers, join(dir, 'train.tsv'), join(dir, 'test.tsv')])
  const scores = lines
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  return Object.fromEntries(scores.map(([kind, score]) => [`LinearSVC ${kind}`, Number(score)]))
}

function fastText({ dir, labels, test }: Contest): Scores {
  const truth = test.map((row) => labels.indexOf(row.label))
  const scores = KINDS.map((kind) => {
    const said = predict(learn(join(dir, 'train.tsv.ft'), dir, kind), join(dir, 'test.tsv.ft'))
    const predicted = said.map((label) => labels.indexOf(label))
    return [`fastText ${kind}`, reportOf(labels, truth, predicted).macroF1] as const
  })
  return Object.fromEntries(scores)
}

async function contest(file: string, seed: number, peers?: Scores): Promise<Scores> {
  const corpus = readCorpus(file)
  const labels = [...new Set(corpus.rows.map((row) => row.label))].sort()
  const { kept, held } = split([corpus], 0.2, seed)
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-peers-'))
  try {
    const test = rowsOf(held[0] as Part)
    write(dir, 'train.tsv', rowsOf(kept[0] as Part))
    write(dir, 'test.tsv', test)
    const one = { dir, labels, test, seed }
    return {
      ...(who.includes('own') ? { [OWN]: await trained(one) } : {}),
      ...(who.includes('LinearSVC') && !peers ? supportVectors(one) : {}),
      ...(who.includes('fastText') && !peers ? fastText(one) : {}),
      ...peers,
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length

/** Mean lead, its 95% interval (percentile bootstrap over the splits), and the least lead of a split. */
function leadOf(own: readonly number[], peer: readonly number[]) {
  const leads = own.map((score, i) => score - (peer[i] as number))
  const random = createRandom(1)
  const drawn = () => leads.map(() => random.pick(leads))
  const means = Array.from({ length: RESAMPLES }, () => mean(drawn())).sort((a, b) => a - b)
  const [low, high] = [0.025, 0.975].map((share) => means[Math.floor(share * RESAMPLES)] as number)
  return { mean: mean(leads), low, high, least: Math.min(...leads) }
}

type Results = Record<string, Record<string, Scores>>
const measured = values.peers ? (JSON.parse(readFileSync(values.peers, 'utf8')) as Results) : {}
/** Scores of the peers on a split from an earlier run. */
function peersOf(name: string, seed: string): Scores | undefined {
  const scores = measured[name]?.[seed]
  return scores && Object.fromEntries(Object.entries(scores).filter(([who]) => who !== OWN))
}

const results: Results = {}
for (const file of positionals) {
  const bySeed: Record<string, Scores> = {}
  const { name } = readCorpus(file)
  results[name] = bySeed
  for (const seed of values.seeds.split(',')) {
    const scores = await contest(file, Number(seed), peersOf(name, seed))
    bySeed[seed] = scores
    say(
      `${name} seed ${seed}  ${Object.entries(scores)
        .map(([who, f1]) => `${who} ${f1.toFixed(4)}`)
        .join('  ')}`,
    )
    if (values.out) writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`)
  }
  const all = Object.values(bySeed)
  const of = (whose: string) => all.map((scores) => scores[whose] as number)
  if (!who.includes('own')) continue
  for (const peer of Object.keys(all[0] as Scores).slice(1)) {
    const lead = Object.entries(leadOf(of(OWN), of(peer)))
    say(
      `${name} ahead of ${peer}: ${lead.map(([what, n]) => `${what} ${(n as number).toFixed(4)}`).join(', ')}`,
    )
  }
}
