/** Bytes that are not a valid record, batch or compressed data. The message goes into a dead letter and contains no values. */
export class Undecodable extends Error {}

const SAFE_BASE = Number.MAX_SAFE_INTEGER - 2 ** 32

/** A timestamp or offset that deltas are added to, with 64-bit wraparound. */
export class Base {
  readonly #exact: bigint
  readonly #number: number
  readonly #isSafe: boolean

  constructor(value: bigint) {
    this.#exact = value
    this.#number = Number(value)
    this.#isSafe = Math.abs(this.#number) < SAFE_BASE
  }

  plus(delta: number | bigint): number {
    if (typeof delta === 'number' && this.#isSafe) return this.#number + delta
    return Number(BigInt.asIntN(64, this.#exact + BigInt(delta)))
  }
}

/** Reads bytes from `at` to `end` in order. Throws Undecodable if they end early. */
export class Cursor {
  readonly bytes: Buffer
  at: number
  end: number

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  byte(): number {
    if (this.at >= this.end) throw new Undecodable('it is truncated')
    return this.bytes[this.at++]!
  }

  /** A signed 32-bit varint of at most 5 bytes. */
  varint(): number {
    const first = this.byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let value = first & 0x7f
    for (let shift = 7; shift <= 28; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new Undecodable('a varint of more than 5 bytes')
  }

  /** A signed 64-bit varint of at most 10 bytes; a bigint if it exceeds the safe integers. */
  varlong(): number | bigint {
    const start = this.at
    let value = 0
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    this.at = start
    let large = 0n
    for (let shift = 0n; shift <= 63n; shift += 7n) {
      const byte = this.byte()
      large |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asIntN(64, (BigInt.asUintN(64, large) >> 1n) ^ -(large & 1n))
    }
    throw new Undecodable('a varint of more than 10 bytes')
  }

  skip(length: number): void {
    if (length > this.end - this.at) throw new Undecodable('a length that reaches beyond the record')
    this.at += length
  }

  /** The next bytes, not copied; null for a negative length. */
  slice(length: number): Buffer | null {
    if (length < 0) return null
    this.skip(length)
    return this.bytes.subarray(this.at - length, this.at)
  }
}
