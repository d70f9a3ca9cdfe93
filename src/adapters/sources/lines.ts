import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { SigwatchError } from '../../domain/errors.ts'
import type { Position, RawRecord } from '../../domain/message.ts'
import type { Clock, RecordRun, Source, SourceHandler } from '../../domain/ports.ts'
import { LineSplitter, type NumberedLine } from './line-splitter.ts'

export interface LinesSourceOptions {
  /** A file, or `-` for standard input. */
  readonly path: string
  readonly clock: Clock
  /** Of a longer line, this many bytes plus one are handed over, together with its full length. */
  readonly maxLineBytes?: number
  /** Replaces `process.stdin`. */
  readonly stdin?: Readable
}

const MIB = 1 << 20
const READ_BYTES = 1 << 18
const BATCH = 1_024
/** A file is assigned only once. */
const EPOCH = 0
const PLACE_FAULTS = new Set(['ENOENT', 'EISDIR', 'EACCES', 'ENOTDIR', 'EBADF'])

/**
 * One record per line. Lines end at LF only and are passed as bytes, including a CR. Offsets are line numbers from 0;
 * empty lines are counted but skipped; a last line without LF counts. Memory is independent of the size of the input:
 * the next bytes are read when the handler has accepted the last ones. The timestamp of a record is the time it was
 * read.
 */
export class LinesSource implements Source {
  readonly #options: LinesSourceOptions
  readonly #topic: string
  #stream: Readable | undefined
  #running: Promise<void> | undefined
  #stopped = false
  #done = false
  #next = 0

  constructor(options: LinesSourceOptions) {
    this.#options = options
    this.#topic = options.path === '-' ? 'stdin' : basename(options.path)
  }

  /** Rejects with USAGE if the file cannot be opened. */
  run(handler: SourceHandler): Promise<void> {
    this.#running ??= this.#read(handler).finally(() => {
      this.#done = true
    })
    return this.#running
  }

  /** Offsets of a file are not stored: the next run starts from the beginning. */
  async commit(_checkpoints: readonly Position[]): Promise<void> {}

  async stop(): Promise<void> {
    this.#stopped = true
    this.#stream?.destroy()
    await this.#running?.catch(() => undefined)
  }

  unready(): readonly string[] {
    return this.#stream || this.#done ? [] : ['the input is not open yet']
  }

  async #read(handler: SourceHandler): Promise<void> {
    const { path, stdin = process.stdin, maxLineBytes = MIB } = this.#options
    const stream = path === '-' ? stdin : await openFile(path)
    // The loop below throws the error too, but may not have started yet.
    stream.on('error', () => {})
    this.#stream = stream
    await handler.assigned([{ topic: this.#topic, partition: 0, startOffset: 0 }], EPOCH)
    const splitter = new LineSplitter(maxLineBytes)
    try {
      for await (const chunk of stream) {
        await this.#handOver(handler, splitter.push(asBuffer(chunk)))
        if (this.#stopped) return
      }
      await this.#handOver(handler, splitter.end())
    } catch (error) {
      if (this.#stopped && isEarlyClose(error)) return
      throw placed(error, path === '-' ? 'standard input' : path)
    }
  }

  async #handOver(handler: SourceHandler, lines: Iterable<NumberedLine>): Promise<void> {
    const topic = this.#topic
    const timestamp = this.#options.clock.now()
    let batch: RawRecord[] = []
    for (const [offset, value, bytes] of lines) {
      const position = { topic, partition: 0, offset }
      batch.push(
        bytes === value.length
          ? { position, timestamp, value }
          : { position, timestamp, value, truncated: bytes },
      )
      if (batch.length < BATCH) continue
      await handler.records(this.#runOf(batch))
      if (this.#stopped) return
      batch = []
    }
    if (batch.length > 0) await handler.records(this.#runOf(batch))
  }

  #runOf(records: readonly RawRecord[]): RecordRun {
    const from = this.#next
    this.#next = records.at(-1)!.position.offset + 1
    return { partition: { topic: this.#topic, partition: 0 }, epoch: EPOCH, from, records, lag: undefined }
  }
}

function asBuffer(chunk: Buffer | string): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}

function isEarlyClose(error: unknown): boolean {
  return codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE' || (error as Error)?.name === 'AbortError'
}

async function openFile(path: string): Promise<Readable> {
  try {
    return (await open(path)).createReadStream({ highWaterMark: READ_BYTES })
  } catch (error) {
    throw placed(error, path)
  }
}

/** Errors of the path become USAGE; others are returned unchanged. */
function placed(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (code === undefined || !PLACE_FAULTS.has(code)) return error
  return new SigwatchError('USAGE', `cannot read ${path}: ${(error as Error).message}`, { cause: error })
}

export function createLinesSource(options: LinesSourceOptions): LinesSource {
  return new LinesSource(options)
}
