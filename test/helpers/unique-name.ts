import { randomUUID } from 'node:crypto'

/** A name that no other test has: topics, groups, key prefixes. Without digits, which logs take for a number. */
export function uniqueName(prefix: string): string {
  const letters = randomUUID().replaceAll(/\d/g, (digit) => 'ghijklmnop'[Number(digit)]!)
  return `${prefix}-${letters.slice(0, 8)}`
}
