const LF = 0x0a
const NOTHING = Buffer.alloc(0)

/** Line number from 0, its bytes without LF, and its full length in bytes; the bytes are cut if the line exceeds the limit. */
export type NumberedLine = readonly [number: number, line: Buffer, bytes: number]

/** Splits a byte stream into numbered lines. Buffers at most one unfinished line, and at most `max` + 1 bytes of it. */
export class LineSplitter {
  readonly #max: number
  #number = 0
  #open: Buffer[] = []
  /** Bytes buffered and bytes seen of the unfinished line. */
  #keptBytes = 0
  #openBytes = 0

  constructor(max: number) {
    this.#max = max
  }

  /** The lines that end in this chunk, without empty ones. */
  *push(chunk: Buffer): Generator<NumberedLine> {
    let from = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, from)) {
      const bytes = this.#openBytes + end - from
      const line =
        this.#openBytes === 0 ? this.#cut(chunk.subarray(from, end)) : this.#finish(chunk, from, end)
      if (bytes > 0) yield [this.#number, line, bytes]
      this.#number++
      from = end + 1
    }
    this.#keep(chunk.subarray(from))
  }

  /** The last line, if it has no LF. */
  *end(): Generator<NumberedLine> {
    const bytes = this.#openBytes
    if (bytes > 0) yield [this.#number++, this.#finish(NOTHING, 0, 0), bytes]
  }

  /** Number of lines so far, including empty ones. */
  get count(): number {
    return this.#number
  }

  #cut(line: Buffer): Buffer {
    return line.length > this.#max ? line.subarray(0, this.#max + 1) : line
  }

  #finish(chunk: Buffer, from: number, end: number): Buffer {
    this.#keep(chunk.subarray(from, end))
    const line = this.#open.length === 1 ? this.#open[0]! : Buffer.concat(this.#open)
    this.#open = []
    this.#keptBytes = 0
    this.#openBytes = 0
    return line
  }

  #keep(bytes: Buffer): void {
    const room = this.#max + 1 - this.#keptBytes
    this.#openBytes += bytes.length
    if (bytes.length === 0 || room <= 0) return
    const kept = bytes.subarray(0, room)
    this.#open.push(kept)
    this.#keptBytes += kept.length
  }
}
