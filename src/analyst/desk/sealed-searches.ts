import { SEARCH_FIELDS, type Search } from '../archive/reader.ts'
import { Seal } from './seal.ts'
import type { Session } from './sessions.ts'

/** A search as the form asks it; an empty value asks for all of the time. */
export interface AskedSearch {
  readonly field: Search['field'] | undefined
  readonly value: string
  /** Epoch ms. */
  readonly from: number
  readonly to: number
}

/**
 * Searches as addresses that do not show what was searched for: browsers and proxies keep addresses. Each opens in the
 * session that asked, which a restart ends as well.
 */
export class SealedSearches {
  readonly #seal = new Seal()

  /** The path of a page with what is found, or of that of a recipient. */
  pathOf(
    { field, value, from, to }: AskedSearch,
    { formKey }: Session,
    page: 'found' | 'recipient' = 'found',
  ): string {
    return `/${page}/${this.#seal.close(JSON.stringify([field ?? '', value, from, to]), formKey)}`
  }

  /** The search behind the last part of such a path; undefined: it is none, or another session's. */
  open(id: string, { formKey }: Session): AskedSearch | undefined {
    const text = this.#seal.open(id, formKey)
    if (text === undefined) return undefined
    const [name, value, from, to] = JSON.parse(text) as [string, string, number, number]
    return { field: SEARCH_FIELDS.find((field) => field === name), value, from, to }
  }
}
