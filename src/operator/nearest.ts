/** Optimal string alignment distance (Damerau-Levenshtein with adjacent swaps), given up above `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, before[j - 2]! + 1)
      row.push(best)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/** The candidate that a mistyped word most likely meant, or undefined when none is near. Case is no difference. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const wanted = word.slice(0, 100).toLowerCase()
  let best: string | undefined
  let least = limit + 0.5
  for (const candidate of candidates) {
    const other = candidate.toLowerCase()
    // Of two that are equally near, the one that begins alike: few people mistype the first letter.
    const found = distance(wanted, other, limit) - (other[0] === wanted[0] ? 0.5 : 0)
    if (found < least) {
      least = found
      best = candidate
    }
  }
  return best
}
