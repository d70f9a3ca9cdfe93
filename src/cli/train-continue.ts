import { join } from 'node:path'
import { SigwatchError } from '../domain/errors.ts'
import { LABELS } from '../domain/labels.ts'
import { tableOf } from '../offline/training/compare.ts'
import { continueModel, isTaken } from '../offline/training/continue.ts'
import type { Corpus } from '../offline/training/corpus.ts'
import { setAside } from '../offline/training/held-out.ts'
import { loadArtifact } from '../text/reader/artifact.ts'
import { copyHeads } from '../text/reader/heads.ts'

export interface ContinueChoices {
  readonly continue?: string
  readonly corpus?: readonly string[]
  readonly labels?: readonly string[]
  readonly known?: readonly string[]
  readonly held?: readonly string[]
  readonly holdOut: number
  readonly epochs: number
  readonly rehearse: number
  readonly mayLose: number
  readonly acceptLoss?: boolean
  readonly out?: string
  readonly name?: string
  readonly modelVersion?: string
  readonly seed: number
  readonly test?: number
  readonly writeTest?: string
}

interface TrainTools {
  readonly say: (line: string) => void
  /** Files with the templates that the shipped model was trained on. */
  readonly templates: readonly string[]
  readonly readAll: (
    files: readonly string[],
    labels: readonly string[],
    say: (line: string) => void,
  ) => Corpus[]
}

/** `sigwatch train --continue`. If a label loses too much, it rejects with MODEL_WORSE and writes nothing. */
export async function trainOn(
  options: ContinueChoices,
  { say, templates, readAll }: TrainTools,
): Promise<void> {
  if (options.labels !== undefined)
    throw new SigwatchError(
      'USAGE',
      '--labels cannot be combined with --continue: the labels are those of the model',
    )
  if (options.corpus === undefined)
    throw new SigwatchError('USAGE', 'nothing new to learn from: name a file with --corpus')
  const base = loadArtifact(options.continue!)
  const { name: baseName, version: baseVersion, labels } = base.description
  const { name = baseName, modelVersion: version = `${baseVersion}.1`, seed } = options
  const dir = options.out ?? join('models', name, version)
  if (isTaken(dir))
    throw new SigwatchError(
      'USAGE',
      `${dir} is not empty, and --continue overwrites nothing: give another --out`,
    )
  const isShippedSet = LABELS.every((label) => labels.includes(label))
  const known = options.known ?? (isShippedSet ? templates : [])
  if (known.length === 0) say('no texts to rehearse (--known): what the model forgets will not show')
  const news = readAll(options.corpus, labels, say)
  const { parts, losses, judged, card } = await continueModel({
    base,
    name,
    version,
    dir,
    corpora: options.test === undefined ? news : setAside(news, options.test, seed, options.writeTest),
    rehearsal: readAll(known, labels, say),
    tests: readAll(options.held ?? [], labels, say),
    seed,
    heldShare: options.holdOut,
    epochs: options.epochs,
    rehearse: options.rehearse,
    mayLose: options.mayLose,
    acceptLoss: options.acceptLoss === true,
    onProgress: say,
  })
  if (parts.length > 0) say(tableOf(parts))
  const worse = losses.map(({ part, label, lost, of }) =>
    of === 'f1'
      ? `${label} loses ${lost.toFixed(3)} of F1 on ${part}`
      : `${label} is given to ${(100 * lost).toFixed(1)}% more of the texts that are not, on ${part}`,
  )
  if (!judged) worse.push('no label has enough held-out texts for a loss to be seen (--held adds some)')
  if (card === undefined)
    throw new SigwatchError('MODEL_WORSE', `not written: ${worse.join('; ')} (allowed: ${options.mayLose})`)
  copyHeads(options.continue!, dir)
  for (const line of worse) say(`accepted: ${line}`)
  process.stdout.write(`${dir}\n`)
}
