import { FieldReader } from './field-reader.ts'

export interface EncodedBody {
  readonly buf: Buffer
  readonly buffer: Buffer
  size(): number
}

/** The body of a request, after the client id. */
export function bodyOf(...pieces: readonly Buffer[]): EncodedBody {
  const buffer = Buffer.concat(pieces)
  return { buf: buffer, buffer, size: () => buffer.length }
}

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

/** Reads a response of a flexible version (with tagged fields), from its header on. Throws RangeError if it is truncated. */
export class CompactReader extends FieldReader {
  constructor(bytes: Buffer) {
    super(bytes)
    this.skipTags()
  }

  hex(length: number): string {
    return this.slice(length).toString('hex')
  }

  unsigned(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.uint8()
      value |= (byte & 0x7f) << shift
      if ((byte & 0x80) === 0) return value
    }
  }

  text(): string | null {
    const length = this.unsigned() - 1
    return length < 0 ? null : this.slice(length).toString()
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: Math.max(0, this.unsigned() - 1) }, item)
  }

  skipTags(): void {
    for (let tags = this.unsigned(); tags > 0; tags--) {
      this.unsigned()
      this.skip(this.unsigned())
    }
  }
}
