/** The tokens of a JSON pointer (RFC 6901); for `./addr`, those relative to the item. */
export function stepsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at the pointer, or undefined if there is none. */
export function at(body: unknown, steps: readonly string[]): unknown {
  let value = body
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string, unknown>)[step]
  }
  return value
}
