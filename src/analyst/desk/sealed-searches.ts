import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { SEARCH_FIELDS, type Search } from '../archive/reader.ts'
import type { Session } from './sessions.ts'

/** A search as the form asks it; an empty value asks for all of the time. */
export interface AskedSearch {
  readonly field: Search['field'] | undefined
  readonly value: string
  /** Epoch ms. */
  readonly from: number
  readonly to: number
}

const CIPHER = 'aes-256-gcm'
const IV = 12
const TAG = 16

/**
 * Searches as addresses that do not show what was searched for: browsers and proxies keep addresses. They are sealed with
 * a key of this process, and each opens in the session that asked, which a restart ends as well.
 */
export class SealedSearches {
  readonly #key = randomBytes(32)

  /** The path of a page with what is found. */
  pathOf(asked: AskedSearch, { formKey }: Session): string {
    const iv = randomBytes(IV)
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(Buffer.from(formKey))
    const { field = '', value, from, to } = asked
    const sealed = [iv, cipher.update(JSON.stringify([field, value, from, to])), cipher.final()]
    return `/found/${Buffer.concat([...sealed, cipher.getAuthTag()]).toString('base64url')}`
  }

  /** The search behind the last part of such a path; undefined: it is none, or another session's. */
  open(id: string, { formKey }: Session): AskedSearch | undefined {
    const bytes = Buffer.from(id, 'base64url')
    if (bytes.length < IV + TAG) return undefined
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV), { authTagLength: TAG })
    decipher.setAAD(Buffer.from(formKey)).setAuthTag(bytes.subarray(-TAG))
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(IV, -TAG)), decipher.final()]).toString()
      const [name, value, from, to] = JSON.parse(text) as [string, string, number, number]
      return { field: SEARCH_FIELDS.find((field) => field === name), value, from, to }
    } catch {
      return undefined
    }
  }
}
