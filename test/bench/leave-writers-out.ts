// Quality of a model on unseen writers: the writers of corpus/writers in four folds, each judged by a model trained on the other
// folds and the public corpora. Used to compare settings and mixtures, instead of an evaluation set. A fifth of the corpus
// --aside is excluded from all training, to measure how much of it is classified as unsolicited.
//   npx tsx test/bench/leave-writers-out.ts --corpus fbs_zh.tsv --corpus nus_zh.tsv … [--folds 0,1,2,3]
//     [--seed 1] [--aside nus_zh] [--cache DIR] [--writers] [--learn-from N…] [VARIANT…]
// A variant is a list of overrides of the shipped SETTINGS and MIXTURE; 'shipped' has none:
//   'settings.dropout=0.5 mixture.augment.join=0.3'
// --learn-from measures a learning curve: N of the other folds' writers, drawn by the seed; larger sets include smaller ones.
// --cache keeps the scores of each variant and fold, so that folds can be added later; empty it when the code changes.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { LABELS, UNSOLICITED } from '../../src/domain/labels.ts'
import { expand } from '../../src/offline/training/augment.ts'
import { buildModel } from '../../src/offline/training/build.ts'
import { type Corpus, readCorpus } from '../../src/offline/training/corpus.ts'
import { argmaxRow, reportOf, rocAuc } from '../../src/offline/training/metrics.ts'
import { obfuscate } from '../../src/offline/training/obfuscate.ts'
import { MIXTURE, split } from '../../src/offline/training/plan.ts'
import { SETTINGS } from '../../src/offline/training/trainer.ts'
import { createRandom, shuffle } from '../../src/text/reader/random.ts'
import { modelInput, openTextModel } from '../../src/text/reader/text-model.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: 'string', multiple: true, default: [] },
    folds: { type: 'string', default: '0,1,2,3' },
    seed: { type: 'string', default: '1' },
    aside: { type: 'string', default: 'nus_zh' },
    cache: { type: 'string' },
    writers: { type: 'boolean', default: false },
    'learn-from': { type: 'string', multiple: true, default: ['all'] },
  },
})
const FOLDS = 4
const seed = Number(values.seed)
const folds = values.folds.split(',').map(Number)
const say = (line: string) => process.stdout.write(`${line}\n`)

interface Judged {
  readonly writer: string
  readonly label: string
  readonly obfuscated: boolean
  readonly text: string
}
interface Scores {
  /** Scores of the judged messages of a fold, in order, and of the texts set aside. */
  readonly fold: readonly number[]
  readonly aside: readonly number[]
  readonly seconds: number
}

const WRITERS = join(import.meta.dirname, '../../corpus/writers')
const writers = readdirSync(WRITERS)
  .filter((file) => file.endsWith('.tsv'))
  .sort()
  .map((file) => readCorpus(join(WRITERS, file)))
const assigned = foldsOf(writers)
const { learnt, aside } = setAside(values.corpus.map(readCorpus))
const judged = Array.from({ length: FOLDS }, (_, fold) =>
  writers.filter((writer) => assigned.get(writer) === fold).flatMap(messagesOf),
)
const key = createHash('sha256')
  .update(JSON.stringify([seed, [...writers, ...learnt].map(({ sha256 }) => sha256), aside.length, judged]))
  .digest('hex')

for (const fold of folds) {
  const names = writers
    .filter((writer) => assigned.get(writer) === fold)
    .map((writer) => writer.name.replace('writers/', ''))
  say(`fold ${fold}: ${names.join(', ')} (${judged[fold]?.length} messages)`)
}
say(
  `${'AUC'.padEnd(7)}${'plain'.padEnd(7)}${'pair'.padEnd(7)}${'F1'.padEnd(7)}${'fraud'.padEnd(7)}${'bad'.padEnd(7)}${'aside'.padEnd(13)}seconds`,
)
for (const variant of positionals.length > 0 ? positionals : ['shipped']) {
  for (const number of values['learn-from']) {
    const scores: Scores[] = []
    for (const fold of folds) scores.push(await scoresOf(variant, fold, number))
    print(number === 'all' ? variant : `${variant}, ${number} writers`, scores)
  }
}

