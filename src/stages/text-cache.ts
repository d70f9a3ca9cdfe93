import { fnv1a } from '../domain/hash32.ts'
import type { TextMemo, TextReading } from '../domain/message.ts'
import { readText } from '../text/read-text.ts'

/** What is known of a text: how it reads, and what was worked out from that. Shared by all messages that carry it. */
export interface KnownText {
  readonly reading: TextReading
  readonly memo: TextMemo
}

interface Entry extends KnownText {
  readonly text: string
  readonly signature: string | undefined
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
/** Bytes of an entry beside its strings: objects of the reading, scores, findings of the detectors' own. */
const ENTRY_BYTES = 2_048
/** A code unit in the text, in its normalised form, in the way back, and once in the key. */
const UNIT_BYTES = 8
/** Hashes of texts that were seen once, each in the one place where it may be. */
const SEEN = 1 << 17

/**
 * The readings of texts that come again, by text and signature of the record: a blast repeats one text a hundred
 * thousand times. A text is kept from its second sight on, for most never come again. Two generations: when the young
 * one is full the old one is dropped, and what is asked again moves to the young.
 */
export class TextCache {
  readonly #limits: TextCacheLimits
  readonly #seen = new Int32Array(SEEN)
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  #bytes = 0
  #hits = 0
  #misses = 0

  constructor(limits: TextCacheLimits = LIMITS) {
    this.#limits = limits
  }

  /** How a text reads, beside the signature that its record names. */
  read(text: string, signature: string | undefined): KnownText {
    const key = signature === undefined ? text : `${signature}\0${text}`
    const known = this.#young.get(key) ?? this.#promoted(key)
    // Of two pairs one key may be made: the second is never kept then.
    if (known !== undefined && known.text === text && known.signature === signature) {
      this.#hits++
      return known
    }
    this.#misses++
    const entry: Entry = { reading: readText(text, signature), memo: {}, text, signature }
    if (known === undefined && this.#isSeenAgain(key)) this.#keep(key, entry)
    return entry
  }

  /** What was asked since the last call. */
  takeUse(): TextCacheUse {
    const use = { hits: this.#hits, misses: this.#misses, entries: this.#young.size + this.#old.size }
    this.#hits = 0
    this.#misses = 0
    return use
  }

  #promoted(key: string): Entry | undefined {
    const entry = this.#old.get(key)
    if (entry === undefined) return undefined
    this.#old.delete(key)
    this.#keep(key, entry)
    return entry
  }

  #isSeenAgain(key: string): boolean {
    const hash = fnv1a(key)
    const place = (hash ^ (hash >>> 15)) & (SEEN - 1)
    if (this.#seen[place] === hash) return true
    this.#seen[place] = hash
    return false
  }

  #keep(key: string, entry: Entry): void {
    const bytes = ENTRY_BYTES + UNIT_BYTES * key.length
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
