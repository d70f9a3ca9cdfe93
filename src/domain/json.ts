/** What bytes say in JSON; undefined: they are none. */
export function jsonOf<T = unknown>(bytes: Buffer): T | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as T
  } catch {
    return undefined
  }
}
