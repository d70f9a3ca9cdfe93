/** What a request needs for its encoder. */
export interface EncodedBody {
  readonly buf: Buffer
  readonly buffer: Buffer
  size(): number
}

/** The bytes of a request behind its client id. */
export function bodyOf(...pieces: readonly Buffer[]): EncodedBody {
  const buffer = Buffer.concat(pieces)
  return { buf: buffer, buffer, size: () => buffer.length }
}

/** An unsigned number of variable length. */
export function unsigned(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left >>>= 7) {
    bytes.push(left > 0x7f ? (left & 0x7f) | 0x80 : left)
    if (left <= 0x7f) return Buffer.from(bytes)
  }
}

export function compactText(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([unsigned(bytes.length + 1), bytes])
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** Reads a response in the form with tags, from its header on. */
export class CompactReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.skipTags()
  }

  skip(bytes: number): void {
    this.#at += bytes
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  int64(): number {
    this.#at += 8
    return Number(this.#bytes.readBigInt64BE(this.#at - 8))
  }

  hex(length: number): string {
    this.#at += length
    return this.#bytes.toString('hex', this.#at - length, this.#at)
  }

  unsigned(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#at++)
      value |= (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
  }

  /** null where there is none. */
  text(): string | null {
    const length = this.unsigned() - 1
    if (length < 0) return null
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  /** As many as the list says. */
  list<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.unsigned() - 1) }, item)
  }

  skipTags(): void {
    for (let tags = this.unsigned(); tags > 0; tags--) {
      this.unsigned()
      const length = this.unsigned()
      this.#at += length
    }
  }
}