/** Training writers of a fold: `number` of those of the other folds, or all. */
function teachersOf(fold: number, number: string): Corpus[] {
  const others = writers.filter((writer) => assigned.get(writer) !== fold)
  if (number === 'all') return others
  const n = Number(number)
  if (!(Number.isInteger(n) && n > 0 && n <= others.length))
    throw new Error(`--learn-from ${number}: the other folds have ${others.length} writers`)
  return shuffle(others, createRandom(seed)).slice(0, n)
}

/** Assigns whole writers to four folds of similar size: of each four consecutive sizes, one at random to each fold. */
function foldsOf(corpora: readonly Corpus[]): Map<Corpus, number> {
  const random = createRandom(seed)
  const bySize = [...corpora].sort((a, b) => b.rows.length - a.rows.length)
  const out = new Map<Corpus, number>()
  for (let i = 0; i < bySize.length; i += FOLDS) {
    const order = shuffle([0, 1, 2, 3], random)
    for (const [j, corpus] of bySize.slice(i, i + FOLDS).entries()) out.set(corpus, order[j] as number)
  }
  return out
}

function setAside(corpora: readonly Corpus[]): { learnt: Corpus[]; aside: string[] } {
  const texts: string[] = []
  const rest = corpora.map((corpus) => {
    if (!corpus.name.includes(values.aside)) return corpus
    const { kept, held } = split([corpus], 0.2, seed)
    texts.push(...(held[0]?.rows ?? []).map((row) => row.text))
    return { ...corpus, rows: kept[0]?.rows ?? [] }
  })
  return { learnt: rest, aside: texts }
}

/** Each template with values filled in, and once more obfuscated. */
function messagesOf(writer: Corpus): Judged[] {
  const random = createRandom(seed)
  const unchanged = Object.fromEntries(Object.keys(MIXTURE.augment).map((name) => [name, 0]))
  const settings = { ...MIXTURE.augment, ...unchanged, obfuscate: {} }
  const name = writer.name.replace('writers/', '')
  return writer.rows.flatMap(({ label, text: template }) => {
    const text = expand(template, label, settings, random)
    const plain = { writer: name, label, obfuscated: false, text }
    return unsolicited(label)
      ? [plain, { ...plain, obfuscated: true, text: obfuscate(text, random) }]
      : [plain]
  })
}

