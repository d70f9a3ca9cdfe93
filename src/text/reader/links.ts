import { fnv1a } from '../../domain/hash32.ts'
import { isShortener, isTopLevel } from './symbols.ts'

export interface LinkShape {
  /** End, exclusive, in code units. */
  readonly end: number
  readonly scheme: boolean
  readonly shortener: boolean
  readonly hyphen: boolean
  readonly digits: boolean
  readonly path: boolean
  readonly hostLength: number
  /** Hash values. */
  readonly topLevel: number
  readonly host: number
}

const HOST = 1
const DOT = 2
const PATH = 3
const KIND = new Uint8Array(128)
for (let c = 48; c < 58; c++) KIND[c] = HOST
for (let c = 97; c < 123; c++) KIND[c] = HOST
for (let c = 65; c < 91; c++) KIND[c] = HOST
KIND[45] = HOST
KIND[46] = DOT
for (const c of '/?#=&%_~+:@') KIND[c.charCodeAt(0)] = PATH

/** Longest link read, in code units; longer ones are cut. */
const LONGEST = 256

/**
 * The link at `start`, or undefined. Reads each unit a bounded number of times: an ASCII run without a dot before its first other
 * sign is rejected immediately.
 */
export function readLink(text: string, start: number): LinkShape | undefined {
  const limit = Math.min(text.length, start + LONGEST)
  const before = start > 0 ? (KIND[text.charCodeAt(start - 1)] ?? 0) : 0
  if (before === HOST) return undefined
  let at = start
  let scheme = false
  if (text.startsWith('http', start)) {
    const colon = text.charCodeAt(start + 4) === 115 ? start + 5 : start + 4
    if (text.startsWith('://', colon)) {
      scheme = true
      at = colon + 3
    }
  }
  const hostStart = at
  let lastDot = -1
  let hyphen = false
  let digits = false
  for (; at < limit; at++) {
    const unit = text.charCodeAt(at)
    const kind = unit < 128 ? KIND[unit] : 0
    if (kind === DOT) {
      if (at === hostStart || text.charCodeAt(at - 1) === 46) break
      lastDot = at
    } else if (kind !== HOST) break
    else if (unit === 45) hyphen = true
    else if (unit < 58) digits = true
  }
  let hostEnd = at
  if (lastDot === hostEnd - 1) {
    hostEnd--
    lastDot = text.lastIndexOf('.', hostEnd - 1)
    if (lastDot <= hostStart) lastDot = -1
  }
  if (lastDot < 0) return undefined
  const topLevel = text.slice(lastDot + 1, hostEnd)
  if (!scheme && !isTopLevel(topLevel)) return undefined
  const host = text.slice(hostStart, hostEnd)
  let end = hostEnd
  let path = false
  const next = text.charCodeAt(end)
  if (next === 47 || next === 63 || next === 58) {
    path = true
    while (end < limit) {
      const unit = text.charCodeAt(end)
      if (unit >= 128 || KIND[unit] === 0) break
      end++
    }
  }
  return {
    end,
    scheme,
    shortener: isShortener(host),
    hyphen,
    digits,
    path,
    hostLength: host.length,
    topLevel: hash(topLevel),
    host: hash(registrable(host)),
  }
}

/** The last two labels, or three if the second is short: enough to recognise a site. */
function registrable(host: string): string {
  const labels = host.split('.')
  const n = labels.length
  const second = labels[n - 2] ?? ''
  return labels.slice(n > 2 && second.length <= 3 && second !== 't' ? -3 : -2).join('.')
}

/** The shipped weights were trained with this finaliser. */
function hash(text: string): number {
  const h = fnv1a(text)
  return h ^ (h >>> 13)
}
