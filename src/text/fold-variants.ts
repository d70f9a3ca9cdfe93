/** Entries of a table of fold-tables.ts, split at the first `separator`. */
export function entries(table: string, separator: string): [string, string][] {
  const found: [string, string][] = []
  for (const entry of table.split(/\s+/)) {
    if (entry === '') continue
    const at = entry.indexOf(separator)
    if (at <= 0) throw new Error(`folding table: ${entry} has no ${separator}`)
    found.push([entry.slice(0, at), entry.slice(at + separator.length)])
  }
  return found
}

/** Parses `character:neighbours` into a map to single neighbours; a character may have several entries. */
export function neighbourMap(table: string): Map<string, string[]> {
  const map = new Map<string, string[]>()
  for (const [canonical, neighbours] of entries(table, ':')) {
    map.set(canonical, [...(map.get(canonical) ?? []), ...neighbours])
  }
  return map
}

/** Parses `character=components` into a map to sequences of components. */
export function splitMap(table: string): Map<string, string[]> {
  const map = new Map<string, string[]>()
  for (const [canonical, parts] of entries(table, '=')) {
    map.set(canonical, [...(map.get(canonical) ?? []), parts])
  }
  return map
}

/** A word of WORDS; `strict` words take unusual neighbours only. */
export interface FoldWord {
  readonly word: string
  readonly strict: boolean
}

export function foldWords(table: string): FoldWord[] {
  const words = table.split(/\s+/).filter((entry) => entry !== '')
  return words.map((entry) =>
    entry.endsWith('!') ? { word: entry.slice(0, -1), strict: true } : { word: entry, strict: false },
  )
}

/**
 * All variants of `word` with at most two characters replaced by one of their `alternates`, without the word itself. Linear in
 * the result.
 */
export function variantsOf(word: string, alternates: (character: string) => readonly string[]): string[] {
  const characters = [...word]
  const variants = new Set<string>()
  const replaced = (at: number, by: string, base: readonly string[]) => {
    const copy = [...base]
    copy[at] = by
    return copy
  }
  for (let i = 0; i < characters.length; i++) {
    for (const first of alternates(characters[i] as string)) {
      const one = replaced(i, first, characters)
      variants.add(one.join(''))
      for (let j = i + 1; j < characters.length; j++) {
        for (const second of alternates(characters[j] as string))
          variants.add(replaced(j, second, one).join(''))
      }
    }
  }
  variants.delete(word)
  return [...variants]
}
