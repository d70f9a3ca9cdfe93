import { domainToUnicode } from 'node:url'
import type { UrlMention } from '../domain/reading.ts'
import {
  ABBREVIATIONS,
  CHINESE_SUFFIXES,
  DISGUISED_SUFFIXES,
  FILE_SUFFIXES,
  SENTENCE_SUFFIXES,
} from './host-suffixes.ts'
import { isIpAddress, mayBeTopLevel, type Registered, registeredOf, toAscii } from './hosts.ts'
import {
  chain,
  chineseSuffixEnd,
  DOT,
  HYPHEN,
  isHostUnit,
  labelEnd,
  labelText,
  masksIn,
  PLAIN_DOT,
  readChain,
  SPACE,
  SPACED_DOT,
  UNDERSCORE,
} from './link-chain.ts'
import {
  AT,
  hostOf,
  labelOf,
  pathText,
  readPath,
  readPort,
  schemeStart,
  spanOf,
  userStart,
} from './link-parts.ts'
import { type Draft, draftText, kindAt } from './plain.ts'
import { CJK, DIGIT, LATIN } from './plain-tables.ts'
import { linksWords } from './words.generated.ts'

const MAX_URLS = 10
const MAX_HOST = 253
/** A longer Chinese label is part of a sentence. */
const MAX_CHINESE_LABEL = 10
/** Limit of links tried per text, for texts that consist of dots. */
const MAX_TRIES = 200

/** Words before a Chinese label that are not part of it: 请登录京东.com. */
const LEADS = linksWords.leads

interface Found {
  readonly mention: UrlMention
  readonly end: number
}

/** The link of the chain just read, or undefined. */
function linkOf(draft: Draft, text: string, start: number, scheme: number): Found | undefined {
  const hasScheme = scheme < start
  const mail = !hasScheme && start > 0 && draft.units[start - 1] === AT
  // In an e-mail address there is no host before the @ and no path after it.
  if (mail && !draftText(draft, userStart(draft, start), start).includes('.')) return undefined
  for (let count = chain.count; count >= 1; count--) {
    if (count === 1 && !hasScheme) return undefined
    if (!(hasScheme && count > 1) && !mayBeTopLevel(labelOf(draft, text, count - 1))) continue
    const written = hostOf(draft, text, count)
    if (written.length > MAX_HOST) continue
    const host = toAscii(written)
    if (host === '' || host.length > MAX_HOST) continue
    const hostEnd = chain.ends[count - 1] as number
    const ip = isIpAddress(host)
    const known = ip ? { domain: host, suffix: '' } : registeredOf(host)
    if (known === null && !(hasScheme && count > 1)) continue
    const portEnd = readPort(draft, hostEnd)
    const pathEnd = readPath(draft, portEnd)
    const bare = !hasScheme && portEnd === hostEnd && pathEnd === portEnd
    if (
      bare &&
      (ip ? !isLikelyAddress(draft, start, host) : !isLikelyHost(draft, host, known as Registered, hostEnd))
    ) {
      return undefined
    }
    if (mail && pathEnd - portEnd < 2) return undefined
    // Text before an @ is a user name, however much it looks like a host.
    if (draft.units[portEnd] === AT && (!hasScheme || isHostUnit(draft, portEnd + 1))) return undefined
    const span = spanOf(draft, text, hasScheme ? scheme : start, pathEnd)
    const asWritten = text.slice(span.start, span.end)
    const unicode = host !== written ? written : host.includes('xn--') ? domainToUnicode(host) : ''
    const path = draft.offsets[portEnd] === undefined ? '' : pathText(draft, text, portEnd, pathEnd)
    const mention: UrlMention = {
      text: asWritten,
      span,
      host,
      domain: known?.domain ?? host.split('.').slice(-2).join('.'),
      ...(unicode !== '' && unicode !== host ? { unicodeHost: unicode } : {}),
      path,
      disguised: isDisguised(count, asWritten, written === host, hasScheme),
    }
    return { mention, end: pathEnd }
  }
  return undefined
}

