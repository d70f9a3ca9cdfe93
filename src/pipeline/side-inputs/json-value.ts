import { isUtf8 } from 'node:buffer'

/** The JSON of a topic record, or why there is none. */
export function jsonValueOf(
  bytes: Buffer,
  parse: (json: string) => unknown = JSON.parse,
): { readonly value: unknown } | { readonly message: string } {
  if (!isUtf8(bytes)) return { message: 'is not valid UTF-8' }
  try {
    return { value: parse(bytes.toString('utf8')) }
  } catch {
    return { message: `is not valid JSON (${bytes.length} bytes)` }
  }
}
