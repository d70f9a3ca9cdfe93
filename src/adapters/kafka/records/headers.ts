import type { RecordHeaders } from '../../../domain/message.ts'
import { Cursor, Undecodable } from './cursor.ts'

/** Skips `count` complete headers. */
export function skipHeaders(cursor: Cursor, count: number): void {
  for (let n = 0; n < count; n++) {
    const name = cursor.varint()
    if (name < 0) throw new Undecodable('a header without a name')
    cursor.skip(name)
    cursor.skip(Math.max(0, cursor.varint()))
  }
}

/** The headers of a record, parsed when one is requested. */
export class EncodedHeaders implements RecordHeaders {
  readonly #bytes: Buffer
  readonly #count: number

  /** `bytes` must contain `count` complete headers. */
  constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes
    this.#count = count
  }

  get(name: string): Buffer | undefined {
    const wanted = Buffer.from(name)
    let found: Buffer | undefined
    for (const [bytes, value] of this.#all()) if (bytes.equals(wanted)) found = value
    return found
  }

  *entries(): Generator<[string, Buffer | undefined]> {
    for (const [name, value] of this.#all()) yield [name.toString(), value]
  }

  *#all(): Generator<[Buffer, Buffer | undefined]> {
    const cursor = new Cursor(this.#bytes)
    for (let n = 0; n < this.#count; n++) {
      const name = cursor.slice(cursor.varint())!
      yield [name, cursor.slice(cursor.varint()) ?? undefined]
    }
  }
}
