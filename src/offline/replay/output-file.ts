import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { SigwatchError } from '../../domain/errors.ts'
import { OWNER_ONLY } from '../../domain/owner-only.ts'

/** A file of JSON lines that only its owner can read. */
export class OutputFile {
  readonly #file: number
  #bytes: number

  /** Keeps the first `bytes` of the existing file; 0 starts over. Throws USAGE if it cannot be opened. */
  constructor(path: string, bytes = 0) {
    try {
      this.#file = openSync(path, bytes === 0 ? 'w' : 'r+', OWNER_ONLY)
      ftruncateSync(this.#file, bytes)
    } catch (cause) {
      throw new SigwatchError('USAGE', `cannot write ${path}: ${(cause as Error).message}`, { cause })
    }
    this.#bytes = bytes
  }

  /** Length of the file. */
  get bytes(): number {
    return this.#bytes
  }

  write(values: readonly unknown[]): void {
    if (values.length === 0) return
    const lines = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
    for (let at = 0; at < lines.length; )
      at += writeSync(this.#file, lines, at, lines.length - at, this.#bytes + at)
    this.#bytes += lines.length
  }

  close(): void {
    closeSync(this.#file)
  }
}
