import type { OutputRecord } from '../domain/ports.ts'
import type { Intaken } from './outputs.ts'
import type { Effects, Pipeline, Write } from './pipeline.ts'

/**
 * Splits a batch where a side row is due, so that the row takes effect between the messages before its time and those
 * after it. Used for files, where a batch spans hours; in a stream it spans milliseconds.
 */
export class InOrder {
  readonly #pipeline: Pick<Pipeline, 'process'>
  readonly #sideRows: Effects & { readonly dueAt: number }

  constructor(pipeline: Pick<Pipeline, 'process'>, sideRows: Effects & { readonly dueAt: number }) {
    this.#pipeline = pipeline
    this.#sideRows = sideRows
  }

  async process(items: readonly Intaken[], write: Write): Promise<void> {
    if (this.#sideRows.dueAt === Number.POSITIVE_INFINITY) return this.#pipeline.process(items, write)
    const pieces: (readonly OutputRecord[])[] = []
    const keep: Write = async (records) => void pieces.push(records)
    let start = 0
    for (const [i, item] of items.entries()) {
      if (item.kind !== 'message' || item.eventTime < this.#sideRows.dueAt) continue
      if (i > start) await this.#pipeline.process(items.slice(start, i), keep)
      await this.#sideRows.advance(item.eventTime, [])
      start = i
    }
    await this.#pipeline.process(items.slice(start), keep)
    await write(pieces.flat())
  }
}
