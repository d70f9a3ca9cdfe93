import { SEARCH_FIELDS, type Search } from '../archive/reader.ts'
import { Seal } from './seal.ts'
import type { Session } from './sessions.ts'

/** A search as entered; an empty value stands for everything in the period. */
export interface AskedSearch {
  readonly field: Search['field'] | undefined
  readonly value: string
  /** Epoch ms. */
  readonly from: number
  readonly to: number
}

/**
 * Encodes searches into addresses that do not reveal them, because browsers and proxies record addresses. An address is valid
 * only in the session that created it, and a restart ends that too.
 */
export class SealedSearches {
  readonly #seal = new Seal()

  /** The path of the results, or of a recipient's page. */
  pathOf(
    { field, value, from, to }: AskedSearch,
    { formKey }: Session,
    page: 'found' | 'recipient' = 'found',
  ): string {
    return `/${page}/${this.#seal.close(JSON.stringify([field ?? '', value, from, to]), formKey)}`
  }

  /** Decodes the last part of such a path; undefined if it is invalid or from another session. */
  open(id: string, { formKey }: Session): AskedSearch | undefined {
    const text = this.#seal.open(id, formKey)
    if (text === undefined) return undefined
    const [name, value, from, to] = JSON.parse(text) as [string, string, number, number]
    return { field: SEARCH_FIELDS.find((field) => field === name), value, from, to }
  }
}
