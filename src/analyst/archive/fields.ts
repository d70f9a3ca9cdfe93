import { createHash } from 'node:crypto'

/** A record that cannot be archived. The message says what is wrong and never quotes the record. */
export class UnfitRecord extends Error {}

/** Years 1 to 9999, epoch ms: JavaScript and PostgreSQL write these in the same form. */
const FIRST_TIME = Date.parse('0001-01-01T00:00:00Z')
const LAST_TIME = Date.parse('9999-12-31T23:59:59.999Z')

/** Checked access to the fields of a record from outside. */
export class Fields {
  readonly record: Readonly<Record<string, unknown>>
  readonly #source: string

  constructor(record: Readonly<Record<string, unknown>>, source: string) {
    this.record = record
    this.#source = source
  }

  text(field: string): string {
    const value = this.record[field]
    if (typeof value !== 'string' || value === '') throw new UnfitRecord(`${field} is not a string`)
    return value
  }

  maybe(field: string): string | null {
    return this.record[field] === undefined || this.record[field] === null ? null : this.text(field)
  }

  /** Returns epoch ms. */
  time(field: string): number {
    const value = this.record[field]
    const ms = typeof value === 'string' ? Date.parse(value) : value
    if (typeof ms !== 'number' || !(ms >= FIRST_TIME && ms <= LAST_TIME))
      throw new UnfitRecord(`${field} is not a time`)
    return ms
  }

  /** Hash of the content, so that equal records have equal ids. */
  get contentId(): string {
    return createHash('sha256').update(this.#source).digest('hex').slice(0, 32)
  }
}

/** Whether JSON nests deeper than `most` levels. Serialising it again, here or in PostgreSQL, needs stack for each level. */
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
