interface MapLike<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): unknown
}

/** The value of a key; if missing, the result of `make`, which is inserted. */
export function getOrInsert<K, V>(map: MapLike<K, V>, key: K, make: () => NoInfer<V>): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

/** Appends a value to the list of a key. */
export function addTo<K, V>(lists: MapLike<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

/** Adds to the number of a key. */
export function increment<K>(counts: MapLike<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

/** How often each value occurs. */
export function occurrences<V>(values: Iterable<V>): Map<V, number> {
  const counts = new Map<V, number>()
  for (const value of values) increment(counts, value)
  return counts
}

/** The values that occur most often, at most `most` of them, with their numbers; equally frequent ones in order of code units. */
export function mostFrequent(values: Iterable<string>, most: number): (readonly [string, number])[] {
  return [...occurrences(values)].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, most)
}

/** Deletes the entries inserted first until at most `most` are left. */
export function dropOldest(map: Map<unknown, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}
