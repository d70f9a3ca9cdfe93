/** Digits of a port (106…) that its lessee cannot choose, and of any other number. */
const PORT_PREFIX = 12
const NUMBER_PREFIX = 7

/** Messages from a port beyond what its prefix may bring up until it is counted by itself, for each instance. */
export const COUNTED_FROM = 32

/** What ports which begin alike are counted under together; undefined for a number that is no longer than that. */
export function portPrefix(port: string): string | undefined {
  const length = port.startsWith('106') ? PORT_PREFIX : NUMBER_PREFIX
  return port.length > length ? `${port.slice(0, length)}*` : undefined
}

/** Ports of services and short numbers, which belong to no person. */
const OF_SERVICES = ['106', '10', '12', '95', '96']
const SHORTEST_PRIVATE = 7

/** Whether a number in canonical form may be that of a person. */
export function isPrivateNumber(number: string): boolean {
  if (number.length < SHORTEST_PRIVATE || OF_SERVICES.some((prefix) => number.startsWith(prefix)))
    return false
  for (let i = 0; i < number.length; i++) {
    const code = number.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}
