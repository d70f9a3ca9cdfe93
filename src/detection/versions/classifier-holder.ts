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

/** Unambiguous messages: a model that labels one differently was trained on something else. */
const PLAIN: readonly (readonly [Label, string])[] = modelCheckWords.plain

/** Tolerance for scores, which are 32-bit floats. */
const TOLERANCE = 1e-3

/** The current text model, replaced as a whole when its folder changes. */
export class ClassifierHolder {
  readonly #options: ClassifierOptions
  #current: Classifier
  #content: string
  /** Replaced models that may still be in use. */
  #replaced: Classifier[] = []

  private constructor(options: ClassifierOptions, first: Classifier) {
    this.#options = options
    this.#current = first
    this.#content = contentOf(options.dir)
    options.emit({ name: 'model_loaded', id: first.id, backend: first.backend })
  }

  /** Opens the model; rejects with InvalidInput if the folder is unusable. */
  static async open(options: ClassifierOptions): Promise<ClassifierHolder> {
    return new ClassifierHolder(options, await open(options))
  }

  get current(): Classifier {
    return this.#current
  }

  /** Reloads the folder; a model that is damaged, or fails on plain messages, is refused and the old one stays. */
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

  /** Frees replaced models. Call when nothing uses them any more. */
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

/** A digest of the files of a model folder: a rewritten version may keep its name. */
function contentOf(dir: string): string {
  const hash = createHash('sha256')
  for (const file of MODEL_FILES) hash.update(readFileSync(join(dir, file)))
  return hash.digest('hex')
}

/** Why a model must not replace the current one, or undefined if it may. */
export function faultOf(next: Classifier, current: Classifier): string | undefined {
  const texts = PLAIN.map(([, text]) => ({ original: text, normalised: normalise(text).text }))
  let scores: readonly Scores[]
  try {
    scores = next.classify(texts)
  } catch (error) {
    return `it fails on plain messages: ${(error as Error).message}`
  }
  const sums = scores.map((row) => Object.values(row).reduce((sum, p) => sum + p, 0))
  // Also true for NaN.
  if (sums.some((sum) => !(Math.abs(sum - 1) < TOLERANCE))) return 'the scores of a message do not sum to 1'
  const before = current.classify(texts)
  const lost = PLAIN.flatMap(([label], i) => {
    const now = argmax(scores[i]!)
    // A label the current model gets wrong too is no reason: an operator's own corpus may lack it.
    return argmax(before[i]!) === label && now !== label ? [`${label} as ${now}`] : []
  })
  return lost.length === 0 ? undefined : `it labels plain messages wrong: ${lost.join(', ')}`
}
