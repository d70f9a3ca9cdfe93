import { MINUTE } from '../../domain/time.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { withoutMobiles } from '../archive/mobiles.ts'

/** Searches by number that one person may make in a minute. */
const MOST = 30

/** A number that is a word of its own: a mobile as it is written, or what follows `number:`. */
const NUMBER =
  /(?<=^|\s)(?:number:(?:"([^"]*)"|(\S*))|"?((?:\+|00)?(?:86[ -]?)?1[3-9]\d(?:[ -]?\d){8})"?)(?=\s|$)/g
const WORD = /(?:[a-z]+:)?(?:"[^"]*"|[^\s"]+)/g
/** Its value may be the number of a sender, which alerts show. */
const SHOWN = /^port:/

/** A search in which tokens stand for numbers. */
export interface TokenisedSearch {
  readonly query: string
  /** How many numbers it had. */
  readonly numbers: number
  readonly tokens: readonly string[]
}

/**
 * Puts the tokens of each number that is a word of its own, those under former keys too, in its place, and masks other
 * numbers: what is stored and logged holds none.
 */
export function tokenisedSearch(
  query: string,
  tokensOf: (canonical: string) => readonly string[],
): TokenisedSearch {
  const tokens: string[] = []
  let numbers = 0
  const said = query
    .normalize('NFKC')
    .replace(NUMBER, (_, quoted?: string, named?: string, mobile?: string) => {
      numbers++
      const own = tokensOf(canonicalNumber((quoted ?? named ?? mobile ?? '').replace(/[ -]/g, '')))
      tokens.push(...own)
      return `token:${own.join('|')}`
    })
  const plain = numbers === 0 ? query : said
  return {
    query: plain.replace(WORD, (word) => (SHOWN.test(word) ? word : withoutMobiles(word))),
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
