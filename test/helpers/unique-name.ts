import { randomUUID } from 'node:crypto'

/** A unique name for topics, groups and key prefixes. Without digits, which logs could redact as a number. */
export function uniqueName(prefix: string): string {
  const letters = randomUUID().replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!)
  return `${prefix}-${letters.slice(0, 8)}`
}
