import type { OutputRecord } from './ports.ts'

/** Sizes in bytes that a dead letter is cut to, tried in order until the broker accepts it. */
const CUTS = [64_000, 16_000, 1_000, 0]
/** Header of a cut dead letter: size of the whole record in bytes. */
export const TRUNCATED = 'sigwatch-truncated'

/** The dead letter cut to the next smaller size, with its original size in a header; undefined if there is none. */
export function smallerDeadLetter(record: OutputRecord): OutputRecord | undefined {
  const { channel, value, headers } = record
  if (channel !== 'deadLetters' || value === null) return undefined
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  const size = CUTS.find((c) => c < bytes.length)
  if (size === undefined) return undefined
  const cutFrom = headers?.[TRUNCATED] ?? String(bytes.length)
  return { ...record, value: bytes.subarray(0, size), headers: { ...headers, [TRUNCATED]: cutFrom } }
}
