import { createHash } from 'node:crypto'

/** What cannot be archived: says what is wrong, never what the record holds. */
export class UnfitRecord extends Error {}

/** Years 1 to 9999: what both sides write in the same form, epoch ms. */
const FIRST_TIME = Date.parse('0001-01-01T00:00:00Z')
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z')

/** Fields of a record that is not of our own making. */
export class Fields {
  readonly record: Readonly<Record<string, unknown>>
  readonly #source: string

  constructor(record: Readonly<Record<string, unknown>>, source: string) {
    this.record = record
    this.#source = source
  }

  text(field: string): string {
    const value = this.record[field]
    if (typeof value !== 'string' || value === '') throw new UnfitRecord(`${field} is no text`)
    return value
  }

  maybe(field: string): string | null {
    return this.record[field] === undefined || this.record[field] === null ? null : this.text(field)
  }

  /** Epoch ms. */
  time(field: string): number {
    const value = this.record[field]
    const ms = typeof value === 'string' ? Date.parse(value) : value
    if (typeof ms !== 'number' || !(ms >= FIRST_TIME && ms <= LAST_TIME))
      throw new UnfitRecord(`${field} is no time`)
    return ms
  }

  /** The same content has the same id. */
  get contentId(): string {
    return createHash('sha256').update(this.#source).digest('hex').slice(0, 32)
  }
}

/** Whether JSON nests deeper than so many levels. Writing it again, here or in PostgreSQL, takes stack for each. */
export function nestsDeeper(json: Buffer, most: number): boolean {
  if (json.length <= 2 * most) return false
  let depth = 0
  let isText = false
  for (let i = 0; i < json.length; i++) {
    const sign = json[i]
    if (isText) {
      if (sign === BACKSLASH) i++
      else if (sign === QUOTE) isText = false
    } else if (sign === QUOTE) isText = true
    else if (sign === OPEN_LIST || sign === OPEN_OBJECT) {
      if (++depth > most) return true
    } else if (sign === CLOSE_LIST || sign === CLOSE_OBJECT) depth--
  }
  return false
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}')
