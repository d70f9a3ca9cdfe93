import { libraries } from './libraries.ts'

/** The candidate that a mistyped word most likely meant, or undefined when none is near. Case is no difference. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = word.slice(0, 100).toLowerCase()
  const limit = Math.max(1, Math.floor(wanted.length / 3))
  let best: string | undefined
  let least = limit + 0.5
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    // Of two that are equally near, the one that begins alike: few people mistype the first letter.
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
