import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SigwatchError } from '../../domain/errors.ts'
import type { Emit } from '../../domain/events.ts'
import { isDiskFull } from '../../domain/full-disk.ts'
import { OWNER_ONLY } from '../../domain/owner-only.ts'
import type { Channel, OutputRecord, Sink } from '../../domain/ports.ts'
import { SinkRefused } from '../../domain/sink-refused.ts'
import { TRUNCATED } from '../../domain/smaller-dead-letter.ts'

export type LineChannel = Exclude<Channel, 'blocks'>

export interface LinesSinkOptions {
  /** Files, or `-` for standard output; records of channels without a path are dropped. Channels may share a path. */
  readonly paths: Readonly<Partial<Record<LineChannel, string>>>
  readonly emit: Emit
  /** Replaces `process.stdout`. */
  readonly stdout?: NodeJS.WritableStream
}

const RETRY_AFTER = 1_000

/** Appends bytes in order; resolves when the operating system has accepted them. Rejects with system errors. */
interface Output {
  append(bytes: Buffer): Promise<void>
  close(): Promise<void>
}

class FileOutput implements Output {
  readonly #file: FileHandle
  constructor(file: FileHandle) {
    this.#file = file
  }
  /** Bytes written before an error stay written; `written` of the error is their number. */
  async append(bytes: Buffer): Promise<void> {
    let at = 0
    try {
      while (at < bytes.length) at += (await this.#file.write(bytes, at)).bytesWritten
    } catch (error) {
      throw Object.assign(error as Error, { written: at })
    }
  }
  close(): Promise<void> {
    return this.#file.close()
  }
}

class StreamOutput implements Output {
  readonly #stream: NodeJS.WritableStream
  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    // Each write reports its own error; an unhandled event would crash the process.
    stream.on('error', () => {})
  }
  append(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }
  async close(): Promise<void> {}
}

/** Queues bytes while a write is in progress, and writes all of them with the next. */
class LineFile {
  readonly name: string
  readonly #output: Output
  readonly #emit: Emit
  #queue: Buffer[] = []
  /** The write that will include the queue, and the end of all earlier writes. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()
  full = false
  /** Why lines are missing in the file; undefined if none are. */
  failure: Error | undefined

  constructor(name: string, output: Output, emit: Emit) {
    this.name = name
    this.#output = output
    this.#emit = emit
  }

  /** Resolves when the operating system has the bytes. A full disk is waited out until `signal` is aborted. */
  append(bytes: Buffer, signal: AbortSignal | undefined): Promise<void> {
    this.#queue.push(bytes)
    if (!this.#next) {
      this.#next = this.#last.then(() => this.#flush(signal))
      this.#last = this.#next.catch(() => undefined)
    }
    return this.#next
  }

  async #flush(signal: AbortSignal | undefined): Promise<void> {
    let bytes = Buffer.concat(this.#queue)
    this.#queue = []
    this.#next = undefined
    for (;;) {
      try {
        await this.#output.append(bytes)
        this.full = false
        return
      } catch (error) {
        if (!isDiskFull(error) || signal?.aborted) {
          this.failure ??= error as Error
          throw error
        }
        const { written = 0 } = error as { written?: number }
        bytes = bytes.subarray(written)
        if (!this.full) this.#emit({ name: 'warning', message: `no space left for ${this.name}: waiting` })
        this.full = true
        await sleep(RETRY_AFTER, undefined, signal ? { signal } : {}).catch(() => undefined)
      }
    }
  }

  async close(): Promise<void> {
    await this.#last
    await this.#output.close()
  }
}

/**
 * Writes one JSON value per line, each channel to its file. Alerts and verdicts are written unchanged; a dead letter
 * becomes an object with its error, its position in the input, the raw bytes in base64 and, if truncated, the full
 * length. Existing files are truncated. A write resolves when the operating system has the lines.
 */
export class LinesSink implements Sink {
  readonly #files: ReadonlyMap<Channel, LineFile>

  constructor(files: ReadonlyMap<Channel, LineFile>) {
    this.#files = files
  }

