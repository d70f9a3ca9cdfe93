import { timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { HttpRight, HttpToken } from '../settings/http-forms.ts'
import { digest } from './telemetry/http-body.ts'

/** Who may ask and order over HTTP. The list is exchanged whole when it is read again. */
export class HttpTokenBook {
  #entries: readonly { readonly name: string; readonly may: readonly HttpRight[]; readonly digest: Buffer }[]

  constructor(tokens: readonly HttpToken[]) {
    this.#entries = entriesOf(tokens)
  }

  /** Who shows this token; undefined: unknown. Takes the same time whichever it is. */
  holderOf(token: string): { readonly name: string; readonly may: readonly HttpRight[] } | undefined {
    const given = digest(token)
    let found: { readonly name: string; readonly may: readonly HttpRight[] } | undefined
    for (const entry of this.#entries) if (timingSafeEqual(given, entry.digest)) found = entry
    return found
  }

  /** Whether it is another list. */
  replace(tokens: readonly HttpToken[]): boolean {
    const before = this.#entries
    this.#entries = entriesOf(tokens)
    return !isDeepStrictEqual(this.#entries, before)
  }
}

function entriesOf(tokens: readonly HttpToken[]) {
  return tokens.map(({ name, token, may }) => ({ name, may, digest: digest(token.reveal()) }))
}
