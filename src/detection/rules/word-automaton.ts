/** Initial state: no word has started. */
const ROOT = 0
const EMPTY = -1
/** States are below 2^15 and code units below 2^16, so that a transition fits a 31-bit key. */
const MAX_STATES = 1 << 15

/**
 * Finds all words of a list in a text in one pass (Aho and Corasick, 1975), linear in the text and in the number of occurrences,
 * independent of the number of words. Compares by code unit.
 */
export class WordAutomaton {
  /** Open-addressed transition table: key `state << 16 | unit`, and the next state. */
  readonly #keys: Int32Array
  readonly #targets: Int16Array
  readonly #mask: number
  /** Failure links: the longest proper suffix of a state that is also a state. */
  readonly #fails: Int16Array
  /** Index of the word ending in a state, or -1. */
  readonly #ends: Int32Array
  /** Output links: the nearest suffix of a state where a word ends, or the root. */
  readonly #outputs: Int16Array
  /** Code units that start a word. */
  readonly #begins = new Uint8Array(65_536)
  readonly #lengths: readonly number[]

  /** `words`: non-empty and distinct. Throws a RangeError if they have more than 32,768 prefixes. */
  constructor(words: readonly string[]) {
    this.#lengths = words.map((word) => word.length)
    const trie: Map<number, number>[] = [new Map()]
    const ends: number[] = [EMPTY]
    for (const [index, word] of words.entries()) {
      let state = ROOT
      for (let i = 0; i < word.length; i++) {
        const unit = word.charCodeAt(i)
        let next = trie[state]!.get(unit)
        if (next === undefined) {
          next = trie.push(new Map()) - 1
          ends.push(EMPTY)
          trie[state]!.set(unit, next)
        }
        state = next
      }
      ends[state] = index
    }
    if (trie.length > MAX_STATES)
      throw new RangeError(`the words have ${trie.length} prefixes, at most ${MAX_STATES} fit`)
    this.#ends = Int32Array.from(ends)
    const size = 2 ** Math.ceil(Math.log2(2 * trie.length + 1))
    this.#mask = size - 1
    this.#keys = new Int32Array(size).fill(EMPTY)
    this.#targets = new Int16Array(size)
    for (const [state, edges] of trie.entries()) {
      for (const [unit, next] of edges) {
        let at = this.#slot(state, unit)
        while (this.#keys[at] !== EMPTY) at = (at + 1) & this.#mask
        this.#keys[at] = (state << 16) | unit
        this.#targets[at] = next
      }
    }
    for (const unit of trie[ROOT]!.keys()) this.#begins[unit] = 1
    this.#fails = new Int16Array(trie.length)
    this.#outputs = new Int16Array(trie.length)
    this.#link(trie)
  }

  /** Calls `found` for each occurrence of a word, ordered by end: index of the word, start, end (exclusive). */
  scan(text: string, found: (word: number, start: number, end: number) => void): void {
    const begins = this.#begins
    let state = ROOT
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      if (state === ROOT && begins[unit] === 0) continue
      state = this.#next(state, unit)
      let ending = this.#ends[state] === EMPTY ? this.#outputs[state]! : state
      for (; ending !== ROOT; ending = this.#outputs[ending]!) {
        const word = this.#ends[ending]!
        found(word, i + 1 - this.#lengths[word]!, i + 1)
      }
    }
  }

  #next(from: number, unit: number): number {
    for (let state = from; ; state = this.#fails[state]!) {
      const next = this.#edge(state, unit)
      if (next !== EMPTY) return next
      if (state === ROOT) return ROOT
    }
  }

  #edge(state: number, unit: number): number {
    const key = (state << 16) | unit
    for (let at = this.#slot(state, unit); this.#keys[at] !== EMPTY; at = (at + 1) & this.#mask)
      if (this.#keys[at] === key) return this.#targets[at]!
    return EMPTY
  }

  #slot(state: number, unit: number): number {
    return (Math.imul((state << 16) | unit, 0x9e3779b1) >>> 12) & this.#mask
  }

  /** Breadth first, so that the suffixes of a state are linked before the state. */
  #link(trie: readonly ReadonlyMap<number, number>[]): void {
    const queue = [...trie[ROOT]!.values()]
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head]!
      for (const [unit, next] of trie[state]!) {
        const fail = this.#next(this.#fails[state]!, unit)
        this.#fails[next] = fail
        this.#outputs[next] = this.#ends[fail] === EMPTY ? this.#outputs[fail]! : fail
        queue.push(next)
      }
    }
  }
}
