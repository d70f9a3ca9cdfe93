import type { NormalisedText } from '../domain/reading.ts'
import { foldDigitLetters, foldNumerals, mayHoldNumerals } from './fold-digits.ts'
import { foldLeet, foldLookalikes, joinSpaced } from './fold-latin.ts'
import { foldLinks } from './fold-links.ts'
import { closeSeries, foldSplits } from './fold-series.ts'
import { foldWords } from './fold-words.ts'
import { type Draft, draftText, KINDS, MAX_UNITS, newDraft, readPlain } from './plain.ts'
import { CJK, COMPONENT, FOREIGN, LATIN, LETTER_SIGN } from './plain-tables.ts'

const NO_FOLDS: Readonly<Record<string, number>> = Object.freeze({})
const source = newDraft()
const target = newDraft()

/**
 * Normalises a text: NFKC, lower case, simplified characters, invisible characters removed, disguises undone and counted
 * (docs/folding.md). `offsets` maps back to the original. Reads the first 65,535 code units; linear in them.
 */
export function normalise(text: string): NormalisedText {
  readPlain(source, text)
  return normalisePlain(source)
}

/** The passes after the plain one; consumes `draft`. */
export function normalisePlain(draft: Draft): NormalisedText {
  if ((draft.seen & COMPONENT) !== 0) foldSplits(draft)
  if (draft.mixed) foldDigitLetters(draft)
  if (mayHoldNumerals(draft)) foldNumerals(draft)
  if ((draft.seen & FOREIGN) !== 0) foldLookalikes(draft)
  if (draft.mixed || (draft.seen & LETTER_SIGN) !== 0) foldLeet(draft)
  if (draft.singles > 2) joinSpaced(draft)
  if ((draft.seen & LATIN) !== 0) foldLinks(draft)
  if ((draft.seen & CJK) === 0) return finish(draft)
  closeSeries(draft)
  return finish(foldWords(draft, target))
}

/** Identity mapping, for texts in which nothing was removed, joined or expanded, which are most. */
const SAME_PLACES = Uint16Array.from({ length: MAX_UNITS + 1 }, (_, i) => i)

/** Most texts share one buffer: allocating one per text would cost more than the passes. */
function offsetsOf({ offsets: from, length, sourceLength }: Draft): Uint16Array {
  let same = 0
  while (same < length && from[same] === same) same++
  if (same === length && sourceLength === length) return SAME_PLACES.subarray(0, length + 1)
  const offsets = new Uint16Array(length + 1)
  offsets.set(from.subarray(0, length))
  offsets[length] = sourceLength
  return offsets
}

function finish(draft: Draft): NormalisedText {
  const offsets = offsetsOf(draft)
  let folded = 0
  for (let kind = 0; kind < KINDS.length; kind++) folded += draft.folds[kind] as number
  return { text: draftText(draft), offsets, folded, folds: folded === 0 ? NO_FOLDS : foldsOf(draft) }
}

function foldsOf(draft: Draft): Record<string, number> {
  const folds: Record<string, number> = {}
  for (const [i, kind] of KINDS.entries()) {
    const count = draft.folds[i] as number
    if (count > 0) folds[kind] = count
  }
  return folds
}
