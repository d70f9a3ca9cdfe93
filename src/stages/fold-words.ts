import { ADDING, ADDING_DISGUISED, SHORT_NAME_STOPS } from './fold-tables.ts'
import {
  contactNames,
  contactTrie,
  type Payload,
  rareSyllable,
  splitTrie,
  type Trie,
  wordTrie,
} from './fold-trie.ts'
import {
  bump,
  CJK,
  DIGIT,
  type Draft,
  ensure,
  KIND,
  LATIN,
  SEPARATOR,
  SURROGATE,
  unitClass,
} from './plain.ts'

/** Signs that part at most this many units inside a word (an emoji has two). */
const MAX_GAP = 2
const SPACE = 0x20

const flags = (characters: string): Uint8Array => {
  const table = new Uint8Array(65536)
  for (let i = 0; i < characters.length; i++) table[characters.charCodeAt(i)] = 1
  return table
}
const isAdding = flags(ADDING)
const isAddingDisguised = flags(ADDING_DISGUISED)
const isShortStop = flags(SHORT_NAME_STOPS)
/** Between a messenger's name and the id. */
const isIdLead = flags(' ::：号是为→=-~"\'“”(（【[<《>·.、,，')
/** Signs that ordinary texts put between single characters (lists, slogans): a longer run is needed. */
const isUsualSign = flags(' .·-/|&+~\\')
/** Before or after Latin letters: part of a host, an address, an identifier. */
const joinsLatin = flags('./@-_')
const ADD = '加'.charCodeAt(0)

function isWordUnit(unit: number | undefined): boolean {
  return unit !== undefined && ((unitClass[unit] as number) & (LATIN | DIGIT)) !== 0
}

/** Longest entry of a trie without gaps at `at`; its end in `matchEnd`. */
function longest(trie: Trie, draft: Draft, at: number): Payload | undefined {
  const { units, length } = draft
  let node = trie.first[units[at] as number] as number
  let found: Payload | undefined
  for (let i = at + 1; node !== 0; i++) {
    const payload = trie.payload(node)
    if (payload !== undefined) {
      found = payload
      matchEnd = i
    }
    if (i >= length) break
    node = trie.step(node, units[i] as number)
  }
  return found
}

let matchEnd = 0
let matchGaps = 0

/** Joins characters that were torn into components. In place. */
export function foldSplits(draft: Draft): void {
  const { units, offsets, marks } = draft
  let out = 0
  for (let i = 0; i < draft.length; ) {
    const payload = longest(splitTrie, draft, i)
    offsets[out] = offsets[i] as number
    marks[out] = marks[i] as number
    if (payload === undefined) {
      units[out++] = units[i++] as number
      continue
    }
    units[out++] = payload.target[0] as number
    i = matchEnd
    bump(draft, KIND.split, 1)
  }
  draft.length = out
}

/**
 * Closes runs of single Chinese characters with a sign after each (房.产.抵.押, 恭*喜*中*奖, 【提】【供】【票】). In place.
 */
export function closeSeries(draft: Draft): void {
  const { units, offsets, marks, length } = draft
  let out = 0
  let i = 0
  while (i < length) {
    const end = (unitClass[units[i] as number] as number) & CJK ? seriesEnd(draft, i) : i
    if (end > i) {
      for (; i < end; i++) {
        if (((unitClass[units[i] as number] as number) & CJK) === 0) {
          bump(draft, KIND.separator, 1)
          continue
        }
        units[out] = units[i] as number
        offsets[out] = offsets[i] as number
        marks[out++] = marks[i] as number
      }
      continue
    }
    units[out] = units[i] as number
    offsets[out] = offsets[i] as number
    marks[out++] = marks[i++] as number
  }
  draft.length = out
}

/** End of the series that begins at `start`, or `start`. */
function seriesEnd(draft: Draft, start: number): number {
  const { units, length } = draft
  let at = start
  let gaps = 0
  let usual = false
  let brackets = 0
  for (;;) {
    const sign = units[at + 1] as number
    if (at + 2 < length && ((unitClass[sign] as number) & SEPARATOR) !== 0) {
      const wide = ((unitClass[sign] as number) & SURROGATE) !== 0 ? 2 : 1
      if (at + 1 + wide >= length) break
      if (((unitClass[units[at + 1 + wide] as number] as number) & CJK) === 0) break
      if (isUsualSign[sign] === 1) usual = true
      gaps++
      at += 1 + wide
      continue
    }
    // 】【 between single characters.
    if (at + 3 < length && isBracketPair(sign, units[at + 2] as number)) {
      if (((unitClass[units[at + 3] as number] as number) & CJK) === 0) break
      brackets++
      gaps++
      at += 3
      continue
    }
    break
  }
  const needed = usual || brackets > 0 ? 3 : 2
  return gaps >= needed ? at + 1 : start
}

