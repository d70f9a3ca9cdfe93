import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import { LABELS } from '../domain/labels.ts'
import { buildModel } from '../offline/training/build.ts'
import { type Corpus, readCorpus } from '../offline/training/corpus.ts'
import { setAside } from '../offline/training/held-out.ts'
import { allowedLabels } from '../offline/training/plan.ts'
import { numberOf, seedValue, wholeOf } from './option-values.ts'
import { type ContinueChoices, trainOn } from './train-continue.ts'

interface TrainOptions extends ContinueChoices {
  readonly corpus?: readonly string[]
  readonly labels?: readonly string[]
  readonly out?: string
  readonly name?: string
  readonly modelVersion?: string
  readonly seed: number
  readonly templates: boolean
  readonly test?: number
  readonly writeTest?: string
}

const WRITERS = fileURLToPath(new URL('../../corpus/writers', import.meta.url))

const share = numberOf('a share above 0 and below 0.9', (number) => number > 0 && number < 0.9)
const f1 = numberOf('a number from 0 to 1', (number) => number >= 0 && number <= 1)

/**
 * `sigwatch train`: trains a model from labelled text and writes its folder. Without --labels it uses the six labels, and adds
 * the shipped templates (corpus/writers) unless --no-templates is given.
 */
export function trainCommand(): Command {
  return new Command('train')
    .option(
      '--corpus <file...>',
      'labelled text, TSV of label<TAB>text; ham and spam are understood as well as the six labels',
    )
    .option('--labels <a,b,…>', 'another label set than the six', parseLabels)
    .option('--no-templates', 'do not use the shipped templates (corpus/writers)')
    .option('--out <dir>', 'model folder to write (default: models/<name>/<version>)')
    .option('--name <name>', 'name of the model (default: sms-zh, or that of --continue)')
    .option('--model-version <version>', 'version of the model (default: 1; with --continue <its version>.1)')
    .option('--seed <n>', 'same seed, same model', seedValue, 1)
    .option('--test <share>', 'share of each --corpus that is set aside and not used', share)
    .option(
      '--write-test <dir>',
      'folder for what --test sets aside, one file per corpus, for `sigwatch evaluate`',
    )
    .option(
      '--continue <dir>',
      'continues training this model: --corpus holds the new texts, the templates are rehearsed',
    )
    .option(
      '--known <file...>',
      'with --continue: what the model has learnt, to rehearse (default: the templates)',
    )
    .option(
      '--held <file...>',
      'with --continue: labelled text on which the models are compared, never learnt',
    )
    .option('--hold-out <share>', 'with --continue: share of the new text that is held out', share, 0.2)
    .option('--epochs <n>', 'with --continue: passes over the new text', wholeOf(1, 100), 3)
    .option('--rehearse <n>', 'with --continue: rows of the templates an epoch', wholeOf(0, 1_000_000), 3000)
    .option('--may-lose <f1>', 'with --continue: F1 that a label may lose on a held-out part', f1, 0.02)
    .option('--accept-loss', 'with --continue: writes the model although a label loses more')
    .addHelpText(
      'after',
      '\nTexts may hold slots such as {code} or {bank} (corpus/README.md); each pass fills them with other values.',
    )
    .action(async (options: TrainOptions) => {
      const say = (line: string) => process.stderr.write(`${line}\n`)
      if (options.continue === undefined) await trainFromScratch(options, say)
      else await trainOn(options, { say, templates: options.templates ? writerFiles() : [], readAll })
    })
}

async function trainFromScratch(options: TrainOptions, say: (line: string) => void): Promise<void> {
  const { name = 'sms-zh', modelVersion = '1' } = options
  const labels = options.labels ?? LABELS
  const files = [
    ...(options.labels === undefined && options.templates ? writerFiles() : []),
    ...(options.corpus ?? []),
  ]
  if (files.length === 0) throw new SigwatchError('USAGE', 'nothing to learn from: name a file with --corpus')
  let corpora = readAll(files, labels, say)
  if (options.test !== undefined) {
    corpora = setAside(corpora, options.test, options.seed, options.writeTest)
  }
  const dir = options.out ?? join('models', name, modelVersion)
  const card = await buildModel({
    name,
    version: modelVersion,
    dir,
    labels,
    corpora,
    seed: options.seed,
    heldShare: labels === LABELS ? 0.06 : 0.1,
    onProgress: say,
  })
  const { histogram: _, ...scores } = card.scores
  say(`held out: ${JSON.stringify(scores)}`)
  process.stdout.write(`${dir}\n`)
}

function readAll(files: readonly string[], labels: readonly string[], say: (line: string) => void): Corpus[] {
  const corpora = files.map(readCorpus)
  for (const corpus of corpora) {
    say(`${corpus.name}: ${corpus.rows.length} ${corpus.templates ? 'templates' : 'rows'}`)
    refuseUnknown(corpus, labels)
  }
  return corpora
}

function writerFiles(): string[] {
  try {
    return readdirSync(WRITERS)
      .filter((file) => file.endsWith('.tsv'))
      .sort()
      .map((file) => join(WRITERS, file))
  } catch {
    return []
  }
}

function refuseUnknown(corpus: Corpus, labels: readonly string[]): void {
  const unknown = new Set(
    corpus.rows.map((row) => row.label).filter((label) => allowedLabels(label, labels) === 0),
  )
  if (unknown.size === 0) return
  throw new SigwatchError(
    'USAGE',
    `${corpus.file}: has the labels ${[...unknown].join(', ')}; name them with --labels (now: ${labels.join(', ')})`,
  )
}

function parseLabels(value: string): string[] {
  const labels = value.split(',').map((label) => label.trim())
  if (labels.length < 2 || labels.includes('') || new Set(labels).size !== labels.length) {
    throw new InvalidArgumentError('must be at least two different names, separated by commas.')
  }
  if (labels.length > 30) throw new InvalidArgumentError('must be at most 30 labels.')
  return labels
}