function isDisguised(count: number, asWritten: string, ascii: boolean, hasScheme: boolean): boolean {
  for (let i = 1; i < count; i++) if ((chain.dots[i] as number) > PLAIN_DOT) return true
  if (hasScheme && !/^(?:https?|ftp):\/\/[^/]/i.test(asWritten)) return true
  if (/[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/.test(asWritten)) return true
  return ascii && /[^!-~]/.test(asWritten)
}

/** Text before an address that is only mentioned: `您的云服务器(47.…)`, `登录IP：47.…`. */
const SPEAKS_OF = linksWords.speaksOf
/** Text before an address that the reader is to open: `请登录服务器47.…`, but not `异地登录IP：47.…`, where a login came from. */
const OPENED = linksWords.opened
/** Text before an address in parentheses that the reader is to open. */
const OPENS = linksWords.opens

/**
 * Whether an IP address without scheme, port and path may be meant as a link. Dotted quads alone are more often versions or
 * times; in parentheses or after the name of a device they are only mentioned.
 */
function isLikelyAddress(draft: Draft, start: number, host: string): boolean {
  const before = kindAt(draft, start - 1)
  if ((before & (LATIN | DIGIT)) !== 0 || draft.units[start - 1] === DOT) return false
  const around = draftText(draft, Math.max(0, start - 16), start)
  if (linksWords.beforeVersion.test(around) || (SPEAKS_OF.test(around) && !OPENED.test(around))) return false
  if (around.endsWith('(') && !OPENS.test(around)) return false
  const numbers = host.split('.').map(Number)
  return numbers.filter((n) => n > 31).length >= 2 && (numbers[0] as number) > 0
}

/** Whether a host without scheme, port or path is meant as one, rather than a sentence, file name, title or abbreviation. */
function isLikelyHost(draft: Draft, host: string, known: Registered, hostEnd: number): boolean {
  const labels = host.split('.')
  const first = labels[0] as string
  const { suffix } = known
  if (labels.length > 2 || first.startsWith('xn--') || (chain.dots[1] as number) > SPACED_DOT) return true
  if (FILE_SUFFIXES.has(suffix) && !/[\d-]/.test(first)) return false
  if (ABBREVIATIONS.has(first)) return false
  const numeric = /^\d+$/.test(first)
  if (SENTENCE_SUFFIXES.has(suffix)) {
    if (numeric) return false
    if (/[\d-]/.test(first)) return true
    // In Chinese text a Latin host is recognisable; in Latin text the sentence may simply continue.
    if ((draft.seen & CJK) === 0 || first.length < 3) return false
    return !(draft.units[hostEnd] === SPACE && (kindAt(draft, hostEnd + 1) & LATIN) !== 0)
  }
  const common = suffix.length === 2 || suffix.includes('.') || DISGUISED_SUFFIXES.has(suffix)
  if (!common && (draft.seen & CJK) === 0 && /^[a-z]+$/.test(first)) return false
  if (first.length === 1 && !numeric && suffix.length === 2 && !'ctudgjqxz'.includes(first))
    return suffix === 'cn'
  return true
}

/** A host with a Chinese first label (例子.公司, 京东.com) and its first dot at `dot`. */
function chineseLink(draft: Draft, text: string, dot: number): Found | undefined {
  let start = dot
  while (
    start > 0 &&
    dot - start <= MAX_CHINESE_LABEL + 8 &&
    ((kindAt(draft, start - 1) & CJK) !== 0 || isHostUnit(draft, start - 1))
  ) {
    start--
  }
  const scheme = schemeStart(draft, start)
  const lead = LEADS.exec(draftText(draft, start, dot))?.[0].length ?? 0
  const bare = scheme === start
  if (bare && start + lead < dot) start += lead
  if (dot - start > MAX_CHINESE_LABEL) return undefined
  chain.starts[0] = start
  chain.ends[0] = dot
  chain.count = 1
  let at = dot
  while (chain.count < 4 && draft.units[at] === DOT) {
    const chinese = (kindAt(draft, at + 1) & CJK) !== 0
    const end = chinese ? chineseSuffixEnd(draft, at + 1) : labelEnd(draft, at + 1)
    if (end === at + 1) break
    chain.starts[chain.count] = at + 1
    chain.ends[chain.count] = end
    chain.dots[chain.count] = PLAIN_DOT
    chain.count++
    at = end
  }
  if (chain.count < 2) return undefined
  const suffix = labelText(draft, chain.starts[chain.count - 1] as number, at)
  if (bare && !CHINESE_SUFFIXES.has(suffix) && !DISGUISED_SUFFIXES.has(suffix)) return undefined
  return linkOf(draft, text, start, bare ? start : scheme)
}

/**
 * Links of a text after the plain pass, with or without scheme, including split, spaced and defanged ones; at most 10. One pass over the text, each
 * part read a bounded number of times. Excludes e-mail addresses, decimals, file names, times and sentences without a space after
 * the full stop.
 */
export function urlsOfPlain(draft: Draft, text: string): UrlMention[] {
  const found: UrlMention[] = []
  const { units } = draft
  chain.masks = masksIn(text)
  let tries = 0
  let i = 0
  let floor = 0
  while (i < draft.length && found.length < MAX_URLS && tries < MAX_TRIES) {
    let link: Found | undefined
    if (isHostUnit(draft, i) && units[i] !== HYPHEN && (units[i] as number) !== UNDERSCORE) {
      readChain(draft, i)
      const scheme = schemeStart(draft, i)
      if (chain.count > 1 || scheme < i) {
        tries++
        link = linkOf(draft, text, i, scheme)
      }
      i = link?.end ?? Math.max(i + 1, chain.resume)
    } else {
      if (
        units[i] === DOT &&
        i > floor &&
        (kindAt(draft, i - 1) & CJK) !== 0 &&
        (isHostUnit(draft, i + 1) || (kindAt(draft, i + 1) & CJK) !== 0)
      ) {
        tries++
        link = chineseLink(draft, text, i)
      }
      i = link?.end ?? i + 1
    }
    if (link !== undefined) {
      found.push(link.mention)
      floor = link.end
    }
  }
  return found
}
