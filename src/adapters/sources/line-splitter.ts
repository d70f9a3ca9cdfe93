const LF = 0x0a
const NOTHING = Buffer.alloc(0)

/** Number of a line from 0, its bytes without LF, and how many it has; of a line above the limit only the first are there. */
export type NumberedLine = readonly [number: number, line: Buffer, bytes: number]

/** Cuts a stream of bytes into numbered lines. Holds at most one unfinished line, and of a line at most `max` + 1 bytes. */
export class LineSplitter {
  readonly #max: number
  #number = 0
  #open: Buffer[] = []
  /** Kept of the unfinished line, and seen of it. */
  #keptBytes = 0
  #openBytes = 0

  constructor(max: number) {
    this.#max = max
  }

  /** The lines that end in this chunk; empty ones are left out. */
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

  /** The last line, when it has no LF. */
  *end(): Generator<NumberedLine> {
    const bytes = this.#openBytes
    if (bytes > 0) yield [this.#number++, this.#finish(NOTHING, 0, 0), bytes]
  }

  /** Lines seen so far, empty ones included. */
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
