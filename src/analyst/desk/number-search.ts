import { MINUTE } from '../../domain/time.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { withoutMobiles } from '../archive/mobiles.ts'

/** Searches by number allowed per user and minute. */
const MOST = 30

/** A number as a word of its own, or as the value of `port:` or `token:`: a mobile as commonly written. After `number:`, any number. */
const NUMBER =
  /(?<=^|\s)(?:number:(?:"(\+?\d[\d -]*)"|(\+?\d[\d-]*))|(?:token:|(port:))?"?((?:\+|00)?(?:86[ -]?)?1[3-9]\d(?:[ -]?\d){8})"?)(?=\s|$)/g
const WORD = /(?:[a-z]+:)?(?:"[^"]*"|[^\s"]+)/g

/** A search in which numbers are replaced by tokens. */
export interface TokenisedSearch {
  readonly query: string
  /** How many numbers it contained. */
  readonly numbers: number
  readonly tokens: readonly string[]
}

/**
 * Replaces each number by its tokens, including those under former keys, and masks other numbers, so that stored and logged
 * searches contain none. `port:` with a mobile becomes `port:` with its tokens.
 */
export function tokenisedSearch(
  query: string,
  tokensOf: (canonical: string) => readonly string[],
): TokenisedSearch {
  const tokens: string[] = []
  let numbers = 0
  const said = query
    .normalize('NFKC')
    .replace(NUMBER, (_, quoted?: string, named?: string, field = 'token:', mobile?: string) => {
      numbers++
      const own = tokensOf(canonicalNumber((quoted ?? named ?? mobile ?? '').replace(/[ -]/g, '')))
      tokens.push(...own)
      return `${field}${own.join('|')}`
    })
  const plain = numbers === 0 ? query : said
  return {
    query: plain.replace(WORD, withoutMobiles),
    numbers,
    tokens,
  }
}

/** Counts searches by number per user, in memory. Times are monotonic, ms. */
export class NumberLimits {
  readonly #times = new Map<string, number[]>()

  /** Counts a search. Returns false if there were too many in the last minute. */
  take(name: string, now: number): boolean {
    const recent = (this.#times.get(name) ?? []).filter((at) => at > now - MINUTE)
    this.#times.set(name, recent)
    return recent.length < MOST && recent.push(now) > 0
  }
}
