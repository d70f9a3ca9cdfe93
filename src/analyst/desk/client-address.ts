import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'
import type { Emit } from '../../domain/events.ts'

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

/**
 * The client's address: the peer of the connection or, if that is a trusted proxy, the last address in `X-Forwarded-For` that
 * is not one. Earlier entries can be forged by the client and are ignored.
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

/** Determines the client of a request, and warns once about an untrusted proxy. */
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

/** The unit for rate limits: an IPv4 address, or the /64 network of an IPv6 address, because a client can use any address in it. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (part: string) => (part === '' ? [] : part.split(':'))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  return `${[...first, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':')}::/64`
}

/** The address in an entry, with or without brackets, port and zone. IPv4-mapped IPv6 addresses become IPv4. */
function addressIn(entry: string): string | undefined {
  const text = entry.trim()
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text
  const address = bare.replace(/%.*$/, '')
  if (isIP(address) === 0) return undefined
  return MAPPED.exec(address)?.[1] ?? address
}