  has(channel: Channel): boolean {
    return this.#files.has(channel)
  }

  /** See Sink. Also SINK_REFUSED if the reader of standard output is gone, with an EPIPE `cause`. */
  async write(records: readonly OutputRecord[], signal?: AbortSignal): Promise<void> {
    const texts = new Map<LineFile, string[]>()
    for (const record of records) {
      const file = this.#files.get(record.channel)
      if (!file) continue
      const lines = texts.get(file)
      const line = record.channel === 'deadLetters' ? deadLetterLine(record) : String(record.value)
      if (lines) lines.push(line)
      else texts.set(file, [line])
    }
    const outcomes = await Promise.allSettled(
      [...texts].map(([file, lines]) => file.append(Buffer.from(`${lines.join('\n')}\n`), signal)),
    )
    const files = [...texts.keys()]
    const failures = new Map<LineFile, unknown>()
    outcomes.forEach((outcome, i) => {
      if (outcome.status === 'rejected') failures.set(files[i]!, outcome.reason)
    })
    if (failures.size === 0) return
    const [cause] = failures.values()
    const full = [...failures.values()].find(isDiskFull)
    if (full) throw new SigwatchError('SINK_UNREACHABLE', 'no space left for the output', { cause: full })
    const refused = records.flatMap((record, index) => {
      const file = this.#files.get(record.channel)
      if (!file || !failures.has(file)) return []
      return [{ index, record, channel: record.channel, reason: reasonOf(failures.get(file)) }]
    })
    throw new SinkRefused(refused, { cause })
  }

  unready(): readonly string[] {
    return [...new Set(this.#files.values())].some((f) => f.full) ? ['no space left for the output'] : []
  }

  /** OUTPUT_INCOMPLETE, which names every file that lacks lines and why; undefined if none does. */
  incomplete(): SigwatchError | undefined {
    const lacking = [...new Set(this.#files.values())].filter((file) => file.failure)
    if (lacking.length === 0) return undefined
    const named = lacking.map((file) => `${file.name} is incomplete: ${reasonOf(file.failure)}`)
    return new SigwatchError('OUTPUT_INCOMPLETE', named.join('; '))
  }

  async close(): Promise<void> {
    await Promise.all([...new Set(this.#files.values())].map((file) => file.close()))
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'EPIPE' ? 'the reader of the output is gone (EPIPE)' : message
}

function deadLetterLine({ value, headers = {} }: OutputRecord): string {
  const truncated = headers[TRUNCATED]
  return JSON.stringify({
    error: headers['sigwatch-error'],
    detail: headers['sigwatch-detail'],
    stage: headers['sigwatch-stage'],
    source: headers['sigwatch-topic'],
    partition: Number(headers['sigwatch-partition']),
    offset: Number(headers['sigwatch-offset']),
    value: Buffer.from(value ?? '').toString('base64'),
    ...(truncated === undefined ? {} : { truncated: Number(truncated) }),
  })
}

/** Opens every file, creating new ones with OWNER_ONLY; rejects with USAGE if one cannot be written. */
export async function openLinesSink({
  paths,
  emit,
  stdout = process.stdout,
}: LinesSinkOptions): Promise<LinesSink> {
  const byPath = new Map<string, LineFile>()
  const files = new Map<Channel, LineFile>()
  for (const [channel, path] of Object.entries(paths) as [LineChannel, string | undefined][]) {
    if (path === undefined) continue
    const key = path === '-' ? path : resolve(path)
    let file = byPath.get(key)
    if (!file) {
      const output = path === '-' ? new StreamOutput(stdout) : new FileOutput(await create(path))
      file = new LineFile(path === '-' ? 'standard output' : path, output, emit)
      byPath.set(key, file)
    }
    files.set(channel, file)
  }
  return new LinesSink(files)
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', OWNER_ONLY)
  } catch (error) {
    throw new SigwatchError('USAGE', `cannot write ${path}: ${(error as Error).message}`, { cause: error })
  }
}
