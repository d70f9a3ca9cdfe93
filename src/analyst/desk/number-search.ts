import { MINUTE } from '../../domain/time.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { withoutMobiles } from '../archive/mobiles.ts'

/** Searches by number that one person may make in a minute. */
const MOST = 30

/**
 * A number that is a word of its own, or the value of `port:` or `token:`: a mobile as it is written; after `number:` any
 * number.
 */
const NUMBER =
  /(?<=^|\s)(?:number:(?:"(\+?\d[\d -]*)"|(\+?\d[\d-]*))|(?:token:|(port:))?"?((?:\+|00)?(?:86[ -]?)?1[3-9]\d(?:[ -]?\d){8})"?)(?=\s|$)/g
const WORD = /(?:[a-z]+:)?(?:"[^"]*"|[^\s"]+)/g

/** A search in which tokens stand for numbers. */
export interface TokenisedSearch {
  readonly query: string
  /** How many numbers it had. */
  readonly numbers: number
  readonly tokens: readonly string[]
}

/**
 * Puts the tokens of each number that is a word of its own, those under former keys too, in its place, and masks other
 * numbers: what is stored and logged holds none. `port:` with a mobile becomes `port:` with its tokens.
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

/** Counts searches by number, person by person, in memory. Times are monotonic, ms. */
export class NumberLimits {
  readonly #times = new Map<string, number[]>()

  /** Counts one; false: there were too many in the last minute. */
  take(name: string, now: number): boolean {
    const recent = (this.#times.get(name) ?? []).filter((at) => at > now - MINUTE)
    this.#times.set(name, recent)
    return recent.length < MOST && recent.push(now) > 0
  }
}
