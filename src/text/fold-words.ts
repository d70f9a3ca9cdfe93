import { contactAt, contactEnd, isWordUnit, joinsLatin, undisguiseAdding } from './fold-contacts.ts'
import { contactNames, contactTrie, type Payload, rareSyllable, wordTrie } from './fold-trie.ts'
import { bump, type Draft, ensure, KIND } from './plain.ts'
import { SEPARATOR, unitClass } from './plain-tables.ts'

/** Largest gap of signs inside a word, in units (an emoji has two). */
const MAX_GAP = 2

let matchEnd = 0
let matchGaps = 0

/** Longest disguised word at `at`, skipping signs inside it; sets `matchEnd`, and `matchGaps` to the number of signs. */
function wordAt(draft: Draft, at: number): Payload | undefined {
  const { units, length } = draft
  const firstUnit = units[at] as number
  let node = wordTrie.first[firstUnit] as number
  if (node === 0) {
    const rare = rareSyllable[firstUnit] as number
    if (rare === 0) return undefined
    node = wordTrie.first[rare] as number
    if (node === 0) return undefined
  }
  let found: Payload | undefined
  let gaps = 0
  let i = at + 1
  for (;;) {
    const payload = wordTrie.payload(node)
    if (payload !== undefined && !(gaps > 0 && payload.tight) && latinBoundary(draft, at, i)) {
      found = payload
      matchEnd = i
      matchGaps = gaps
    }
    let skipped = 0
    let next = 0
    while (i + skipped < length) {
      const unit = units[i + skipped] as number
      next = wordTrie.step(node, unit)
      if (next === 0) {
        const rare = rareSyllable[unit] as number
        if (rare !== 0) next = wordTrie.step(node, rare)
      }
      if (next !== 0 || skipped === MAX_GAP || ((unitClass[unit] as number) & SEPARATOR) === 0) break
      skipped++
    }
    if (next === 0) return found
    gaps += skipped
    i += skipped + 1
    node = next
  }
}

/** A match that begins or ends with Latin letters must not continue a word, a host or an identifier. */
function latinBoundary(draft: Draft, start: number, end: number): boolean {
  const { units, length } = draft
  if (isWordUnit(units[start]) && start > 0) {
    const before = units[start - 1] as number
    if (isWordUnit(before) || joinsLatin[before] === 1) return false
  }
  if (isWordUnit(units[end - 1]) && end < length) {
    const after = units[end] as number
    if (isWordUnit(after) || joinsLatin[after] === 1) return false
  }
  return true
}

/** Whether an undisguised word of the table starts inside start..end and ends beyond it: 为|信用卡. */
function overlapped(draft: Draft, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) {
    const { units, length } = draft
    let node = wordTrie.first[units[i] as number] as number
    for (let j = i + 1; node !== 0; j++) {
      if (j > end && wordTrie.payload(node)?.plain === true) return true
      if (j >= length) break
      node = wordTrie.step(node, units[j] as number)
    }
  }
  return false
}

interface Fold {
  target: Uint16Array
  end: number
  kind: number
  weight: number
  gaps: number
}
const fold: Fold = { target: new Uint16Array(0), end: 0, kind: 0, weight: 0, gaps: 0 }

/** Units that may start a word (bit 1) or a name (bit 2). */
const begins = new Uint8Array(65536)
for (let unit = 0; unit < 65536; unit++) {
  if (wordTrie.first[unit] !== 0 || rareSyllable[unit] !== 0) begins[unit] = 1
  if (contactTrie.first[unit] !== 0) begins[unit] = (begins[unit] as number) | 2
}

/** Bitmap of hashed unit pairs that start words: small enough for the cache, and rules out most pairs of a text. */
const PAIRS = 1 << 18
const pairs = new Uint32Array(PAIRS / 32)
const pairBit = (first: number, second: number) =>
  (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> 14
wordTrie.beginnings((first, second) => {
  const bit = pairBit(first, second)
  pairs[bit >>> 5] = (pairs[bit >>> 5] as number) | (1 << (bit & 31))
})

/** False if no word can start with the unit at `at` and the one after it. */
function mayBegin(draft: Draft, at: number): boolean {
  const first = draft.units[at] as number
  if (at + 1 >= draft.length) return false
  const second = draft.units[at + 1] as number
  const bit = pairBit(first, second)
  if (((pairs[bit >>> 5] as number) & (1 << (bit & 31))) !== 0) return true
  return (
    ((unitClass[second] as number) & SEPARATOR) !== 0 ||
    rareSyllable[first] !== 0 ||
    rareSyllable[second] !== 0
  )
}

/** Whether the text at `at` is to be replaced, as described by `fold`. Sets `fold.end` to the position to continue from. */
function foldAt(draft: Draft, at: number): boolean {
  const begin = begins[draft.units[at] as number] as number
  fold.end = at + 1
  if ((begin & 2) !== 0) {
    const index = contactAt(draft, at)
    if (index >= 0) {
      const name = contactNames[index] as (typeof contactNames)[number]
      fold.target = name.target
      fold.end = contactEnd
      fold.kind = KIND.contact
      fold.weight = name.weight
      fold.gaps = 0
      return true
    }
  }
  if ((begin & 1) === 0 || !mayBegin(draft, at)) return false
  const payload = wordAt(draft, at)
  if (payload === undefined) return false
  const end = matchEnd
  const gaps = matchGaps
  if (payload.plain && gaps === 0 && sameUnits(draft, at, end, payload.target)) {
    fold.end = end
    return false
  }
  if (overlapped(draft, at, end)) return false
  fold.target = payload.target
  fold.end = end
  fold.kind = KIND.word
  fold.weight = payload.weight
  fold.gaps = gaps
  return true
}

function sameUnits(draft: Draft, start: number, end: number, target: Uint16Array): boolean {
  if (end - start !== target.length) return false
  for (let k = 0; k < target.length; k++) if (draft.units[start + k] !== target[k]) return false
  return true
}

/** Undoes disguises of words and messenger names. Returns `draft` if there are none, else `out`. */
export function foldWords(draft: Draft, out: Draft): Draft {
  const { units, offsets, length } = draft
  let copied = 0
  let n = 0
  for (let i = 0; i < length; i = fold.end) {
    if (begins[units[i] as number] === 0) {
      fold.end = i + 1
      continue
    }
    if (!foldAt(draft, i)) continue
    const { target, end } = fold
    if (copied === 0) {
      ensure(out, length + 4096)
      out.folds.set(draft.folds)
    }
    ensureKeeping(out, n + (length - copied) + target.length + 64)
    n = copyUnits(draft, out, copied, i, n)
    if (fold.kind === KIND.contact) n = undisguiseAdding(out, n)
    for (let k = 0; k < target.length; k++) {
      out.units[n] = target[k] as number
      out.offsets[n++] = offsets[i + Math.floor((k * (end - i)) / target.length)] as number
    }
    if (fold.weight > 0) bump(out, fold.kind, fold.weight)
    if (fold.gaps > 0) bump(out, KIND.separator, fold.gaps)
    copied = end
  }
  if (copied === 0) return draft
  out.length = copyUnits(draft, out, copied, length, n)
  out.sourceLength = draft.sourceLength
  return out
}

function ensureKeeping(out: Draft, capacity: number): void {
  if (capacity > out.units.length) ensure(out, capacity + 4096)
}

function copyUnits(draft: Draft, out: Draft, from: number, to: number, at: number): number {
  for (let i = from; i < to; i++) {
    out.units[at] = draft.units[i] as number
    out.offsets[at++] = draft.offsets[i] as number
  }
  return at
}
