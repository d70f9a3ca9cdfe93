import { domainToASCII } from 'node:url'
import { parse } from 'tldts'
import { RESERVED_SUFFIXES } from './host-suffixes.ts'

const CACHE = 10_000

export interface Registered {
  readonly domain: string
  readonly suffix: string
}
const registered = new Map<string, Registered | null>()

/**
 * Registrable domain and suffix of an ASCII host, or null if it has no public suffix. Under suffixes of hosting services
 * (github.io, vercel.app) the domain is the customer's.
 */
export function registeredOf(host: string): Registered | null {
  const known = registered.get(host)
  if (known !== undefined) return known
  let result: Registered | null = null
  const last = host.slice(host.lastIndexOf('.') + 1)
  if (RESERVED_SUFFIXES.has(last)) {
    const labels = host.split('.')
    if (labels.length > 1) result = { domain: labels.slice(-2).join('.'), suffix: last }
  } else {
    const options = { allowPrivateDomains: true, validateHostname: false, extractHostname: false }
    let found = parse(host, options)
    if (found.isPrivate && found.domain === null)
      found = parse(host, { ...options, allowPrivateDomains: false })
    if ((found.isIcann || found.isPrivate) && found.domain && found.publicSuffix) {
      result = { domain: found.domain, suffix: found.publicSuffix }
    }
  }
  if (registered.size >= CACHE) registered.clear()
  registered.set(host, result)
  return result
}

const DOT = 0x2e

/** Four numbers up to 255 separated by dots, without leading zeros. */
export function isIpAddress(host: string): boolean {
  let numbers = 0
  let value = -1
  for (let i = 0; i <= host.length; i++) {
    const code = i < host.length ? host.charCodeAt(i) : DOT
    if (code === DOT) {
      if (value < 0 || ++numbers > 4) return false
      value = -1
      continue
    }
    if (code < 0x30 || code > 0x39 || value === 0) return false
    value = Math.max(value, 0) * 10 + code - 0x30
    if (value > 255) return false
  }
  return numbers === 4
}

const topLevels = new Map<string, boolean>()

/** Whether a label can end a public or reserved suffix, or an IP address. */
export function mayBeTopLevel(label: string): boolean {
  const known = topLevels.get(label)
  if (known !== undefined) return known
  const ascii = toAscii(label)
  const digits = /^\d{1,3}$/.test(ascii)
  // Four labels are prepended so that wildcard rules match.
  const result = digits || RESERVED_SUFFIXES.has(ascii) || registeredOf(`a.b.c.d.${ascii}`) !== null
  if (topLevels.size >= CACHE) topLevels.clear()
  topLevels.set(label, result)
  return result
}

/** The host in ASCII (punycode); empty if it has no such form. */
export function toAscii(host: string): string {
  for (let i = 0; i < host.length; i++) if (host.charCodeAt(i) > 0x7f) return domainToASCII(host)
  return host
}
