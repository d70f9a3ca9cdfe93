/** Leading digits of a port (106…), or of any other number, that its lessee cannot choose. */
const PORT_PREFIX = 12
const NUMBER_PREFIX = 7

/** Messages from a port, over the allowance of its prefix, until it is counted individually; per instance. */
export const COUNTED_FROM = 32

/** The prefix under which similar ports are counted together; undefined for a number no longer than that. */
export function portPrefix(port: string): string | undefined {
  const length = port.startsWith('106') ? PORT_PREFIX : NUMBER_PREFIX
  return port.length > length ? `${port.slice(0, length)}*` : undefined
}

/** Prefixes of service ports and short numbers, which belong to no person. */
const OF_SERVICES = ['106', '10', '12', '95', '96']
const SHORTEST_PRIVATE = 7

/** Whether a number in canonical form may belong to a person. */
export function isPrivateNumber(number: string): boolean {
  if (number.length < SHORTEST_PRIVATE || OF_SERVICES.some((prefix) => number.startsWith(prefix)))
    return false
  for (let i = 0; i < number.length; i++) {
    const code = number.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}
