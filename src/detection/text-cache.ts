import { fnv1a } from '../domain/hash32.ts'
import type { TextMemo, TextReading } from '../domain/message.ts'
import { areAlike, borrowFreeNumbers, hashOfForm, type Runs } from '../text/free-numbers.ts'
import { readText } from '../text/read-text.ts'
import { TextTemplate } from '../text/text-template.ts'

/** A cached text: its reading and derived results, shared by all messages that carry it. */
export interface KnownText {
  readonly reading: TextReading
  readonly memo: TextMemo
}

interface Entry extends KnownText {
  readonly text: string
  readonly signature: string | undefined
  readonly runs: Runs
  /** Template for texts that are alike; undefined if they are read individually. */
  readonly template: TextTemplate | undefined
}

export interface TextCacheLimits {
  /** Limit of texts per generation; there are two. */
  readonly entries: number
  /** Approximate limit of bytes per generation. */
  readonly bytes: number
}

export interface TextCacheUse {
  readonly hits: number
  readonly misses: number
  readonly entries: number
}

const LIMITS: TextCacheLimits = { entries: 16_384, bytes: 32_000_000 }
/** Bytes per entry besides its strings: reading, scores, detectors' results. */
const ENTRY_BYTES = 2_048
/** Bytes per code unit: in the text, its normalised form, the offsets, and the template pieces. */
const UNIT_BYTES = 8
/** Free numbers of a text that is only alike with itself. */
const ITSELF: Runs = []
/** Direct-mapped table of hashes of texts seen once. */
const SEEN = 1 << 17

/**
 * Readings of recurring texts, by text and signature of the record. A text is cached from the second occurrence of
 * its form, as most never recur. Two generations: when the young one is full, the old one is dropped; a hit in the
 * old one moves to the young.
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

  /** The reading of a text, from the cache if possible. `signature`: from the record. */
  read(text: string, signature: string | undefined): KnownText {
    return this.#read(text, signature, borrowFreeNumbers(text))
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
    const kept = runs.slice()
    const template = TextTemplate.of(text, kept, reading)
    const entry: Entry = { reading, memo, text, signature, runs: kept, template }
    this.#keep(key, entry)
    return entry
  }

  /** The entry of a text that is alike. If two pairs of text and signature share a key, the second is never cached. */
  #known(key: number, text: string, signature: string | undefined, runs: Runs): Entry | undefined {
    const entry = this.#young.get(key) ?? this.#promoted(key)
    if (entry === undefined || entry.signature !== signature) return undefined
    return areAlike(entry.text, entry.runs, text, runs) ? entry : undefined
  }

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

/** Hash of the signature and the parts common to texts that are alike. */
function keyOf(text: string, signature: string | undefined, runs: Runs): number {
  const hash = hashOfForm(text, runs)
  return signature === undefined ? hash : Math.imul(hash ^ fnv1a(signature), 0x85ebca6b)
}
