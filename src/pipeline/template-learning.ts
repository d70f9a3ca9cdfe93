import { codeNamed } from '../detection/detectors/all.ts'
import { isFromOwner } from '../detection/detectors/known-template.ts'
import type { Decision } from '../detection/judge.ts'
import type { TemplateIndex } from '../detection/templates/template-index.ts'
import type { Teaching } from '../domain/allowance.ts'
import { codeOf } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import type { BoundedClock } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import {
  KEPT_FOR,
  readSketch,
  TAUGHT_LABELS,
  type TaughtLabel,
  type TemplateChange,
  type TemplateStore,
  writtenSketch,
} from '../domain/templates.ts'
import { DAY, HOUR } from '../domain/time.ts'

/** Interval of reading what other instances learned, ms. */
const REFRESHED_EVERY = 500
/** Minimum interval between renewals of a template by hits, ms. */
const RENEWED_EVERY = DAY

export interface TemplateLearningParts {
  readonly index: TemplateIndex
  readonly store: TemplateStore
  /** If absent, only the times of messages and feedback count, as for historical records. */
  readonly clock?: BoundedClock
  readonly emit: Emit
}

/** Learns fraud templates from feedback, and keeps a copy of those of all instances in this process. */
export class TemplateLearning {
  readonly #parts: TemplateLearningParts
  /** Hits that are not stored yet: the new retention time of each template, by sketch. */
  #met = new Map<string, number>()
  #mark: string | undefined
  #refreshing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  #failed = false
  #expiresAt = 0

  constructor(parts: TemplateLearningParts) {
    this.#parts = parts
  }

  /** Follows the other instances until `stop`. */
  start(): void {
    const round = () =>
      this.refresh()
        .then(
          () => {
            this.#failed = false
          },
          (error: unknown) => {
            const message = `what other instances learned of templates is not known: ${codeOf(error)}`
            if (!this.#failed) this.#parts.emit({ name: 'warning', message })
            this.#failed = true
          },
        )
        .finally(() => {
          if (this.#timer) this.#timer = setTimeout(round, REFRESHED_EVERY)
        })
    this.#timer = setTimeout(round, 0)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** What a message teaches if it is confirmed; undefined if it is truncated, too short or sent by the brand itself. */
  teachingOf({ message, reasons }: Decision, registry: Registry): Teaching | undefined {
    if (message.partial || isFromOwner(message, registry)) return undefined
    const words = this.#parts.index.wordsOf(message)
    if (words === undefined) return undefined
    const known = reasons.find(({ code }) => codeNamed(code)?.confirms === 'evidence')
    const label = known?.evidence.label as TaughtLabel | undefined
    return { sketch: writtenSketch(words), ...given({ label }) }
  }

  /** The template that a confirmation of such a message counts for: the most similar one, or a new one. */
  async templateFor(sketch: string): Promise<string> {
    return (await this.templatesLike(sketch))[0] ?? sketch
  }

  /** The templates that such a message is a near copy of, most similar first. */
  async templatesLike(sketch: string): Promise<readonly string[]> {
    await this.refresh()
    const words = readSketch(sketch)
    return words ? this.#parts.index.near(words).map(({ template }) => template.sketch) : []
  }

  /** Rejects with REDIS_UNREACHABLE. */
  async change(changes: readonly TemplateChange[]): Promise<void> {
    if (changes.length === 0) return
    await this.#parts.store.change(changes)
    await this.refresh()
  }

  /** Checks the messages of a batch for hits. */
  observe(decisions: readonly Decision[]): void {
    const { index, clock } = this.#parts
    if (index.size === 0) return
    const now = clock?.now() ?? Number.POSITIVE_INFINITY
    for (const { message, reasons } of decisions) {
      if (!reasons.some(({ code }) => codeNamed(code)?.confirms === 'evidence')) continue
      const template = index.nearest(message)?.template
      const until = Math.min(message.ts, now) + KEPT_FOR
      if (template && until - Math.max(template.until, this.#met.get(template.sketch) ?? 0) >= RENEWED_EVERY)
        this.#met.set(template.sketch, until)
    }
  }

  /** Stores hits. Rejects with REDIS_UNREACHABLE; they are then stored later. */
  async settle(): Promise<void> {
    if (this.#met.size === 0) return
    const met = this.#met
    this.#met = new Map()
    try {
      await this.change([...met].map(([sketch, until]) => ({ is: 'met', sketch, until })))
    } catch (error) {
      for (const [sketch, until] of met) this.#met.set(sketch, until)
      throw error
    }
  }

  /** Reads changes of all instances. Rejects with REDIS_UNREACHABLE. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    const { index, store, clock } = this.#parts
    for (;;) {
      const { templates, mark, lost } = await store.changes(this.#mark)
      // Redis was emptied: restore the templates known here.
      if (lost) await store.change([...index.all()].map((template) => knownOf(template)))
      index.put(templates.map((one) => (clock?.passed(one.until) ? { ...one, removed: one.until } : one)))
      this.#mark = mark
      if (templates.length === 0) break
    }
    if (!clock || performance.now() < this.#expiresAt) return
    this.#expiresAt = performance.now() + HOUR
    index.drop(await store.expire(clock.earliest()))
  }
}

function knownOf(template: Extract<TemplateChange, { is: 'known' }>['template']): TemplateChange {
  return { is: 'known', sketch: template.sketch, template }
}

/** The label that a message is confirmed as: the analyst's, or else the one implied by the codes. */
export function taughtLabel(
  label: string | undefined,
  codes: readonly string[],
  { label: known }: Teaching,
): TaughtLabel | undefined {
  const said = label === undefined ? codes.map((code) => confirmsOf(code, known)) : [label]
  return TAUGHT_LABELS.find((one) => said.includes(one))
}

function confirmsOf(code: string, known: TaughtLabel | undefined): string | undefined {
  const confirms = codeNamed(code)?.confirms
  return confirms === 'evidence' ? known : confirms
}
