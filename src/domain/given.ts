type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Drops undefined members, for objects whose optional fields must be absent instead of undefined. */
export function given<T extends object>(members: T): Given<T> {
  const kept: Given<T> = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) kept[name] = value as Given<T>[typeof name]
  }
  return kept
}
