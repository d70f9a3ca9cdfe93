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
