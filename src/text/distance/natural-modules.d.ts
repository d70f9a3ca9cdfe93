declare module 'natural/lib/natural/distance/jaro-winkler_distance.js' {
  /** Jaro-Winkler similarity, 0 to 1. */
  export default function jaroWinkler(a: string, b: string): number
}

declare module 'natural/lib/natural/distance/levenshtein_distance.js' {
  interface Options {
    /** Optimal string alignment: no edit inside a transposed pair. */
    restricted?: boolean
  }
  const distances: { DamerauLevenshteinDistance(a: string, b: string, options?: Options): number }
  export default distances
}
