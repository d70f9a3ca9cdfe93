import type { KnownTemplates } from '../../domain/known-templates.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import {
  type Met,
  MOST_TEMPLATES,
  readSketch,
  type StoredTemplate,
  type Template,
  type WordSketch,
} from '../../domain/templates.ts'
import { SLOTS, sharedWords, wordSketch } from '../../text/word-sketch.ts'

/** Similarity from which a text is a near copy; tuned on the corpus (docs/templates.md, test/bench/templates.ts). */
export const NEAR_COPY = 0.4
/** Pairs of slots used to find near copies, and buckets per pair. */
const PAIRS = SLOTS / 2
const BUCKETS = 1 << 14
/** Limit of templates examined per bucket, the newest: a value shared by so many does not discriminate. */
const MOST_OF_BUCKET = 32
/** Minimum of pairs shared with a candidate. */
const LEAST_PAIRS = 3
const NONE = -1

interface Entry {
  readonly template: Template
  readonly words: WordSketch
}

/** Templates in this process, searched by their words. A search takes about as long for 100,000 as for 1,000. */
export class TemplateIndex implements KnownTemplates {
  readonly #most: number
  readonly #places = new Map<string, number>()
  /** Entries by index; undefined if removed. */
  #entries: (Entry | undefined)[] = []
  /** Linked lists: the newest entry per pair and bucket, and the next older one per entry and pair. */
  readonly #heads: Int32Array[] = []
  #older = new Int32Array(0)
  #shared = new Uint8Array(0)
  readonly #touched: number[] = []
  #version = 0

  constructor(most = MOST_TEMPLATES) {
    this.#most = most
  }

  get size(): number {
    return this.#places.size
  }

  *all(): Generator<Template> {
    for (const entry of this.#entries) if (entry) yield entry.template
  }

  get(sketch: string): Template | undefined {
    return this.#entries[this.#places.get(sketch) ?? NONE]?.template
  }

  /** Adds or updates templates; those removed or unreadable are dropped. */
  put(templates: readonly StoredTemplate[]): void {
    if (templates.length > 0) this.#version++
    for (const { removed, ...template } of templates) {
      const place = this.#places.get(template.sketch)
      const words = removed === undefined ? readSketch(template.sketch) : undefined
      if (words === undefined) this.#drop(template.sketch)
      else if (place !== undefined) this.#entries[place] = { template, words }
      else this.#add({ template, words })
    }
    if (this.size > this.#most) this.#dropOldest(this.size - this.#most)
    if (this.#entries.length > 2 * this.size + 1_000) this.#rebuild()
  }

  drop(sketches: readonly string[]): void {
    for (const sketch of sketches) this.#drop(sketch)
  }

  nearest(message: AnalysedMessage): Met | undefined {
    if (this.size === 0) return undefined
    const memo = message.memo.alike ?? message.memo
    if (memo.met?.in !== this || memo.met.version !== this.#version) {
      const words = this.wordsOf(message)
      memo.met = { in: this, version: this.#version, found: words === undefined ? [] : this.near(words) }
    }
    // The most similar template in force when the message was sent.
    return memo.met.found.find(({ template }) => message.ts <= template.until)
  }

  /** The word sketch of a message, computed once per text. */
  wordsOf(message: AnalysedMessage): WordSketch | undefined {
    const memo = message.memo.alike ?? message.memo
    memo.worded ??= { sketch: wordSketch(message) }
    return memo.worded.sketch
  }

  /** Near copies, most similar first. */
  near(words: WordSketch): Met[] {
    const found: Met[] = []
    this.#touch(words)
    for (const place of this.#touched) {
      const isCandidate = (this.#shared[place] as number) >= LEAST_PAIRS
      this.#shared[place] = 0
      const entry = isCandidate ? this.#entries[place] : undefined
      if (entry === undefined) continue
      const similarity = sharedWords(words, entry.words)
      if (similarity >= NEAR_COPY) found.push({ template: entry.template, similarity })
    }
    this.#touched.length = 0
    return found.sort((a, b) => b.similarity - a.similarity)
  }

  #touch(words: WordSketch): void {
    for (let pair = 0; pair < this.#heads.length; pair++) {
      let place = this.#heads[pair]![bucketOf(words, pair)] as number
      for (let n = 0; place !== NONE && n < MOST_OF_BUCKET; n++) {
        const shared = this.#shared[place] as number
        if (shared === 0) this.#touched.push(place)
        this.#shared[place] = shared + 1
        place = this.#older[place * PAIRS + pair] as number
      }
    }
  }

  #add(entry: Entry): void {
    const place = this.#entries.push(entry) - 1
    this.#places.set(entry.template.sketch, place)
    if (this.#heads.length === 0)
      for (let pair = 0; pair < PAIRS; pair++) this.#heads.push(new Int32Array(BUCKETS).fill(NONE))
    if (place >= this.#shared.length) this.#grow()
    for (let pair = 0; pair < PAIRS; pair++) {
      const heads = this.#heads[pair]!
      const bucket = bucketOf(entry.words, pair)
      this.#older[place * PAIRS + pair] = heads[bucket] as number
      heads[bucket] = place
    }
  }

  #grow(): void {
    const size = Math.max(256, 2 * this.#shared.length)
    const older = new Int32Array(size * PAIRS)
    older.set(this.#older)
    this.#older = older
    this.#shared = new Uint8Array(size)
  }

  #drop(sketch: string): void {
    const place = this.#places.get(sketch)
    if (place === undefined) return
    this.#version++
    this.#places.delete(sketch)
    this.#entries[place] = undefined
  }

  #dropOldest(count: number): void {
    const oldest = [...this.all()].sort((a, b) => a.until - b.until).slice(0, count)
    this.drop(oldest.map(({ sketch }) => sketch))
  }

  /** Compacts the entries after removals. */
  #rebuild(): void {
    const entries = this.#entries.filter((entry) => entry !== undefined)
    this.#entries = []
    this.#places.clear()
    for (const heads of this.#heads) heads.fill(NONE)
    for (const entry of entries) this.#add(entry)
  }
}

function bucketOf(words: WordSketch, pair: number): number {
  const hash = Math.imul((words[2 * pair] as number) | ((words[2 * pair + 1] as number) << 8), 0x9e3779b1)
  return (hash ^ (hash >>> 15)) & (BUCKETS - 1)
}
