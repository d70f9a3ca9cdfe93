import { parentPort, workerData } from 'node:worker_threads'
import { BoundedCache } from '../../domain/bounded-cache.ts'
import { argmax, type Label } from '../../domain/labels.ts'
import type { BackendChoice } from './backend.ts'
import { openClassifier } from './classifier.ts'
import { modelInput } from './text-model.ts'
import { yieldToOthers } from './thread-priority.ts'

export interface ShadowWorkerData {
  readonly dir: string
  readonly backend: BackendChoice
}

export interface ShadowRequest {
  readonly id: number
  readonly texts: readonly string[]
}

export interface ShadowOpinion {
  readonly label: Label
  readonly score: number
}

export type ShadowMessage =
  | { readonly ready: string }
  /** The model folder is unusable. */
  | { readonly failed: string }
  | { readonly id: number; readonly opinions: readonly ShadowOpinion[] }

/** Cached results: most traffic repeats itself. */
const KEPT = 8_192

async function serve(): Promise<void> {
  const port = parentPort!
  const { dir, backend } = workerData as ShadowWorkerData
  const say = (message: ShadowMessage) => port.postMessage(message)
  // The live model has priority.
  yieldToOthers()
  let model: Awaited<ReturnType<typeof openClassifier>>
  try {
    model = await openClassifier({ dir, backend })
  } catch (error) {
    say({ failed: (error as Error).message })
    return
  }
  const known = new BoundedCache<ShadowOpinion>(KEPT)
  const opinionOf = (text: string): ShadowOpinion => {
    const [scores] = model.classify([modelInput(text)])
    const label = argmax(scores!)
    return { label, score: scores![label] }
  }
  port.on('message', ({ id, texts }: ShadowRequest) =>
    say({ id, opinions: texts.map((text) => known.get(text, opinionOf)) }),
  )
  say({ ready: model.id })
}

if (parentPort) await serve()
