import { appendFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import { MODEL_FILES } from '../detection/versions/model-files.ts'
import type { Emit } from '../domain/events.ts'
import type { Label } from '../domain/labels.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import { OWNER_ONLY } from '../domain/owner-only.ts'
import type { Clock } from '../domain/ports.ts'
import { MINUTE } from '../domain/time.ts'
import { stampOf } from '../settings/file-stamp.ts'
import type { BackendChoice } from '../text/reader/backend.ts'
import type {
  ShadowMessage,
  ShadowOpinion,
  ShadowRequest,
  ShadowWorkerData,
} from '../text/reader/shadow-worker.ts'
import { redactText } from '../text/redact.ts'

export interface ShadowModelOptions {
  readonly dir: string
  readonly backend: BackendChoice
  /** File that disagreements are appended to; if absent, they are only counted. */
  readonly samples?: string
  readonly samplesPerMinute: number
  readonly live: () => string
  readonly clock: Clock
  readonly emit: Emit
  /** Replaces the worker's own file. */
  readonly worker?: URL
  /** Time after which a busy worker without an answer is terminated, ms. */
  readonly answerWithin?: number
  /** Delay before a failed worker is restarted, ms; doubles up to MOST_BACK_OFF. */
  readonly backOff?: number
  /** Interval between checks of the model's files, ms. */
  readonly lookEvery?: number
}

/** A text with the live model's result, and the number of messages of the batch with this text. */
interface Asked {
  readonly text: string
  readonly otp: boolean
  readonly message: string
  readonly live: ShadowOpinion
  messages: number
}

interface Request {
  readonly asked: readonly Asked[]
  readonly since: number
}

/** Maximum number of texts waiting for the worker; messages with further texts are skipped and counted. */
const MOST_WAITING = 4_096
/** Maximum number of characters passed to the worker: very long joined texts would delay it. */
const MOST_TEXT = 2_000
const ANSWER_WITHIN = 10_000
const BACK_OFF = 5_000
const MOST_BACK_OFF = 300_000
const LOOK_EVERY = 5_000

/**
 * A second model in a separate thread with the lowest priority, which receives the messages that the live model judged.
 * Nothing waits for it: messages that do not fit are skipped, and a worker that fails, hangs or has an unusable folder
 * is restarted later, or when the folder changes. Results are reported as events.
 */
export class ShadowModel {
  readonly #options: ShadowModelOptions
  readonly #paths: readonly string[]
  readonly #requests = new Map<number, Request>()
  #worker: Worker | undefined
  #ready: string | undefined
  #waiting = 0
  #answeredAt = 0
  #next = 0
  #failures = 0
  #stamp = ''
  #retryAt = 0
  #timer: NodeJS.Timeout | undefined
  #minute = 0
  #sampled = 0

  constructor(options: ShadowModelOptions) {
    this.#options = options
    this.#paths = MODEL_FILES.map((file) => `${options.dir}/${file}`)
    this.#start()
    const every = Math.min(options.lookEvery ?? LOOK_EVERY, options.answerWithin ?? ANSWER_WITHIN)
    this.#timer = setInterval(() => this.#look(), every)
    this.#timer.unref()
  }

  /** Queues messages judged by the live model. Returns immediately and never throws. */
  observe(messages: readonly AnalysedMessage[]): void {
    if (messages.length === 0) return
    if (this.#ready === undefined) {
      this.#options.emit({ name: 'shadow_skipped', messages: messages.length })
      return
    }
    const byText = new Map<string, Asked>()
    let skipped = 0
    for (const { id, text, otp, label, scores } of messages) {
      const known = byText.get(text)
      if (known) known.messages++
      else if (text.length > MOST_TEXT || this.#waiting + byText.size >= MOST_WAITING) skipped++
      else byText.set(text, { text, otp, message: id, live: { label, score: scores[label] }, messages: 1 })
    }
    if (skipped > 0) this.#options.emit({ name: 'shadow_skipped', messages: skipped })
    if (byText.size === 0) return
    const asked = [...byText.values()]
    const id = this.#next++
    this.#requests.set(id, { asked, since: performance.now() })
    this.#waiting += asked.length
    const request: ShadowRequest = { id, texts: asked.map(({ text }) => text) }
    this.#worker?.postMessage(request)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#terminate()
  }

  async #terminate(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#ready = undefined
    await worker?.terminate()
  }

  #start(): void {
    const { dir, backend, worker: url } = this.#options
    this.#stamp = stampOf(this.#paths)
    // The native library is loaded per process, not per thread.
    const workerData: ShadowWorkerData = { dir, backend: backend === 'cpu' ? 'cpu' : 'wasm' }
    let worker: Worker
    try {
      worker = new Worker(url ?? new URL('../text/reader/shadow-worker.js', import.meta.url), { workerData })
    } catch (error) {
      this.#fail('crash', (error as Error).message)
      return
    }
    this.#worker = worker
    worker.unref()
    worker.on('message', (message: ShadowMessage) => {
      if (worker === this.#worker) this.#take(message)
    })
    worker.on('error', (error) => {
      if (worker === this.#worker) this.#fail('crash', error.message)
    })
    worker.on('exit', (code) => {
      if (worker === this.#worker) this.#fail('crash', `it ended with ${code}`)
    })
  }

  #take(message: ShadowMessage): void {
    if ('failed' in message) this.#fail('load', message.failed)
    else if ('ready' in message) {
      this.#ready = message.ready
      this.#options.emit({ name: 'shadow_loaded', id: message.ready })
    } else this.#answered(message.id, message.opinions)
  }

  #answered(id: number, opinions: readonly ShadowOpinion[]): void {
    const request = this.#requests.get(id)
    if (!request) return
    this.#requests.delete(id)
    this.#waiting -= request.asked.length
    this.#failures = 0
    this.#answeredAt = performance.now()
    this.#compare(request.asked, opinions)
  }

  #compare(asked: readonly Asked[], opinions: readonly ShadowOpinion[]): void {
    const pairs = new Map<string, { live: Label; shadow: Label; messages: number }>()
    const lines: string[] = []
    for (const [i, one] of asked.entries()) {
      const opinion = opinions[i]!
      const { live, messages } = one
      const key = `${live.label}/${opinion.label}`
      const pair = pairs.get(key)
      if (pair) pair.messages += messages
      else pairs.set(key, { live: live.label, shadow: opinion.label, messages })
      if (live.label !== opinion.label && this.#mayKeep()) lines.push(this.#sample(one, opinion))
    }
    this.#options.emit({ name: 'shadow_compared', pairs: [...pairs.values()] })
    const { samples, emit } = this.#options
    if (samples !== undefined && lines.length > 0)
      appendFile(samples, lines.join(''), { mode: OWNER_ONLY }).catch((error: NodeJS.ErrnoException) =>
        emit({ name: 'warning', message: `shadowModel.samples cannot be written: ${error.code}` }),
      )
  }

  #mayKeep(): boolean {
    const { samples, samplesPerMinute, clock } = this.#options
    if (samples === undefined) return false
    const minute = Math.floor(clock.now() / MINUTE)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#sampled = 0
    }
    return this.#sampled++ < samplesPerMinute
  }

  #sample({ text, otp, message, live, messages }: Asked, shadow: ShadowOpinion): string {
    const { clock, live: liveModel } = this.#options
    const round = (opinion: ShadowOpinion) => ({ ...opinion, score: Math.round(opinion.score * 1e4) / 1e4 })
    return `${JSON.stringify({
      at: new Date(clock.now()).toISOString(),
      message,
      messages,
      text: redactText(text, otp),
      live: { model: liveModel(), ...round(live) },
      shadow: { model: this.#ready, ...round(shadow) },
    })}\n`
  }

  /** Terminates the worker; queued texts are skipped. */
  #fail(how: 'load' | 'crash' | 'timeout', reason: string): void {
    const { emit, backOff = BACK_OFF } = this.#options
    void this.#terminate()
    this.#skipAll()
    this.#retryAt = performance.now() + Math.min(MOST_BACK_OFF, backOff * 2 ** this.#failures++)
    emit({ name: 'shadow_failed', how, reason })
  }

  #skipAll(): void {
    let messages = 0
    for (const { asked } of this.#requests.values())
      messages += asked.reduce((sum, one) => sum + one.messages, 0)
    this.#requests.clear()
    this.#waiting = 0
    if (messages > 0) this.#options.emit({ name: 'shadow_skipped', messages })
  }

  /** Terminates a worker that hangs, and restarts one that ended or whose files have changed. */
  #look(): void {
    const { answerWithin = ANSWER_WITHIN } = this.#options
    const [oldest] = this.#requests.values()
    // Texts are processed one after the other, so waiting in the queue is not a hang.
    if (oldest && performance.now() - Math.max(oldest.since, this.#answeredAt) > answerWithin) {
      this.#fail('timeout', `no answer within ${answerWithin} ms`)
      return
    }
    const isChanged = stampOf(this.#paths) !== this.#stamp
    if (this.#worker === undefined) {
      if (isChanged || performance.now() >= this.#retryAt) this.#start()
    } else if (isChanged && this.#requests.size === 0) {
      void this.#terminate()
      this.#start()
    }
  }
}
