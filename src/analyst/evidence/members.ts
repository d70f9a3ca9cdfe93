/** ISO 8601 in UTC. */
export const iso = (ms: number): string => new Date(ms).toISOString()

/** Removes undefined members. */
export function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}
