import jaroWinklerOf from 'natural/lib/natural/distance/jaro-winkler_distance.js'
import levenshtein from 'natural/lib/natural/distance/levenshtein_distance.js'

/** Longer names are compared by their first characters: the distance takes quadratic time. */
const LONGEST = 64

/**
 * Jaro-Winkler similarity of two texts, 0 (nothing in common) to 1 (equal); a common prefix increases it. Symmetric. Method:
 * Winkler 1990, as implemented by `natural`.
 */
export function jaroWinkler(a: string, b: string): number {
  if (a === b) return 1
  return jaroWinklerOf(a.slice(0, LONGEST), b.slice(0, LONGEST))
}

/**
 * Restricted Damerau-Levenshtein distance (optimal string alignment) in code units: the least number of insertions, deletions,
 * substitutions and transpositions of neighbours, with no substring edited twice. The unrestricted form of `natural` 8.1 is not
 * used: it gives 0 for ` a` and ` aa`.
 */
export function damerauLevenshtein(a: string, b: string): number {
  if (a === b) return 0
  return levenshtein.DamerauLevenshteinDistance(a.slice(0, LONGEST), b.slice(0, LONGEST), {
    restricted: true,
  })
}
