// Trains the heads of the shipped text model from corpus/heads and corpus/writers, and writes them into its folder:
//
//   npx tsx scripts/heads/train.ts [--seed N] [--out DIR]
//
// A teacher learns the labels from the features of the text and what the lists of the detectors say of it; it labels the
// templates that nobody has labelled, and the heads learn from both, without the lists. Each of five parts of the writers is
// judged by heads of the others; by that the probabilities are calibrated. The writers of JUDGES judge the result. All
// that is drawn comes from the seed.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import { HEADS, type Head } from '../../src/domain/heads.ts'
import { openHeads } from '../../src/text/reader/heads.ts'
import { modelInput } from '../../src/text/reader/text-model.ts'
import { fitLines, type Line } from './calibration.ts'
import { type Prepared, prepare } from './examples.ts'
import { figuresOf } from './figures.ts'
import { JUDGES, PLAIN, readTemplates } from './labels.ts'
import { type Example, HeadMachine, SETTINGS } from './machine.ts'
import { saveHeads } from './save.ts'

const WIDTH = HEADS.length
const FOLDS = 5
/** What a text that the teacher labelled weighs against one that a person did. */
const TAUGHT = 0.3
/** Epochs with both. */
const EPOCHS = 10

const { values } = parseArgs({ options: { seed: { type: 'string', default: '1' }, out: { type: 'string' } } })
const seed = Number(values.seed)
const out = values.out ?? SHIPPED_MODEL
const say = (line: string) => process.stderr.write(`${line}\n`)

const { prepared, columns, tokenizer } = await prepare(readTemplates(), seed)
const isJudge = ({ writer }: Prepared) => JUDGES.includes(writer)
const plain = prepared.filter(({ writer }) => writer === PLAIN)
const labelled = prepared.filter((one) => one.heads !== undefined && !isJudge(one) && one.writer !== PLAIN)
const unlabelled = prepared.filter((one) => one.heads === undefined && !isJudge(one))
const judged = prepared.filter((one) => one.heads !== undefined && isJudge(one))
const writers = [...new Set(labelled.map(({ writer }) => writer))].sort()
say(`${labelled.length} labelled texts of ${writers.length} writers, ${unlabelled.length} others`)

const rows = 1 << tokenizer.settings.bits
const withLists = ({ variants, lists }: Prepared) =>
  variants.map((one) => ({ rows: one.rows, inputs: Float32Array.from([...one.inputs, ...lists]) }))
const probabilities = (logits: Float64Array) => Float32Array.from(logits, (z) => 1 / (1 + Math.exp(-z)))

/** Heads that have learnt from these labelled texts and the plain sentences, and from the unlabelled ones of all writers but some. */
function learn(some: readonly Prepared[], but: readonly string[]): HeadMachine {
  const own = [...some, ...plain]
  const examples: Example[] = own.map(({ variants, heads }) => ({ variants, wanted: heads!, weight: 1 }))
  const teacher = new HeadMachine(rows, columns.count + WIDTH).learn(
    own.map((one) => ({ variants: withLists(one), wanted: one.heads!, weight: 1 })),
    SETTINGS,
    seed,
  )
  for (const one of unlabelled) {
    if (but.includes(one.writer)) continue
    const wanted = probabilities(teacher.logits(withLists(one)[0]!))
    examples.push({ variants: one.variants, wanted, weight: TAUGHT })
  }
  return new HeadMachine(rows, columns.count).learn(examples, { ...SETTINGS, epochs: EPOCHS }, seed)
}

const logitsOf = (machine: HeadMachine, texts: readonly Prepared[]) =>
  texts.map(({ variants }) => Float64Array.from(machine.logits(variants[0]!)))

/** Logits of the labelled texts, each by heads that know nothing of its writer; for the calibration. */
function crossLogits(): Float64Array[] {
  const logits = new Map<Prepared, Float64Array>()
  for (let fold = 0; fold < FOLDS; fold++) {
    const left = writers.filter((_, i) => i % FOLDS === fold)
    const test = labelled.filter(({ writer }) => left.includes(writer))
    const machine = learn(
      labelled.filter(({ writer }) => !left.includes(writer)),
      left,
    )
    logitsOf(machine, test).forEach((row, i) => {
      logits.set(test[i]!, row)
    })
    say(`writers ${left.join(', ')} judged by the others`)
  }
  return labelled.map((one) => logits.get(one)!)
}

const truthOf = (texts: readonly Prepared[]) => texts.map(({ heads }) => heads!)
const cross = crossLogits()
const lines = fitLines(cross, truthOf(labelled))
const calibrated = (logits: readonly Float64Array[]) =>
  logits.map((row) => probabilities(Float64Array.from(row, (z, k) => lines[k]!.slope * z + lines[k]!.offset)))
const machine = learn(labelled, [])
saveHeads(out, folded(machine, lines))

/** What the heads say as they are served, rounded to bytes. */
function servedOf(texts: readonly Prepared[]): Float32Array[] {
  const heads = openHeads(out)!
  return texts.map(({ shown }) => {
    const { asks, tone, speaks, warns } = heads.read(modelInput(shown))
    const all: Record<Head, number> = { ...asks, ...tone, ...speaks, warns }
    return Float32Array.from(HEADS, (head) => all[head])
  })
}

const listed = (texts: readonly Prepared[]) => texts.map(({ lists }) => lists)
const held = figuresOf(servedOf(judged), listed(judged), truthOf(judged))
const own = figuresOf(calibrated(cross), listed(labelled), truthOf(labelled))
const heads = {
  labels: 'corpus/heads: read and labelled by hand; other texts of corpus/writers by a teacher',
  learntFrom: writers,
  labelledTexts: labelled.length,
  plainSentences: plain.length,
  taughtTexts: unlabelled.length,
  judges: JUDGES,
  judgedTexts: judged.length,
  training: { seed, folds: FOLDS, taught: TAUGHT, ...SETTINGS, epochsWithTaught: EPOCHS },
  scores: held,
  scoresOfWritersLeftOut: own,
}
const cardFile = join(out, 'card.json')
const { heads: _, ...card } = JSON.parse(readFileSync(cardFile, 'utf8')) as Record<string, unknown>
writeFileSync(cardFile, `${JSON.stringify({ ...card, heads }, null, 2)}\n`)
for (const [title, figures] of [['writers left out', own] as const, ['judges', held] as const]) {
  say(`\n${title}: texts, precision, recall and F1 of the list, then of the head, and its ROC-AUC`)
  for (const [head, { texts, list, head: own }] of Object.entries(figures))
    say(
      [head, texts, list.precision, list.recall, list.f1, own.precision, own.recall, own.f1, own.auc].join(
        '\t',
      ),
    )
}

/** The columns of the network are linear in its rows: both become one table, at the scale of the calibration. */
function folded({ table, inputs, bias }: HeadMachine, by: readonly Line[]) {
  const whole = new Float32Array(table.length)
  for (let row = 0; row < rows; row++) {
    for (let k = 0; k < WIDTH; k++) {
      let sum = table[row * WIDTH + k] as number
      for (let c = 0; c < columns.count; c++) sum += columns.of(row, c) * (inputs[c * WIDTH + k] as number)
      whole[row * WIDTH + k] = sum * by[k]!.slope
    }
  }
  const offsets = by.map(({ slope, offset }, k) => slope * (bias[k] as number) + offset)
  return { tokenizer: tokenizer.settings, table: whole, bias: offsets }
}
