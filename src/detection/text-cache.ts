import { fnv1a } from '../domain/hash32.ts'
import type { TextMemo, TextReading } from '../domain/message.ts'
import { areAlike, freeNumbersOf, hashOfForm, type Runs } from '../text/free-numbers.ts'
import { readText } from '../text/read-text.ts'
import { TextTemplate } from '../text/text-template.ts'

/** What is known of a text: how it reads, and what was worked out from that. Shared by all messages that carry it. */
export interface KnownText {
  readonly reading: TextReading
  readonly memo: TextMemo
}

interface Entry extends KnownText {
  readonly text: string
  readonly signature: string | undefined
  /** Its free numbers; none where it is kept by itself. */
  readonly runs: Runs
  /** How others read that are alike; undefined: they are read each by itself. */
  readonly template: TextTemplate | undefined
}

export interface TextCacheLimits {
  /** Texts of a generation, at most; there are two. */
  readonly entries: number
  /** Bytes of a generation, about, at most. */
  readonly bytes: number
}

export interface TextCacheUse {
  readonly hits: number
  readonly misses: number
  /** Texts that are kept now. */
  readonly entries: number
}

const LIMITS: TextCacheLimits = { entries: 16_384, bytes: 32_000_000 }
/** Bytes of an entry in addition to its strings: objects of the reading, scores, findings of the detectors' own. */
const ENTRY_BYTES = 2_048
/** A code unit in the text, in its normalised form, in the way back, and in what lies between its numbers. */
const UNIT_BYTES = 8
/** A text that is alike with itself alone. */
const ITSELF: Runs = []
/** Hashes of texts that were seen once, each in the one place where it may be. */
const SEEN = 1 << 17

/**
 * The readings of texts that come again, by text and signature of the record: a blast repeats one text a hundred
 * thousand times, or a form of text with other numbers in it. A text is kept from the second sight of its form on, for most never
 * come again. Two generations: when the young one is full the old one is dropped, and what is asked again moves to the young.
 */
export class TextCache {
  readonly #limits: TextCacheLimits
  readonly #seen = new Int32Array(SEEN)
  #young = new Map<number, Entry>()
  #old = new Map<number, Entry>()
  #bytes = 0
  #hits = 0
  #misses = 0

  constructor(limits: TextCacheLimits = LIMITS) {
    this.#limits = limits
  }

  /** How a text reads, apart from the signature that its record names. */
  read(text: string, signature: string | undefined): KnownText {
    return this.#read(text, signature, freeNumbersOf(text))
  }

  #read(text: string, signature: string | undefined, runs: Runs): KnownText {
    const key = keyOf(text, signature, runs)
    const known = this.#known(key, text, signature, runs)
    if (known === undefined) return this.#fresh(key, text, signature, runs)
    if (known.text === text) return this.#hit(known)
    if (known.template === undefined) return this.#read(text, signature, ITSELF)
    this.#hits++
    return { reading: known.template.read(text), memo: { alike: known.memo } }
  }

  #hit(entry: Entry): KnownText {
    this.#hits++
    return entry
  }

  #fresh(key: number, text: string, signature: string | undefined, runs: Runs): KnownText {
    this.#misses++
    const reading = readText(text, signature)
    const memo = {}
    if (!this.#isSeenAgain(key) || this.#young.has(key)) return { reading, memo }
    const template = TextTemplate.of(text, runs, reading)
    const entry: Entry = { reading, memo, text, signature, runs, template }
    this.#keep(key, entry)
    return entry
  }

  /** What is kept of a text that is alike. Two pairs of text and signature may have one key: the second is never kept then. */
  #known(key: number, text: string, signature: string | undefined, runs: Runs): Entry | undefined {
    const entry = this.#young.get(key) ?? this.#promoted(key)
    if (entry === undefined || entry.signature !== signature) return undefined
    return areAlike(entry.text, entry.runs, text, runs) ? entry : undefined
  }

  /** What was asked since the last call. */
  takeUse(): TextCacheUse {
    const use = { hits: this.#hits, misses: this.#misses, entries: this.#young.size + this.#old.size }
    this.#hits = 0
    this.#misses = 0
    return use
  }

  #promoted(key: number): Entry | undefined {
    const entry = this.#old.get(key)
    if (entry === undefined) return undefined
    this.#old.delete(key)
    this.#keep(key, entry)
    return entry
  }

  #isSeenAgain(key: number): boolean {
    const place = (key ^ (key >>> 15)) & (SEEN - 1)
    if (this.#seen[place] === key) return true
    this.#seen[place] = key
    return false
  }

  #keep(key: number, entry: Entry): void {
    const bytes = ENTRY_BYTES + UNIT_BYTES * entry.text.length
    const { entries, bytes: mostBytes } = this.#limits
    if (this.#young.size >= entries || (this.#bytes + bytes > mostBytes && this.#young.size > 0)) {
      this.#old = this.#young
      this.#young = new Map()
      this.#bytes = 0
    }
    this.#young.set(key, entry)
    this.#bytes += bytes
  }
}

/** A hash of what a text has in common with those that are alike, and of the signature. */
function keyOf(text: string, signature: string | undefined, runs: Runs): number {
  const hash = hashOfForm(text, runs)
  return signature === undefined ? hash : Math.imul(hash ^ fnv1a(signature), 0x85ebca6b)
}