async function scoresOf(variant: string, fold: number, number: string): Promise<Scores> {
  const name = createHash('sha256').update(`${key} ${variant} ${fold} ${number}`).digest('hex').slice(0, 24)
  const file = values.cache === undefined ? undefined : join(values.cache, `${name}.json`)
  if (file !== undefined && existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'))
  const before = performance.now()
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-writers-'))
  await buildModel({
    name: 'writers',
    version: '1',
    dir,
    labels: LABELS,
    corpora: [...teachersOf(fold, number), ...learnt],
    seed,
    // Use the last epoch: a held-out part would be too small to select one.
    heldShare: 0,
    ...overridden(variant),
    onProgress: () => {},
  })
  const seconds = (performance.now() - before) / 1000
  const model = await openTextModel({ dir, backend: 'cpu' })
  const score = (texts: readonly string[]) =>
    Array.from(model.score(texts.map(modelInput)), (p) => Math.round(p * 1e6) / 1e6)
  const scores = { fold: score((judged[fold] ?? []).map(({ text }) => text)), aside: score(aside), seconds }
  model.close()
  rmSync(dir, { recursive: true })
  if (file !== undefined) {
    mkdirSync(values.cache as string, { recursive: true })
    writeFileSync(file, JSON.stringify(scores))
  }
  return scores
}

function overridden(variant: string): { settings: typeof SETTINGS; mixture: typeof MIXTURE } {
  const out = structuredClone({ settings: SETTINGS, mixture: MIXTURE })
  if (variant === 'shipped') return out
  for (const assignment of variant.split(' ')) {
    const [path = '', value = ''] = assignment.split('=')
    const names = path.split('.')
    let at = out as unknown as Record<string, unknown>
    for (const name of names.slice(0, -1)) at = at[name] as Record<string, unknown>
    if (at === undefined || value === '') throw new Error(`no such setting: ${assignment}`)
    at[names.at(-1) as string] = JSON.parse(value)
  }
  return out
}

function unsolicited(label: string): boolean {
  return (UNSOLICITED as readonly string[]).includes(label)
}

function sumOf(p: readonly number[], row: number): number {
  return LABELS.reduce(
    (sum, label, k) => (unsolicited(label) ? sum + (p[row * LABELS.length + k] as number) : sum),
    0,
  )
}

function print(variant: string, scores: readonly Scores[]): void {
  const all = folds.flatMap((fold) => judged[fold] ?? [])
  const p = Float32Array.from(scores.flatMap((one) => one.fold))
  const score = all.map((_, i) => sumOf(p as unknown as number[], i))
  const called = all.map((_, i) => LABELS[argmaxRow(p, i, LABELS.length)] as string)
  const auc = (keep: (message: Judged) => boolean) => {
    const rows = [...all.keys()].filter((i) => keep(all[i] as Judged))
    return rocAuc(
      rows.map((i) => score[i] as number),
      rows.map((i) => unsolicited(all[i]?.label as string)),
    )
  }
  const index = (label: string) => (LABELS as readonly string[]).indexOf(label)
  const truth = all.map(({ label }) => index(label))
  const report = reportOf(LABELS, truth, called.map(index))
  const genuine = [...all.keys()].filter((i) => !unsolicited(all[i]?.label as string))
  const bad = genuine.filter((i) => called[i] === 'fraud' || called[i] === 'illicit').length / genuine.length
  const rest = Float32Array.from(scores.flatMap((one) => one.aside))
  const restRows = Array.from({ length: rest.length / LABELS.length }, (_, i) => i)
  const byLabel = restRows.filter((i) =>
    unsolicited(LABELS[argmaxRow(rest, i, LABELS.length)] as string),
  ).length
  const bySum = restRows.filter((i) => sumOf(rest as unknown as number[], i) >= 0.5).length
  const of = (n: number) => `${((100 * n) / restRows.length).toFixed(2)}%`
  const columns = [
    auc(() => true).toFixed(4),
    auc(({ obfuscated }) => !obfuscated).toFixed(4),
    auc(({ label, obfuscated }) => !obfuscated && ['notice', 'marketing', 'finance'].includes(label)).toFixed(
      4,
    ),
    report.macroF1.toFixed(4),
    (report.perClass.fraud?.recall ?? Number.NaN).toFixed(4),
    bad.toFixed(4),
    `${of(byLabel)} ${of(bySum)}`,
    scores.reduce((sum, one) => sum + one.seconds, 0).toFixed(0),
  ]
  say(`${columns.join(' ')}  ${variant}`)
  if (!values.writers) return
  for (const writer of new Set(all.map((message) => message.writer))) {
    const own = [...all.keys()].filter((i) => all[i]?.writer === writer)
    const { macroF1 } = reportOf(
      LABELS,
      own.map((i) => truth[i] as number),
      own.map((i) => index(called[i] as string)),
    )
    const area = auc((message) => message.writer === writer && !message.obfuscated)
    const pair = auc(
      ({ writer: of, label, obfuscated }) =>
        of === writer && !obfuscated && ['notice', 'marketing', 'finance'].includes(label),
    )
    say(
      `    ${writer.padEnd(24)} plain ${area.toFixed(4)} pair ${pair.toFixed(4)} F1 ${macroF1.toFixed(3)} (${own.length})`,
    )
  }
}
