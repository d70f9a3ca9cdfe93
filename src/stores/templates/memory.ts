import {
  changed,
  MOST_TEMPLATES,
  type StoredTemplate,
  TEMPLATES_AT_ONCE,
  type TemplateChange,
  type TemplateChanges,
  type TemplateStore,
} from '../../domain/templates.ts'

/** Templates of a single process: embedded mode, or a service without Redis. They are not persisted. */
export class MemoryTemplateStore implements TemplateStore {
  /** Least recently changed first, each with the number of its last change. */
  readonly #templates = new Map<string, { readonly template: StoredTemplate; readonly change: number }>()
  readonly #most: number
  #changes = 0

  constructor(most = MOST_TEMPLATES) {
    this.#most = most
  }

  async change(changes: readonly TemplateChange[]): Promise<void> {
    for (const change of changes) {
      const known = this.#templates.get(change.sketch)?.template
      const next = changed(known, change)
      if (next === undefined || next === known) continue
      this.#templates.delete(change.sketch)
      this.#templates.set(change.sketch, { template: next, change: ++this.#changes })
    }
    if (this.#templates.size <= this.#most) return
    const oldest = [...this.#templates.values()].sort((a, b) => a.template.until - b.template.until)
    for (const { template } of oldest.slice(0, this.#templates.size - this.#most))
      this.#templates.delete(template.sketch)
  }

  async changes(mark: string | undefined): Promise<TemplateChanges> {
    const after = Number(mark ?? 0)
    const found = [...this.#templates.values()]
      .filter(({ change }) => change > after)
      .slice(0, TEMPLATES_AT_ONCE)
    const last = found.at(-1)?.change ?? this.#changes
    return { templates: found.map(({ template }) => template), mark: String(last), lost: false }
  }

  async expire(before: number): Promise<readonly string[]> {
    const gone = [...this.#templates.values()].filter(({ template }) => template.until < before)
    for (const { template } of gone) this.#templates.delete(template.sketch)
    return gone.map(({ template }) => template.sketch)
  }
}