function isBracketPair(closing: number, opening: number): boolean {
  return (
    (closing === 0x3011 && opening === 0x3010) ||
    (closing === 0x5d && opening === 0x5b) ||
    (closing === 0x300d && opening === 0x300c) ||
    (closing === 0x29 && opening === 0x28)
  )
}

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
  const payload = longest(contactTrie, draft, at)
  if (payload === undefined) return -1
  const end = matchEnd
  const name = contactNames[payload.weight] as (typeof contactNames)[number]
  if (
    isWordUnit(units[at]) &&
    at > 0 &&
    (isWordUnit(units[at - 1]) || joinsLatin[units[at - 1] as number] === 1)
  ) {
    return -1
  }
  let before = at - 1
  while (before >= 0 && before >= at - 2 && (units[before] === SPACE || units[before] === 0x2b)) before--
  const verb = before >= 0 ? (units[before] as number) : 0
  const adding = isAdding[verb] === 1 || isAddingDisguised[verb] === 1 || (at > 0 && units[at - 1] === 0x2b)
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
    (units[before] === ADD || units[before] === 0x2b || isAddingDisguised[verb] === 1)
  ) {
    accepted = end >= length || isShortStop[units[end] as number] === 0
  }
  if (accepted && name.ordinary && end < length && isShortStop[units[end] as number] === 1 && id < 0)
    return -1
  if (!accepted) return -1
  matchEnd = end
  return payload.weight
}

/** Undoes disguises of words and of the names of messengers; `draft` to `out`. */
export function foldWords(draft: Draft, out: Draft): void {
  const { units, offsets, marks, length } = draft
  ensure(out, length * 2 + 64)
  out.folds.set(draft.folds)
  let n = 0
  let i = 0
  const emit = (target: Uint16Array, start: number, end: number) => {
    if (n + target.length + (length - end) + 64 > out.units.length) {
      ensure(out, n + target.length + (length - end) + 4096)
    }
    const size = target.length
    for (let k = 0; k < size; k++) {
      out.units[n] = target[k] as number
      out.offsets[n] = offsets[start + Math.floor((k * (end - start)) / size)] as number
      out.marks[n] = 0
      n++
    }
  }
  while (i < length) {
    const unit = units[i] as number
    if (contactTrie.first[unit] !== 0) {
      const index = contactAt(draft, i)
      if (index >= 0) {
        const end = matchEnd
        const name = contactNames[index] as (typeof contactNames)[number]
        let k = n - 1
        while (k >= 0 && k >= n - 2 && (out.units[k] === SPACE || out.units[k] === 0x2b)) k--
        if (k >= 0 && isAddingDisguised[out.units[k] as number] === 1) {
          out.units[k] = ADD
          bump(out, KIND.contact, 1)
        }
        if (name.weight > 0) bump(out, KIND.contact, name.weight)
        emit(name.target, i, end)
        i = end
        continue
      }
    }
    if (wordTrie.first[unit] !== 0 || rareSyllable[unit] !== 0) {
      const payload = wordAt(draft, i)
      if (payload !== undefined) {
        const end = matchEnd
        const gaps = matchGaps
        if (payload.plain && gaps === 0 && payload.target.length === end - i && payload.weight === 0) {
          // The word itself, or a spelling of the same length: element by element.
          emit(payload.target, i, end)
          i = end
          continue
        }
        if (!overlapped(draft, i, end)) {
          if (payload.weight > 0) bump(out, KIND.word, payload.weight)
          if (gaps > 0) bump(out, KIND.separator, gaps)
          emit(payload.target, i, end)
          i = end
          continue
        }
      }
    }
    if (n + 64 > out.units.length) ensure(out, n + (length - i) + 4096)
    out.units[n] = unit
    out.offsets[n] = offsets[i] as number
    out.marks[n] = marks[i] as number
    n++
    i++
  }
  out.length = n
  out.sourceLength = draft.sourceLength
  out.seen = draft.seen
  out.marked = draft.marked
}
