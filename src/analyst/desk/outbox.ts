import { setTimeout as sleep } from 'node:timers/promises'
import { SigwatchError } from '../../domain/errors.ts'
import { readSideRow } from '../../pipeline/side-inputs/rows.ts'
import { canonicalNumber } from '../../text/canonical-number.ts'
import { type GivenRow, keepGiven, markSent, unsentRows } from '../archive/given-feedback.ts'
import type { ArchiveReader } from '../archive/reader.ts'
import type { FeedbackWriter } from './options.ts'

/** How long a user waits for feedback to be written, ms. */
const PATIENCE = 3_000
const RETRY_EVERY = 5_000
const AT_ONCE = 500
const PARALLEL = 50

/**
 * Delivers feedback to the service. It is stored in the archive first, so that nothing is lost while brokers do not answer, and
 * written with retries; the service ignores rows with an id it has already seen.
 */
export class Outbox {
  readonly #archive: Pick<ArchiveReader, 'ask' | 'change'>
  readonly #writer: FeedbackWriter
  readonly #stopping = new AbortController()
  #sending: Promise<boolean> | undefined
  #retrying = false

  constructor(archive: Pick<ArchiveReader, 'ask' | 'change'>, writer: FeedbackWriter) {
    this.#archive = archive
    this.#writer = writer
    void this.#retry()
  }

  /** Epoch ms. */
  now(): Promise<number> {
    return this.#writer.now()
  }

  /**
   * Stores rows and tries to write them for up to three seconds. Resolves with false if `keep` did not store them. Rejects with
   * USAGE for a row that is not allowed.
   */
  async give(
    rows: readonly GivenRow[],
    keep: () => Promise<boolean> = () => keepGiven(this.#archive.change, rows),
  ): Promise<boolean> {
    for (const row of rows) {
      const read = readSideRow('feedback', row, canonicalNumber)
      if ('message' in read) throw new SigwatchError('USAGE', `${read.key}: ${read.message}`)
    }
    if (!(await keep())) return false
    await Promise.race([this.#retry(), sleep(PATIENCE, undefined, { ref: false })])
    return true
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.race([this.#sending, sleep(PATIENCE, undefined, { ref: false })])
  }

  /** Sends now, and again later while rows are left. Never rejects. */
  async #retry(): Promise<void> {
    const isDone = await this.#send()
    if (isDone || this.#retrying) return
    this.#retrying = true
    const { signal } = this.#stopping
    void (async () => {
      while (!signal.aborted) {
        await sleep(RETRY_EVERY, undefined, { signal, ref: false }).catch(() => undefined)
        if (!signal.aborted && (await this.#send())) break
      }
      this.#retrying = false
    })()
  }

  /** Returns whether nothing is left. Rows added during a round are sent in the next one. */
  async #send(): Promise<boolean> {
    await this.#sending
    this.#sending ??= this.#sendAll().catch(() => false)
    const isDone = await this.#sending
    this.#sending = undefined
    return isDone
  }

  async #sendAll(): Promise<boolean> {
    for (;;) {
      const rows = await unsentRows(this.#archive.ask, AT_ONCE)
      if (rows.length === 0) return true
      for (let at = 0; at < rows.length; at += PARALLEL) {
        const some = rows.slice(at, at + PARALLEL)
        await Promise.all(some.map((row) => this.#writer.write(keyOf(row), row)))
        await markSent(
          this.#archive.change,
          some.map(({ feedbackId }) => feedbackId),
        )
      }
    }
  }
}

function keyOf({ stateId, messageId, target, undo }: GivenRow): string {
  return stateId ?? messageId ?? target ?? undo!
}
