type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The members that are not undefined: for an object whose optional fields are absent, not undefined. */
export function given<T extends object>(members: T): Given<T> {
  const kept: Given<T> = {}
  for (const name in members) {
    const value = members[name]
    if (value !== undefined) kept[name] = value as Given<T>[typeof name]
  }
  return kept
}
