import type { OutputRecord } from './ports.ts'

/** A dead letter is cut to the first of these that the broker takes. */
const CUTS = [64_000, 16_000, 1_000, 0]
/** The header of a dead letter that holds only the beginning of its record: bytes of the whole. */
export const TRUNCATED = 'sigwatch-truncated'

/** The next smaller form of a dead letter, which says how many bytes it had; undefined: there is none. */
export function smallerDeadLetter(record: OutputRecord): OutputRecord | undefined {
  const { channel, value, headers } = record
  if (channel !== 'deadLetters' || value === null) return undefined
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const size = CUTS.find((c) => c < bytes.length)
  if (size === undefined) return undefined
  const cutFrom = headers?.[TRUNCATED] ?? String(bytes.length)
  return { ...record, value: bytes.subarray(0, size), headers: { ...headers, [TRUNCATED]: cutFrom } }
}
