import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Emit } from '../../domain/events.ts'
import { argmax, type Label, type Scores } from '../../domain/labels.ts'
import type { Classifier } from '../../domain/ports.ts'
import { normalise } from '../../text/normalise.ts'
import type { BackendChoice } from '../../text/reader/backend.ts'
import { openClassifier } from '../../text/reader/classifier.ts'
import { modelCheckWords } from '../rules/chinese.generated.ts'
import { MODEL_FILES } from './model-files.ts'
import type { Reload } from './reload-outcome.ts'

export interface ClassifierOptions {
  readonly dir: string
  readonly backend: BackendChoice
  readonly emit: Emit
}

/** Messages about which no reader doubts: a model that calls one otherwise has been trained on something else. */
const PLAIN: readonly (readonly [Label, string])[] = modelCheckWords.plain

/** Scores are 32-bit floats. */
const TOLERANCE = 1e-3

/** The text model in force, swapped whole when its folder changes. */
export class ClassifierHolder {
  readonly #options: ClassifierOptions
  #current: Classifier
  #content: string
  /** Models that were replaced, while something may score with them. */
  #replaced: Classifier[] = []

  private constructor(options: ClassifierOptions, first: Classifier) {
    this.#options = options
    this.#current = first
    this.#content = contentOf(options.dir)
    options.emit({ name: 'model_loaded', id: first.id, backend: first.backend })
  }

  /** Opens the model; rejects with InvalidInput when the folder is unusable. */
  static async open(options: ClassifierOptions): Promise<ClassifierHolder> {
    return new ClassifierHolder(options, await open(options))
  }

  get current(): Classifier {
    return this.#current
  }

  /** Reads the folder again; a model that is damaged, or fails on plain messages, is refused and the old one stays. */
  async reload(): Promise<Reload> {
    const { dir, emit } = this.#options
    let next: Classifier
    let found: string
    try {
      found = contentOf(dir)
      if (found === this.#content) return 'same'
      next = await open(this.#options)
    } catch (error) {
      return this.#refuse((error as Error).message)
    }
    const fault = faultOf(next, this.#current)
    if (fault !== undefined) {
      next.close()
      return this.#refuse(`${dir}: ${fault}`)
    }
    this.#replaced.push(this.#current)
    this.#current = next
    this.#content = found
    emit({ name: 'model_loaded', id: next.id, backend: next.backend })
    return 'swapped'
  }

  /** Frees the models that were replaced. To be called when nothing scores with them any more. */
  retire(): void {
    for (const classifier of this.#replaced) classifier.close()
    this.#replaced = []
  }

  close(): void {
    this.retire()
    this.#current.close()
  }

  #refuse(reason: string): Reload {
    this.#options.emit({ name: 'reload_refused', what: 'model', reason })
    return 'refused'
  }
}

function open({ dir, backend, emit }: ClassifierOptions): Promise<Classifier> {
  return openClassifier({ dir, backend, onNotice: (message) => emit({ name: 'warning', message }) })
}

/** A digest of the files of a model folder; versions may keep their name when they are rewritten. */
function contentOf(dir: string): string {
  const hash = createHash('sha256')
  for (const file of MODEL_FILES) hash.update(readFileSync(join(dir, file)))
  return hash.digest('hex')
}

/** Why a model may not take the place of the one in force; undefined: it may. */
export function faultOf(next: Classifier, current: Classifier): string | undefined {
  const texts = PLAIN.map(([, text]) => ({ original: text, normalised: normalise(text).text }))
  let scores: readonly Scores[]
  try {
    scores = next.classify(texts)
  } catch (error) {
    return `it fails on plain messages: ${(error as Error).message}`
  }
  const sums = scores.map((row) => Object.values(row).reduce((sum, p) => sum + p, 0))
  // Also true of a sum that is no number.
  if (sums.some((sum) => !(Math.abs(sum - 1) < TOLERANCE))) return 'the scores of a message do not sum to 1'
  const before = current.classify(texts)
  const lost = PLAIN.flatMap(([label], i) => {
    const now = argmax(scores[i]!)
    // What the model in force does not know either is no reason: an operator's own corpus may lack it.
    return argmax(before[i]!) === label && now !== label ? [`${label} as ${now}`] : []
  })
  return lost.length === 0 ? undefined : `it labels plain messages wrong: ${lost.join(', ')}`
}
