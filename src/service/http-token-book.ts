import { timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { digest } from '../domain/hash.ts'
import type { HttpRight, HttpToken } from '../settings/token-forms.ts'

/** The tokens accepted over HTTP and their rights. A reload replaces the whole list. */
export class HttpTokenBook {
  #entries: readonly { readonly name: string; readonly may: readonly HttpRight[]; readonly digest: Buffer }[]

  constructor(tokens: readonly HttpToken[]) {
    this.#entries = entriesOf(tokens)
  }

  /** The holder of a token, or undefined if it is unknown. Runs in constant time. */
  holderOf(token: string): { readonly name: string; readonly may: readonly HttpRight[] } | undefined {
    const given = digest(token)
    let found: { readonly name: string; readonly may: readonly HttpRight[] } | undefined
    for (const entry of this.#entries) if (timingSafeEqual(given, entry.digest)) found = entry
    return found
  }

  /** Replaces the list. Returns whether it differs from the previous one. */
  replace(tokens: readonly HttpToken[]): boolean {
    const before = this.#entries
    this.#entries = entriesOf(tokens)
    return !isDeepStrictEqual(this.#entries, before)
  }
}

function entriesOf(tokens: readonly HttpToken[]) {
  return tokens.map(({ name, token, may }) => ({ name, may, digest: digest(token.reveal()) }))
}
