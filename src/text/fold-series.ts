import { splitTrie } from './fold-trie.ts'
import { bump, type Draft, KIND } from './plain.ts'
import { CJK, SEPARATOR, SURROGATE, unitClass, unitSet } from './plain-tables.ts'

const SPACE = 0x20

/** Signs common between single characters in ordinary texts (lists, slogans): require a longer run. */
const isUsualSign = unitSet(' .·-/|&+~\\')
const isClosing = unitSet('】]」)')

/** Joins characters that were split into components. In place. */
export function foldSplits(draft: Draft): void {
  const { units, offsets, marks } = draft
  let out = 0
  for (let i = 0; i < draft.length; ) {
    const payload = splitTrie.longest(units, draft.length, i)
    offsets[out] = offsets[i] as number
    marks[out] = marks[i] as number
    if (payload === undefined) {
      units[out++] = units[i++] as number
      continue
    }
    units[out++] = payload.target[0] as number
    i = splitTrie.end
    bump(draft, KIND.split, 1)
  }
  draft.length = out
}

/** Removes the sign after each character in runs of single Chinese characters (房.产.抵.押, 恭*喜*中*奖, 【提】【供】【票】). In place. */
export function closeSeries(draft: Draft): void {
  const { units, offsets, marks, length } = draft
  let i = nextSeries(draft, 0)
  if (i === length) return
  let out = i
  while (i < length) {
    const end = seriesEnd(draft, i)
    for (; i < end; i++) {
      if (((unitClass[units[i] as number] as number) & CJK) === 0) {
        bump(draft, KIND.separator, 1)
        continue
      }
      units[out] = units[i] as number
      offsets[out] = offsets[i] as number
      marks[out++] = marks[i] as number
    }
    const next = nextSeries(draft, i)
    units.copyWithin(out, i, next)
    offsets.copyWithin(out, i, next)
    marks.copyWithin(out, i, next)
    out += next - i
    i = next
  }
  draft.length = out
}

/** Start of the first series at or after `from`, or the length. */
function nextSeries(draft: Draft, from: number): number {
  const { units, length } = draft
  for (let i = from; i < length; i++) {
    const kind = unitClass[units[i] as number] as number
    // A series can only start with a sign or bracket after a Chinese character.
    if ((kind & CJK) === 0 && i > from && ((kind & SEPARATOR) !== 0 || isClosing[units[i] as number] === 1)) {
      if (((unitClass[units[i - 1] as number] as number) & CJK) !== 0 && seriesEnd(draft, i - 1) > i)
        return i - 1
    }
  }
  return length
}

/** End of the series at `start`, or `start`. */
function seriesEnd(draft: Draft, start: number): number {
  const { units, length } = draft
  let at = start
  let gaps = 0
  let usual = false
  let brackets = 0
  let before = start
  for (;;) {
    const sign = units[at + 1] as number
    if (at + 2 < length && ((unitClass[sign] as number) & SEPARATOR) !== 0) {
      const wide = ((unitClass[sign] as number) & SURROGATE) !== 0 ? 2 : 1
      if (at + 1 + wide >= length) break
      if (((unitClass[units[at + 1 + wide] as number] as number) & CJK) === 0) break
      if (isUsualSign[sign] === 1) usual = true
      gaps++
      before = at
      at += 1 + wide
      continue
    }
    // 】【 between single characters.
    if (at + 3 < length && isBracketPair(sign, units[at + 2] as number)) {
      if (((unitClass[units[at + 3] as number] as number) & CJK) === 0) break
      brackets++
      gaps++
      before = at
      at += 3
      continue
    }
    break
  }
  // A space before a longer word separates two words: 加 微 信 咨询.
  if (
    gaps > 0 &&
    units[at - 1] === SPACE &&
    at + 1 < length &&
    ((unitClass[units[at + 1] as number] as number) & CJK) !== 0
  ) {
    at = before
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
