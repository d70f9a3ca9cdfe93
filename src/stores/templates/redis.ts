import type { RedisLink } from '../../adapters/redis/link.ts'
import { BACKGROUND_MS, loadScript } from '../../adapters/redis/script.ts'
import { SigwatchError } from '../../domain/errors.ts'
import { jsonOf } from '../../domain/json.ts'
import {
  changed,
  KEPT_FOR,
  MOST_TEMPLATES,
  type StoredTemplate,
  TEMPLATES_AT_ONCE,
  type TemplateChange,
  type TemplateChanges,
  type TemplateStore,
} from '../../domain/templates.ts'
import { DAY } from '../../domain/time.ts'

const KEEP = loadScript(import.meta.url, 'keep-template')
const CHANGED = loadScript(import.meta.url, 'changed-templates')
const EXPIRE = loadScript(import.meta.url, 'expire-templates')

/** Without any change for this long all templates are deleted, seconds: each has ended before. */
const KEPT = (KEPT_FOR + 30 * DAY) / 1000
/** Number of templates written together if none of them is known. */
const TOGETHER = 200
const MAX_ATTEMPTS = 32

export interface RedisTemplateOptions {
  readonly link: RedisLink
  /** Prefix of every key: deployment, cluster id, topic. No braces. */
  readonly prefix: string
  readonly most?: number
}

/** Templates shared by all instances, under one hash tag: some 60 MB for 100,000. Changed by compare-and-swap. */
export class RedisTemplateStore implements TemplateStore {
  readonly #link: RedisLink
  readonly #keys: readonly string[]
  readonly #most: number

  constructor({ link, prefix, most = MOST_TEMPLATES }: RedisTemplateOptions) {
    this.#link = link
    this.#keys = ['rows', 'changes', 'ends', 'last'].map((name) => `{${prefix}:templates}:${name}`)
    this.#most = most
  }

  async change(changes: readonly TemplateChange[]): Promise<void> {
    const fresh = changes.filter((change) => change.is === 'known')
    for (let at = 0; at < fresh.length; at += TOGETHER) {
      const calls = fresh.slice(at, at + TOGETHER).map(({ template }) => this.#keep('', template))
      await this.#link.run(calls, BACKGROUND_MS)
    }
    for (const change of changes) if (change.is !== 'known') await this.#change(change)
  }

  async changes(mark: string | undefined): Promise<TemplateChanges> {
    const call = { script: CHANGED, keys: this.#keys, args: [mark ?? 0, TEMPLATES_AT_ONCE] }
    const [reply] = await this.#link.run([call], BACKGROUND_MS)
    const [last, lost, rows] = reply as [number, number, (string | null)[]]
    return { templates: rows.flatMap((row) => storedIn(row) ?? []), mark: String(last), lost: lost === 1 }
  }

  async expire(before: number): Promise<readonly string[]> {
    const call = { script: EXPIRE, keys: this.#keys, args: [before, TEMPLATES_AT_ONCE] }
    const [gone] = await this.#link.run([call], BACKGROUND_MS)
    return gone as string[]
  }

  async #change(change: TemplateChange): Promise<void> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const row = (await this.#link.command('HGET', this.#keys[0]!, change.sketch)) as string | null
      const known = storedIn(row)
      const next = changed(known, change)
      if (next === undefined || next === known) return
      const [written] = await this.#link.run([this.#keep(row ?? '', next)], BACKGROUND_MS)
      if (written === 1) return
    }
    throw new SigwatchError('STORE_CONFLICT', 'a template keeps changing')
  }

  #keep(expected: string, template: StoredTemplate) {
    const { sketch, until } = template
    const args = [sketch, expected, JSON.stringify(template), until, this.#most, KEPT]
    return { script: KEEP, keys: this.#keys, args }
  }
}

/** Undefined if written in an unknown format of another version. */
function storedIn(row: string | null): StoredTemplate | undefined {
  const value = jsonOf<StoredTemplate | null>(row ?? 'null')
  if (!value) return undefined
  const isKnown = [value.sketch, value.label, value.source].every((text) => typeof text === 'string')
  return isKnown && Array.isArray(value.confirmations) && Number.isFinite(value.until) ? value : undefined
}
