import { RARE, REFUSED, SOUNDS, SYLLABLES } from './fold-table.generated.ts'
import * as tables from './fold-tables.ts'
import { entries, foldWords, neighbourMap, splitMap, variantsOf } from './fold-variants.ts'
import { foldTrieWords } from './words.generated.ts'

export interface Payload {
  readonly target: Uint16Array
  /** Number of disguised characters; 0: not counted. */
  readonly weight: number
  /** The undisguised word or an ordinary spelling: folds only separators, and protects what it covers. */
  readonly plain: boolean
  /** Not matched across separators: sound neighbours, ordinary spellings. */
  readonly tight: boolean
}

const EMPTY = -1

/** A trie over code units with open addressing, without an object per node. */
export class Trie {
  private node: Int32Array = new Int32Array(1 << 12).fill(EMPTY)
  private unit: Uint16Array = new Uint16Array(1 << 12)
  private next: Int32Array = new Int32Array(1 << 12)
  private edges = 0
  private nodes = 1
  private readonly terminal: (Payload | undefined)[] = [undefined]
  /** Children of the root by code unit; 0: none. */
  readonly first = new Int32Array(65536)
  /** End of the last match of `longest`. */
  end = 0

  /** Adds an entry; of equal texts the first wins. */
  add(text: string, payload: Payload): void {
    let at = 0
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      let to = at === 0 ? (this.first[unit] as number) : this.step(at, unit)
      if (to === 0) {
        to = this.nodes++
        this.terminal.push(undefined)
        if (at === 0) this.first[unit] = to
        else this.insert(at, unit, to)
      }
      at = to
    }
    if (this.terminal[at] === undefined) this.terminal[at] = payload
  }

  /** Child of `node` by `unit`; 0: none. */
  step(node: number, unit: number): number {
    const mask = this.node.length - 1
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) >>> 0
    slot = (slot ^ (slot >>> 15)) & mask
    for (;;) {
      const owner = this.node[slot] as number
      if (owner === EMPTY) return 0
      if (owner === node && this.unit[slot] === unit) return this.next[slot] as number
      slot = (slot + 1) & mask
    }
  }

  /** Longest entry at `at` within the first `length` units; sets `end`. */
  longest(units: Uint16Array, length: number, at: number): Payload | undefined {
    let node = this.first[units[at] as number] as number
    let found: Payload | undefined
    for (let i = at + 1; node !== 0; i++) {
      const payload = this.terminal[node]
      if (payload !== undefined) {
        found = payload
        this.end = i
      }
      if (i >= length) break
      node = this.step(node, units[i] as number)
    }
    return found
  }

  /** Calls back with every pair of units that starts an entry. */
  beginnings(found: (first: number, second: number) => void): void {
    const owner = new Map<number, number>()
    this.first.forEach((node, unit) => {
      if (node !== 0) owner.set(node, unit)
    })
    for (let slot = 0; slot < this.node.length; slot++) {
      const first = owner.get(this.node[slot] as number)
      if (first !== undefined) found(first, this.unit[slot] as number)
    }
  }

  payload(node: number): Payload | undefined {
    return this.terminal[node]
  }

  private insert(node: number, unit: number, to: number): void {
    if (++this.edges * 2 > this.node.length) this.grow()
    this.place(node, unit, to)
  }

  private place(node: number, unit: number, to: number): void {
    const mask = this.node.length - 1
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b)) >>> 0
    slot = (slot ^ (slot >>> 15)) & mask
    while (this.node[slot] !== EMPTY) slot = (slot + 1) & mask
    this.node[slot] = node
    this.unit[slot] = unit
    this.next[slot] = to
  }

  private grow(): void {
    const { node, unit, next } = this
    this.node = new Int32Array(node.length * 2).fill(EMPTY)
    this.unit = new Uint16Array(node.length * 2)
    this.next = new Int32Array(node.length * 2)
    for (let i = 0; i < node.length; i++) {
      if (node[i] !== EMPTY) this.place(node[i] as number, unit[i] as number, next[i] as number)
    }
  }
}

function unitsOf(text: string): Uint16Array {
  return Uint16Array.from(text, (c) => c.charCodeAt(0))
}

/** By code unit of an unusual character: the private-use unit for its syllable in the trie; 0: none. */
export const rareSyllable = new Uint16Array(65536)

