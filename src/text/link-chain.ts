import { CHINESE_SUFFIXES, DISGUISED_SUFFIXES, WORD_SUFFIXES } from './host-suffixes.ts'
import { type Draft, draftText, kindAt } from './plain.ts'
import { CJK, DIGIT, FOREIGN, LATIN, OTHER_LETTER } from './plain-tables.ts'
import { linkChainWords } from './words.generated.ts'

const MAX_LABEL = 63
const MAX_LABELS = 12

export const SPACE = 0x20
export const DOT = 0x2e
export const SLASH = 0x2f
export const HYPHEN = 0x2d
export const UNDERSCORE = 0x5f
const POINT = linkChainWords.point.charCodeAt(0)

/** Kinds of dots; a greater value is stronger evidence of a disguise. */
const NO_DOT = 0
export const PLAIN_DOT = 1
export const SPACED_DOT = 2
const SIGN_DOT = 3
const WORD_DOT = 4
const BRACKET_DOT = 5

const isSignDot = new Uint8Array(65536)
for (const sign of linkChainWords.signDots) isSignDot[sign.charCodeAt(0)] = 1
/** Whether a unit may be part of a host that is not Chinese. */
export function isHostUnit(draft: Draft, at: number): boolean {
  if (at < 0 || at >= draft.length) return false
  const unit = draft.units[at] as number
  return (
    (kindAt(draft, at) & (LATIN | DIGIT | FOREIGN | OTHER_LETTER)) !== 0 ||
    unit === HYPHEN ||
    unit === UNDERSCORE
  )
}

/** A chain of labels being read: start and end of each, and the dot before it. */
interface Chain {
  count: number
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly dots: Int32Array
  /** Position to continue from if this is not a link. */
  resume: number
  /** Characters that the text declares to stand for a dot. */
  masks: string
}
/** The chain read last. */
export const chain: Chain = {
  count: 0,
  starts: new Int32Array(MAX_LABELS),
  ends: new Int32Array(MAX_LABELS),
  dots: new Int32Array(MAX_LABELS),
  resume: 0,
  masks: '',
}

let dotEnd = 0

/** The kind of dot at `at`, including spaces around it; sets `dotEnd`. */
function dotAt(draft: Draft, at: number): number {
  const { units, length } = draft
  let i = at
  while (i < at + 2 && units[i] === SPACE && i < length) i++
  const spaces = i - at
  const unit = i < length ? (units[i] as number) : 0
  let kind = NO_DOT
  if (unit === DOT) {
    kind = PLAIN_DOT
    i++
  } else if (unit === POINT) {
    kind = WORD_DOT
    i++
  } else if (isSignDot[unit] === 1) {
    kind = SIGN_DOT
    i++
  } else if (unit === 0x5b || unit === 0x28 || unit === 0x7b) {
    const close = unit === 0x28 ? 0x29 : unit + 2
    const inner = units[i + 1]
    if ((inner === DOT || inner === POINT) && units[i + 2] === close) {
      kind = BRACKET_DOT
      i += 3
    } else if (isDotWord(draft, i + 1) && units[i + 4] === close) {
      kind = BRACKET_DOT
      i += 5
    }
  } else if (unit !== SPACE && chain.masks !== '' && chain.masks.includes(String.fromCharCode(unit))) {
    kind = SIGN_DOT
    i++
  } else if (spaces === 1 && chain.masks.includes(' ') && isSuffixAt(draft, i)) {
    kind = SIGN_DOT
  } else if (spaces > 0 && isDotWord(draft, i) && units[i + 3] === SPACE) {
    kind = WORD_DOT
    i += 3
  }
  if (kind === NO_DOT) return NO_DOT
  const after = i
  while (i < after + 2 && i < length && units[i] === SPACE) i++
  if (kind === PLAIN_DOT && (spaces > 0 || i > after)) kind = SPACED_DOT
  dotEnd = i
  return kind
}

/** Whether a complete suffix used by spam is at `at`. */
function isSuffixAt(draft: Draft, at: number): boolean {
  const end = labelEnd(draft, at)
  return end > at && DISGUISED_SUFFIXES.has(draftText(draft, at, end))
}

/** Characters that a text may name as the mask of a dot, by their names. */
const NAMED_SIGNS: Readonly<Record<string, string>> = linkChainWords.namedSigns
const NAME = Object.keys(NAMED_SIGNS).join('|')
const NAMES = new RegExp(NAME, 'g')
/** `逗号改点`, `空格换成.`. */
const NAMED_MASK = linkChainWords.namedMask
/** `把*改为点`, `“;”换成点`: the character itself. A comma counts only if it is quoted or the object of the verb. */
const QUOTED_MASK = linkChainWords.quotedMask
/** `中间加点`, `自行加点`: the reader is told to insert the dot at the gap. */
const GAP_MASK = linkChainWords.gapMask

