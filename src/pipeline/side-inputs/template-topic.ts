import { randomUUID } from 'node:crypto'
import type { KafkaConnection } from '../../adapters/kafka/client.ts'
import { createTableSource, type TableRow, type TableSource } from '../../adapters/sources/table.ts'
import { codeOf, SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { jsonOf } from '../../domain/json.ts'
import type { BoundedClock, OutputRecord, Sink } from '../../domain/ports.ts'
import type { StateStore } from '../../domain/state-store.ts'
import type { StoredTemplate, Template, TemplateStore } from '../../domain/templates.ts'
import { MINUTE } from '../../domain/time.ts'
import type { TemplateLearning } from '../template-learning.ts'
import { readTemplateRow, templateRow } from './template-rows.ts'

export interface TemplateTopicParts {
  readonly kafka: KafkaConnection
  readonly topic: string
  readonly groupId: string
  readonly learning: Pick<TemplateLearning, 'change'>
  readonly store: TemplateStore
  readonly states: Pick<StateStore, 'lease'>
  readonly sink: Pick<Sink, 'write'>
  /** Times further ahead are refused, ms. */
  readonly futureReject: number
  readonly clock: BoundedClock
  readonly emit: Emit
}

/** Interval between checks for templates to write, ms. */
const EVERY = 500
/** Lease duration: an instance writes until it has not renewed its lease for this long, ms. */
const LEASE = 5_000
const TOGETHER = 500

interface Held {
  /** Serialized template, for comparison with the row to write. */
  readonly form: string
  readonly until: number
}

/**
 * `sms.templates`: one instance writes the templates learned by all. Every instance reads those that the store lacks,
 * which are imported ones and, after Redis was emptied, all of them.
 */
export class TemplateTopic {
  readonly #parts: TemplateTopicParts
  readonly #table: TableSource
  readonly #holder = randomUUID()
  readonly #held = new Map<string, Held>()
  readonly #stopping = new AbortController()
  /** Rows read before the end of the topic was reached; undefined afterwards. */
  #first: Map<string, Template> | undefined = new Map()
  #mark: string | undefined
  #expiresAt = 0
  #failed = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: TemplateTopicParts) {
    this.#parts = parts
    const { kafka, topic, groupId } = parts
    this.#table = createTableSource({
      connection: kafka,
      topic,
      groupId: `${groupId}-templates-${this.#holder}`,
    })
  }

  /** Resolves when all existing rows are known; afterwards the topic is followed and written. */
  async start(): Promise<void> {
    const failed = this.#table
      .run((rows) => this.#take(rows))
      .catch((error: unknown) => {
        const code = error instanceof SigwatchError ? error.code : 'INTERNAL'
        const reason = `templates: ${(error as Error).message}; their topic is not read until a restart`
        this.#parts.emit({ name: 'failed', code, reason })
      })
    await Promise.race([this.#table.caughtUp, failed])
    const first = this.#first ?? new Map<string, Template>()
    this.#first = undefined
    await this.#learn([...first.values()])
    if (!this.#stopping.signal.aborted) this.#timer = setTimeout(() => this.#round(), 0)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
    await this.#table.stop()
  }

  async #take(rows: readonly TableRow[]): Promise<void> {
    const { clock, futureReject, emit } = this.#parts
    const templates: Template[] = []
    for (const { key, value, timestamp, position } of rows) {
      this.#held.delete(key)
      this.#first?.delete(key)
      if (value === null) continue
      const read = readTemplateRow(jsonOf(value), Math.min(timestamp, clock.latest()) + futureReject)
      if ('message' in read || read.sketch !== key) {
        const why = 'message' in read ? read.message : 'the key is not its sketch'
        const { partition, offset } = position
        emit({ name: 'warning', message: `templates row at ${partition}/${offset} is refused: ${why}` })
        continue
      }
      this.#held.set(key, { form: templateRow(read), until: read.until })
      if (this.#first) this.#first.set(key, read)
      else templates.push(read)
    }
    await this.#learn(templates)
  }

  /** Skips expired templates. Waits while the store is unreachable. */
  async #learn(templates: readonly Template[]): Promise<void> {
    const { clock, learning } = this.#parts
    const changes = templates
      .filter(({ until }) => !clock.passed(until))
      .map((template) => ({ is: 'known', sketch: template.sketch, template }) as const)
    while (changes.length > 0 && !this.#stopping.signal.aborted) {
      try {
        return await learning.change(changes)
      } catch (error) {
        if (!(error instanceof SigwatchError && error.retry)) throw error
        await new Promise((resolve) => setTimeout(resolve, EVERY))
      }
    }
  }

  async #round(): Promise<void> {
    const { states, emit } = this.#parts
    try {
      if (await states.lease('templates', this.#holder, LEASE)) await this.#write()
      else this.#mark = undefined
      this.#failed = false
    } catch (error) {
      if (!this.#failed) emit({ name: 'warning', message: `templates are not written: ${codeOf(error)}` })
      this.#failed = true
    }
    if (!this.#stopping.signal.aborted) this.#timer = setTimeout(() => this.#round(), EVERY)
  }

  async #write(): Promise<void> {
    const { store, clock } = this.#parts
    for (;;) {
      const { templates, mark } = await store.changes(this.#mark)
      await this.#send(templates.flatMap((template) => this.#recordOf(template) ?? []))
      this.#mark = mark
      if (templates.length === 0) break
    }
    if (performance.now() < this.#expiresAt) return
    this.#expiresAt = performance.now() + MINUTE
    await store.expire(clock.earliest())
    const ended = [...this.#held].filter(([, { until }]) => clock.passed(until))
    await this.#send(ended.map(([sketch]) => ({ channel: 'templates', key: sketch, value: null })))
  }

  /** Undefined if the topic already has the same row. */
  #recordOf(template: StoredTemplate): OutputRecord | undefined {
    const { sketch, removed, until } = template
    const isOver = removed !== undefined || this.#parts.clock.passed(until)
    const held = this.#held.get(sketch)
    if (isOver) return held && { channel: 'templates', key: sketch, value: null }
    const value = templateRow(template)
    return held?.form === value ? undefined : { channel: 'templates', key: sketch, value }
  }

  async #send(records: readonly OutputRecord[]): Promise<void> {
    const { sink } = this.#parts
    for (let at = 0; at < records.length; at += TOGETHER)
      await sink.write(records.slice(at, at + TOGETHER), this.#stopping.signal)
  }
}
