import jaroWinklerOf from 'natural/lib/natural/distance/jaro-winkler_distance.js'
import levenshtein from 'natural/lib/natural/distance/levenshtein_distance.js'

/** Names longer than this are compared by their beginning: the distance takes quadratic time. */
const LONGEST = 64

/**
 * Jaro-Winkler similarity of two texts, 0 (nothing in common) to 1 (equal); a common beginning counts for more.
 * Symmetric. Method: Winkler 1990, as implemented by `natural`.
 */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1
  return jaroWinklerOf(a.slice(0, LONGEST), b.slice(0, LONGEST))
}

/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment): the least number of insertions,
 * deletions, substitutions and swaps of neighbours, no place edited twice, that lead from one text to the other, in
 * code units. The unrestricted form of `natural` 8.1 is not used: it gives 0 for ` a` and ` aa`.
 */
export function damerauLevenshtein(a: string, b: string): number {
  if (a === b) return 0
  return levenshtein.DamerauLevenshteinDistance(a.slice(0, LONGEST), b.slice(0, LONGEST), {
    restricted: true,
  })
}