/** Characters, including the space, that a text declares to stand for the dot of a link; empty for almost every text. */
export function masksIn(text: string): string {
  if (!linkChainWords.maskHint.test(text)) return ''
  let masks = GAP_MASK.test(text) ? ' ' : ''
  for (const [said] of text.matchAll(NAMED_MASK))
    for (const [name] of said.matchAll(NAMES)) masks += NAMED_SIGNS[name]
  for (const [, sign] of text.matchAll(QUOTED_MASK)) masks += (sign as string).normalize('NFKC')
  return masks
}

function isDotWord(draft: Draft, at: number): boolean {
  return draft.units[at] === 0x64 && draft.units[at + 1] === 0x6f && draft.units[at + 2] === 0x74
}

/** End of the run of host characters at `start`. */
export function labelEnd(draft: Draft, start: number): number {
  let end = start
  while (isHostUnit(draft, end)) end++
  return end
}

/** End of a label whose letters are separated by single spaces (c o m, 8 8 p j), or -1. */
function spacedLabelEnd(draft: Draft, start: number): number {
  const { units } = draft
  let end = start
  let letters = 0
  while (letters < 8 && isHostUnit(draft, end) && !isHostUnit(draft, end + 1)) {
    letters++
    if (units[end + 1] !== SPACE || !isHostUnit(draft, end + 2) || isHostUnit(draft, end + 3))
      return letters > 1 ? end + 1 : -1
    end += 2
  }
  return -1
}

export function labelText(draft: Draft, start: number, end: number): string {
  return draftText(draft, start, end).replaceAll(' ', '')
}

/** Reads labels and dots from `start` into `chain`. Each unit is read a bounded number of times. */
export function readChain(draft: Draft, start: number): void {
  chain.count = 0
  chain.resume = start + 1
  let at = start
  let end = labelEnd(draft, at)
  const spaced = end === at + 1 ? spacedLabelEnd(draft, at) : -1
  if (spaced > 0 && dotAt(draft, spaced) !== NO_DOT) end = spaced
  let dot = NO_DOT
  let worst = NO_DOT
  for (;;) {
    if (end - at > 2 * MAX_LABEL) {
      chain.resume = end
      return
    }
    chain.starts[chain.count] = at
    chain.ends[chain.count] = end
    chain.dots[chain.count] = dot
    chain.count++
    chain.resume = end
    if (chain.count === MAX_LABELS) return
    dot = dotAt(draft, end)
    if (dot === NO_DOT) return
    at = dotEnd
    if ((kindAt(draft, at) & CJK) !== 0) {
      const chinese = chineseSuffixEnd(draft, at)
      if (chinese > at && dot !== SPACED_DOT) {
        end = chinese
        continue
      }
      return
    }
    if (!isHostUnit(draft, at)) return
    end = labelEnd(draft, at)
    if (end === at + 1) {
      const letters = spacedLabelEnd(draft, at)
      if (letters > 0 && DISGUISED_SUFFIXES.has(labelText(draft, at, letters))) end = letters
    }
    // A plain dot after a disguised one belongs to the next link: 打开APP点t.cn.
    if (worst >= SIGN_DOT && dot === PLAIN_DOT) {
      chain.count = Math.max(1, chain.count - 1)
      chain.resume = chain.starts[chain.count] as number
      return
    }
    if (dot === SPACED_DOT || dot === SIGN_DOT || dot === WORD_DOT) {
      if (!mayFollow(draft, at, end, dot)) return
    }
    worst = Math.max(worst, dot)
  }
}

/** Whether a label may follow a disguised dot: it is a suffix, or is followed by the same kind of dot. */
function mayFollow(draft: Draft, start: number, end: number, dot: number): boolean {
  const { units } = draft
  const first = labelText(draft, chain.starts[0] as number, chain.ends[0] as number)
  const label = labelText(draft, start, end)
  if (first === 'www') return true
  // "paid. Click here": a space only after the dot is normal in sentences.
  if (
    dot === SPACED_DOT &&
    units[chain.ends[chain.count - 1] as number] === DOT &&
    label !== 'com' &&
    label !== 'cn'
  )
    return false
  if (!DISGUISED_SUFFIXES.has(label)) {
    const next = dotAt(draft, end)
    return next === dot && next !== SPACED_DOT
  }
  const letters = /[a-z]/.test(first)
  if (dot === WORD_DOT) return letters || (first.length > 2 && !WORD_SUFFIXES.has(label))
  if (!WORD_SUFFIXES.has(label) || (chain.ends[0] as number) - (chain.starts[0] as number) > first.length)
    return true
  // ok。live now: a sentence. a-1。live, dxm。test/j8: a host.
  return dot === SIGN_DOT && (/[\d_-]/.test(first) || units[end] === SLASH)
}

/** End of a Chinese suffix at `start` that is not followed by more Chinese, or `start`. */
export function chineseSuffixEnd(draft: Draft, start: number): number {
  let end = start
  while (end - start < 6 && (kindAt(draft, end) & CJK) !== 0) end++
  return CHINESE_SUFFIXES.has(draftText(draft, start, end)) ? end : start
}
