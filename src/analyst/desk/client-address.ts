import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'
import type { Emit } from '../../domain/events.ts'

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * Who asks: the peer of the connection, or where that is a trusted proxy the last address of `X-Forwarded-For` that is none.
 * What stands before it in that header is the client's own word and counts for nothing.
 */
export function clientAddress(
  peer: string | undefined,
  forwardedFor: string | undefined,
  isTrusted: (address: string) => boolean,
): string {
  let address = addressIn(peer ?? '') ?? 'unknown'
  const hops = forwardedFor?.split(',') ?? []
  while (hops.length > 0 && isTrusted(address)) {
    const before = addressIn(hops.pop()!)
    if (before === undefined) break
    address = before
  }
  return address
}

/** Finds who makes a request, and warns once of a proxy that is not trusted. */
export class Clients {
  readonly #isTrusted: (address: string) => boolean
  readonly #emit: Emit
  #warned = false

  constructor(isTrusted: (address: string) => boolean, emit: Emit) {
    this.#isTrusted = isTrusted
    this.#emit = emit
  }

  addressOf({ socket: { remoteAddress }, headers }: IncomingMessage): string {
    const header = headers['x-forwarded-for']
    const forwardedFor = Array.isArray(header) ? header.join() : header
    if (forwardedFor !== undefined && !this.#warned) {
      this.#warned = !this.#isTrusted(clientAddress(remoteAddress, undefined, this.#isTrusted))
      const message =
        'requests have X-Forwarded-For, and desk.trustedProxies does not name who sends them: all who log in over a proxy share its limit for wrong tokens'
      if (this.#warned) this.#emit({ name: 'warning', message })
    }
    return clientAddress(remoteAddress, forwardedFor, this.#isTrusted)
  }
}

/** What shares a limit: an IPv4 address, or the /64 of an IPv6 one, of which a client has as many addresses as it likes. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  return `${[...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':')}::/64`
}

/** The address of one entry, with or without brackets, socket port and zone; IPv4 in IPv6 as IPv4. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim()
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.replace(/%.*$/, '')
  if (isIP(address) === 0) return undefined
  return MAPPED.exec(address)?.[1] ?? address
}
