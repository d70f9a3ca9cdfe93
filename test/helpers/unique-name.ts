import { randomUUID } from 'node:crypto'

/** A name that no other test has: topics, groups, key prefixes. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`
}
