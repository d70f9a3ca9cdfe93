import { DISGUISED_SUFFIXES, WORD_SUFFIXES } from './host-suffixes.ts'
import { bump, type Draft, KIND, kindAt } from './plain.ts'
import { DIGIT, LATIN } from './plain-tables.ts'
import { foldLinksWords } from './words.generated.ts'

const DOT = 0x2e
const SPACE = 0x20
const POINT = foldLinksWords.point.charCodeAt(0)
const LONGEST_SUFFIX = 7

const isDot = new Uint8Array(65536)
for (const c of foldLinksWords.dots) isDot[c.charCodeAt(0)] = 1
isDot[DOT] = 1

/** Folds disguised dots of hosts to dots (abc。com, abc 点 cn, abc . top, [.]com). In place. */
export function foldLinks(draft: Draft): void {
  const { units, offsets, marks, length } = draft
  let out = 0
  for (let i = 0; i < length; ) {
    const end = isDot[units[i] as number] === 1 || units[i] === SPACE ? disguisedDot(draft, i) : i
    offsets[out] = offsets[i] as number
    marks[out] = marks[i] as number
    if (end === i) units[out++] = units[i++] as number
    else {
      units[out++] = DOT
      i = end
      bump(draft, KIND.link, 1)
    }
  }
  draft.length = out
}

/** End of a disguised dot at `start`, including spaces around it, or `start`. */
function disguisedDot(draft: Draft, start: number): number {
  const { units, length } = draft
  const before = start > 0 ? (units[start - 1] as number) : 0
  const beforeKind = kindAt(draft, start - 1)
  if ((beforeKind & (LATIN | DIGIT)) === 0 && before !== 0x2d && before !== 0x5f) return start
  let i = start
  if (units[i] === SPACE) i++
  const dot = units[i] as number
  if (i >= length || isDot[dot] !== 1) return start
  const spacedBefore = i > start
  i++
  const spacedAfter = units[i] === SPACE
  if (spacedAfter) i++
  // A plain dot is disguised only by spaces on both sides or before it.
  if (dot === DOT && !spacedBefore) return start
  let end = i
  while (end < length && end - i <= LONGEST_SUFFIX && (kindAt(draft, end) & LATIN) !== 0) end++
  if (end === i || end - i > LONGEST_SUFFIX || (kindAt(draft, end) & DIGIT) !== 0 || units[end] === 0x2d)
    return start
  let suffix = ''
  for (let k = i; k < end; k++) suffix += String.fromCharCode(units[k] as number)
  if (!DISGUISED_SUFFIXES.has(suffix)) return start
  // Check the label before the dot: 晚8点live is a time, "ok . me" a sentence.
  let label = start
  let letters = false
  while (label > 0 && (kindAt(draft, label - 1) & (LATIN | DIGIT)) !== 0) {
    label--
    if ((kindAt(draft, label) & LATIN) !== 0) letters = true
  }
  if (dot === POINT && !letters && start - label < 3) return start
  if (WORD_SUFFIXES.has(suffix) && (spacedBefore || spacedAfter) && dot !== POINT) return start
  if (WORD_SUFFIXES.has(suffix) && dot === POINT && !letters) return start
  return i
}
