import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import { LABELS } from '../domain/labels.ts'
import { buildModel } from '../model/training/build.ts'
import { type Corpus, readCorpus } from '../model/training/corpus.ts'
import { setAside } from '../model/training/held-out.ts'
import { allowedLabels } from '../model/training/plan.ts'

interface TrainOptions {
  readonly corpus?: readonly string[]
  readonly labels?: readonly string[]
  readonly out?: string
  readonly name: string
  readonly modelVersion: string
  readonly seed: number
  readonly test?: number
  readonly writeTest?: string
}

const HANDS = fileURLToPath(new URL('../../corpus/hands', import.meta.url))

/**
 * `sigwatch train`: a model folder from labelled text. Without --labels the six labels; the templates written by hand
 * that come with the source are added to the corpora of a model of the six labels, unless --no-hands.
 */
export function trainCommand(): Command {
  return new Command('train')
    .option(
      '--corpus <file...>',
      'labelled text, TSV of label<TAB>text; ham and spam are understood beside the six labels',
    )
    .option('--labels <a,b,…>', 'another label set than the six', parseLabels)
    .option('--no-hands', 'leave out the templates that come with the source (corpus/hands)')
    .option('--out <dir>', 'model folder to write (default: models/<name>/<version>)')
    .option('--name <name>', 'name of the model', 'sms-zh')
    .option('--model-version <version>', 'version of the model', '1')
    .option('--seed <n>', 'same seed, same model', whole, 1)
    .option('--test <share>', 'share of every public corpus that is set aside and never looked at', share)
    .option('--write-test <dir>', 'writes what --test sets aside, a file a corpus, for `sigwatch evaluate`')
    .addHelpText(
      'after',
      '\nTexts may hold slots such as {code} or {bank} (corpus/README.md); each is filled anew at every pass.',
    )
    .action(async (options: TrainOptions & { readonly hands: boolean }) => {
      const labels = options.labels ?? LABELS
      const files = [
        ...(options.labels === undefined && options.hands ? handFiles() : []),
        ...(options.corpus ?? []),
      ]
      if (files.length === 0)
        throw new SigwatchError('USAGE', 'nothing to learn from: name a file with --corpus')
      const say = (line: string) => process.stderr.write(`${line}\n`)
      let corpora = files.map(readCorpus)
      for (const corpus of corpora) {
        say(`${corpus.name}: ${corpus.rows.length} ${corpus.templates ? 'templates' : 'rows'}`)
        refuseUnknown(corpus, labels)
      }
      if (options.test !== undefined) {
        corpora = setAside(corpora, options.test, options.seed, options.writeTest)
      }
      const dir = options.out ?? join('models', options.name, options.modelVersion)
      const card = await buildModel({
        name: options.name,
        version: options.modelVersion,
        dir,
        labels,
        corpora,
        seed: options.seed,
        heldShare: labels === LABELS ? 0.06 : 0.1,
        onProgress: say,
      })
      say(`held out: ${JSON.stringify(card.scores)}`)
      process.stdout.write(`${dir}\n`)
    })
}

function handFiles(): string[] {
  try {
    return readdirSync(HANDS)
      .filter((file) => file.endsWith('.tsv'))
      .sort()
      .map((file) => join(HANDS, file))
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
    throw new InvalidArgumentError('at least two different names, separated by commas')
  }
  if (labels.length > 30) throw new InvalidArgumentError('at most 30 labels')
  return labels
}

function whole(value: string): number {
  const n = Number(value)
  if (!Number.isSafeInteger(n) || n < 0) throw new InvalidArgumentError('a whole number')
  return n
}

function share(value: string): number {
  const n = Number(value)
  if (!(n > 0 && n < 0.9)) throw new InvalidArgumentError('a share above 0 and below 0.9')
  return n
}
