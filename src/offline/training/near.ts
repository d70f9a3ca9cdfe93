import { DisjointSets } from '../../domain/disjoint-sets.ts'
import { getOrInsert, increment } from '../../domain/maps.ts'

/**
 * Groups near-duplicates, so that training and held-out parts share none. Two texts are near-duplicates if they share more than
 * `share` of the 3-grams of the smaller one (digits and spaces removed); groups are the connected components. Returns the group
 * of each text as the index of its first member. Grams that occur in more than `common` texts are ignored, which bounds the
 * work.
 */
export function nearGroups(texts: readonly string[], share = 0.5, common = 60): Int32Array {
  const sets = new DisjointSets<number>()
  const grams = texts.map(trigrams)
  const postings = new Map<string, number[]>()
  const frequency = new Map<string, number>()
  for (const set of grams) for (const gram of set) increment(frequency, gram)
  for (const [i, set] of grams.entries()) {
    const shared = new Map<number, number>()
    let telling = 0
    for (const gram of set) {
      if ((frequency.get(gram) ?? 0) > common) continue
      telling++
      const before = getOrInsert(postings, gram, () => [])
      for (const j of before) increment(shared, j)
      before.push(i)
    }
    if (telling < 3) continue
    for (const [j, count] of shared) {
      if (count > share * Math.min(telling, (grams[j] as Set<string>).size)) sets.join(i, j)
    }
  }
  // Texts without a usable gram are grouped by equality.
  const whole = new Map<string, number>()
  for (const [i, text] of texts.entries()) {
    const key = squash(text)
    const first = whole.get(key)
    if (first === undefined) whole.set(key, i)
    else sets.join(i, first)
  }
  return Int32Array.from(texts, (_, i) => sets.rootOf(i))
}

function squash(text: string): string {
  return text.toLowerCase().replace(/[\s\d]+/g, '')
}

export function trigrams(text: string): Set<string> {
  const squashed = squash(text)
  const set = new Set<string>()
  for (let i = 0; i + 3 <= squashed.length; i++) set.add(squashed.slice(i, i + 3))
  return set
}
