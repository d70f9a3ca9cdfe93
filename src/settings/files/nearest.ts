import { libraries } from './libraries.ts'

/** The candidate nearest to a mistyped word, ignoring case; undefined if none is within one edit or a third of its length. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.slice(0, 100).toLowerCase()
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  let least = limit + 0.5
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    // Prefer a candidate with the same first letter: it is seldom mistyped.
    if (Math.abs(other.length - wanted.length) > limit) continue
    const found =
      libraries.levenshtein.DamerauLevenshteinDistance(wanted, other, { restricted: true }) -
      (other[0] === wanted[0] ? 0.5 : 0)
    if (found < least) {
      least = found
      best = candidate
    }
  }
  return best
}
