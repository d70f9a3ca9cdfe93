/** Parses bytes as JSON; undefined if they are not valid JSON. */
export function jsonOf<T = unknown>(bytes: Buffer): T | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as T
  } catch {
    return undefined
  }
}