function buildWordTrie(): Trie {
  const trie = new Trie()
  const words = foldWords(tables.WORDS)
  const refused = new Set(REFUSED.split(/\s+/))
  const exceptions = tables.EXCEPTIONS.split(/\s+/).filter((entry) => entry !== '')
  const identity = (word: string) =>
    trie.add(word, { target: unitsOf(word), weight: 0, plain: true, tight: false })
  for (const { word } of words) identity(word)
  for (const word of exceptions)
    trie.add(word, { target: unitsOf(word), weight: 0, plain: true, tight: true })
  for (const [from, to] of entries(tables.SPELLINGS, '=')) {
    trie.add(from, { target: unitsOf(to), weight: 0, plain: true, tight: true })
  }
  for (const [from, to] of entries(tables.PHRASES, '=')) {
    trie.add(from, { target: unitsOf(to), weight: difference(from, to), plain: false, tight: false })
  }

  const pseudo = new Map<string, string>()
  for (const [syllable, characters] of entries(RARE, ':')) {
    const unit = 0xe000 + pseudo.size
    pseudo.set(syllable, String.fromCharCode(unit))
    for (const character of characters) {
      if (character.length === 1) rareSyllable[character.charCodeAt(0)] = unit
    }
  }
  const syllables = new Map(entries(SYLLABLES, ':'))
  const neighbours = neighbourMap(tables.NEIGHBOURS)
  const loose = splitMap(tables.LOOSE_SPLITS)
  for (const { word, strict } of words) {
    const target = unitsOf(word)
    const add = (text: string) => {
      if (refused.has(text)) return
      trie.add(text, { target, weight: difference(text, word), plain: false, tight: false })
    }
    const unusual = (c: string) => [
      ...(loose.get(c) ?? []),
      ...(pseudo.has(syllables.get(c) ?? '') ? [pseudo.get(syllables.get(c) as string) as string] : []),
    ]
    const alternates = (c: string) => (strict ? unusual(c) : [...(neighbours.get(c) ?? []), ...unusual(c)])
    for (const variant of variantsOf(word, alternates)) add(variant)
    // Pinyin replaces one character, or all of them.
    const spelt = [...word].map((c) => syllables.get(c) ?? c)
    const mixed = [...spelt.keys()]
      .filter((at) => (spelt[at] as string).length > 1)
      .map((at) => [...word].map((c, i) => (i === at ? spelt[i] : c)).join(''))
    for (const variant of mixed) add(variant)
    if (word.length > 1) add(spelt.join(''))
  }
  for (const [word, slots] of entries(SOUNDS, ':')) {
    const target = unitsOf(word)
    for (const [slot, characters] of slots.split('/').entries()) {
      for (const character of characters) {
        const variant = word.slice(0, slot) + character + word.slice(slot + 1)
        trie.add(variant, { target, weight: 1, plain: false, tight: true })
      }
    }
  }
  return trie
}

/** Number of characters of `to` that differ at their position in `from`; at least 1. */
function difference(from: string, to: string): number {
  let same = 0
  for (const character of to) if (from.includes(character)) same++
  return Math.max(1, to.length - same)
}

function buildSplitTrie(): Trie {
  const trie = new Trie()
  for (const [to, parts] of entries(tables.SPLITS, '=')) {
    trie.add(parts, { target: unitsOf(to), weight: 1, plain: false, tight: false })
  }
  return trie
}

export interface ContactName {
  readonly target: Uint16Array
  readonly weight: number
  /** Also an ordinary word: needs both a verb of adding and an id; other names need one of them. */
  readonly ordinary: boolean
  /** One character for WeChat after 加: no id needed. */
  readonly short: boolean
}

export const contactNames: ContactName[] = []

function buildContactTrie(): Trie {
  const trie = new Trie()
  const everyday = new Set(tables.EVERYDAY_NAMES.split(/\s+/))
  const shorthand = new Set(tables.SHORTHAND_NAMES.split(/\s+/))
  for (const [from, to] of entries(tables.CONTACT_NAMES, '=')) {
    const weight = shorthand.has(from) || from === to ? 0 : difference(from, to)
    const target = unitsOf(to)
    const name = {
      target,
      weight,
      ordinary: everyday.has(from),
      short: from.length === 1 && to === foldTrieWords.wechat,
    }
    contactNames.push(name)
    trie.add(from, { target, weight: contactNames.length - 1, plain: from === to, tight: false })
  }
  return trie
}

export const wordTrie = buildWordTrie()
export const splitTrie = buildSplitTrie()
/** Trie of messenger names; `weight` of a payload is an index of `contactNames`. */
export const contactTrie = buildContactTrie()
