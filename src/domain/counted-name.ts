import { BoundedCache } from './bounded-cache.ts'

/** Senders per generation of the cache. */
const REMEMBERED = 8_192

/**
 * Names under which what a sender sends is counted, such as `port:1069…`. A few senders send nearly everything, and the names
 * of a batch are held until it is counted: each is made once and shared by the messages.
 */
function named(prefix: string): (sender: string) => string {
  const known = new BoundedCache<string>(REMEMBERED)
  const make = (sender: string) => `${prefix}${sender}`
  return (sender) => known.get(sender, make)
}

export const SIGNATURE = 'signature:'
export const signatureName = named(SIGNATURE)
export const portName = named('port:')
export const PORT_SIGNATURES = 'port-signatures:'
export const portSignaturesName = named(PORT_SIGNATURES)
