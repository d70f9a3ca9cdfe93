import { ADDING, ADDING_DISGUISED, ADDING_DISGUISED_FIRST, SHORT_NAME_STOPS } from './fold-tables.ts'
import { contactNames, contactTrie, type Payload, rareSyllable, wordTrie } from './fold-trie.ts'
import { bump, type Draft, ensure, KIND } from './plain.ts'
import { CJK, DIGIT, LATIN, SEPARATOR, unitClass } from './plain-tables.ts'

/** Signs that part at most this many units inside a word (an emoji has two). */
const MAX_GAP = 2
const SPACE = 0x20
const PLUS = 0x2b

const flags = (characters: string): Uint8Array => {
  const table = new Uint8Array(65536)
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1
  return table
}
const isAdding = flags(ADDING)
const isDisguised = flags(ADDING_DISGUISED)
const isDisguisedFirst = flags(ADDING_DISGUISED_FIRST)
const isShortStop = flags(SHORT_NAME_STOPS)
/** Between a messenger's name and the id. */
const isIdLead = flags(' ::：号是为→=-~"\'“”(（【[<《>·.、,，')
/** Before or after Latin letters: part of a host, an address, an identifier. */
const joinsLatin = flags('./@-_')
const ADD = '加'.charCodeAt(0)

/** Whether the unit at `at` stands for 加. */
function isAddingDisguised(draft: Draft, at: number): boolean {
  if (at < 0) return false
  const unit = draft.units[at] as number
  if (isDisguised[unit] === 1) return true
  if (isDisguisedFirst[unit] === 0) return false
  return at === 0 || ((unitClass[draft.units[at - 1] as number] as number) & CJK) === 0
}

function isWordUnit(unit: number | undefined): boolean {
  return unit !== undefined && ((unitClass[unit] as number) & (LATIN | DIGIT)) !== 0
}

let matchEnd = 0
let matchGaps = 0

/** Longest disguised word at `at`, signs inside it skipped; its end in `matchEnd`, the signs in `matchGaps`. */
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

/** Whether a word of the table, undisguised, begins inside start..end and ends beyond: 为|信用卡. */
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

/** Position of the id after a messenger's name that ends at `end`, or -1. */
function idAfter(draft: Draft, end: number, digitsOnly: boolean): number {
  const { units, length } = draft
  let i = end
  while (i < length && i < end + 4 && isIdLead[units[i] as number] === 1) i++
  let size = 0
  while (i + size < length && size < 5) {
    const unit = units[i + size] as number
    const kind = unitClass[unit] as number
    if ((kind & DIGIT) === 0 && (digitsOnly || ((kind & LATIN) === 0 && unit !== 0x5f && unit !== 0x2d)))
      break
    size++
  }
  return size >= (digitsOnly ? 5 : 2) ? i : -1
}

/** A messenger's name at `at` in company that makes it one. Its end in `matchEnd`. */
function contactAt(draft: Draft, at: number): number {
  const { units, length } = draft
  const payload = contactTrie.longest(units, length, at)
  if (payload === undefined) return -1
  const { end } = contactTrie
  const name = contactNames[payload.weight] as (typeof contactNames)[number]
  if (
    isWordUnit(units[at]) &&
    at > 0 &&
    (isWordUnit(units[at - 1]) || joinsLatin[units[at - 1] as number] === 1)
  ) {
    return -1
  }
  let before = at - 1
  while (before >= 0 && before >= at - 2 && (units[before] === SPACE || units[before] === PLUS)) before--
  const verb = before >= 0 ? (units[before] as number) : 0
  const adding =
    isAdding[verb] === 1 || isAddingDisguised(draft, before) || (at > 0 && units[at - 1] === PLUS)
  const toQq = name.target[0] === 0x71
  const id = idAfter(draft, end, toQq && name.target.length === 2)
  // A name in Latin letters must end there, or be followed by an id with a sign between or by digits.
  if (
    isWordUnit(units[end - 1]) &&
    end < length &&
    ((unitClass[units[end] as number] as number) & LATIN) !== 0
  )
    return -1
  let accepted = name.ordinary ? adding && id >= 0 : adding || id >= 0
  if (
    !accepted &&
    name.short &&
    (units[before] === ADD || units[before] === PLUS || isAddingDisguised(draft, before))
  ) {
    accepted = end >= length || isShortStop[units[end] as number] === 0
  }
  if (accepted && name.ordinary && end < length && isShortStop[units[end] as number] === 1 && id < 0)
    return -1
  if (!accepted) return -1
  matchEnd = end
  return payload.weight
}

/** A disguise found at a place: what it is replaced by. */
interface Fold {
  target: Uint16Array
  end: number
  kind: number
  weight: number
  gaps: number
}
const fold: Fold = { target: new Uint16Array(0), end: 0, kind: 0, weight: 0, gaps: 0 }

/** Units at which a word or a name may begin. */
const begins = new Uint8Array(65536)
for (let unit = 0; unit < 65536; unit++) {
  if (wordTrie.first[unit] !== 0 || rareSyllable[unit] !== 0) begins[unit] = 1
  if (contactTrie.first[unit] !== 0) begins[unit] = (begins[unit] as number) | 2
}

/** Hashed pairs of units that words begin with: small enough for the cache, and most pairs of a text are none of them. */
const PAIRS = 1 << 18
const pairs = new Uint32Array(PAIRS / 32)
const pairBit = (first: number, second: number) =>
  (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> 14
wordTrie.beginnings((first, second) => {
  const bit = pairBit(first, second)
  pairs[bit >>> 5] = (pairs[bit >>> 5] as number) | (1 << (bit & 31))
})

/** False when no word can begin with the unit at `at` and what follows it. */
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

/** Whether something at `at` is to be replaced, as `fold` says; `fold.end` is where reading goes on. */
function foldAt(draft: Draft, at: number): boolean {
  const begin = begins[draft.units[at] as number] as number
  fold.end = at + 1
  if ((begin & 2) !== 0) {
    const index = contactAt(draft, at)
    if (index >= 0) {
      const name = contactNames[index] as (typeof contactNames)[number]
      fold.target = name.target
      fold.end = matchEnd
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

/** Undoes disguises of words and of the names of messengers. Returns `draft` if there are none, else `out`. */
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

/** 伽, 咖, … before a messenger's name stand for 加. */
function undisguiseAdding(out: Draft, length: number): number {
  let k = length - 1
  while (k >= 0 && k >= length - 2 && (out.units[k] === SPACE || out.units[k] === PLUS)) k--
  if (isAddingDisguised(out, k)) {
    out.units[k] = ADD
    bump(out, KIND.contact, 1)
  }
  return length
}
