import type { Emit } from '../domain/events.ts'
import { stampOf } from '../settings/file-stamp.ts'

/** Files that are read together. */
export interface WatchedFiles {
  readonly paths: readonly string[]
  /** Stamp of what was read last; absent: the files as they are now. */
  readonly stamp?: string
  /** Reads them again, `asked` by SIGHUP or because they changed. What is wrong with them is its own to report. */
  readonly read: (asked: boolean) => void | Promise<void>
}

export interface FileWatchOptions {
  readonly files: readonly WatchedFiles[]
  /** Called after each look, `asked` as above; it may reject, which is reported as a warning. */
  readonly looked?: (asked: boolean) => Promise<void>
  readonly emit: Emit
  /** Between two looks at the files, ms. */
  readonly checkEvery?: number
  /** A file that has changed must stay as it is for this long before it is read, ms: it may be half written. */
  readonly settle?: number
}

const CHECK_EVERY = 5_000
const SETTLE = 1_000

interface Watched {
  readonly files: WatchedFiles
  /** Stamp of what was read last, taken or refused. */
  read: string
  /** A stamp that is new, until it has stayed. */
  fresh?: string | undefined
}

/** Reads files again on SIGHUP, and when they change. Listens for SIGHUP from its creation on. */
export class FileWatch {
  readonly #options: FileWatchOptions
  readonly #watched: readonly Watched[]
  #started = false
  #asked = false
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(options: FileWatchOptions) {
    this.#options = options
    this.#watched = options.files.map((files) => ({ files, read: files.stamp ?? stampOf(files.paths) }))
    process.on('SIGHUP', this.#onHangUp)
  }

  /** Looks at the files from now on. A SIGHUP that came before is not lost. */
  start(): void {
    this.#started = true
    this.#run()
  }

  /** Resolves when a look that has begun is over. */
  async stop(): Promise<void> {
    this.#started = false
    clearTimeout(this.#timer)
    process.off('SIGHUP', this.#onHangUp)
    await this.#looking
  }

  readonly #onHangUp = (): void => {
    this.#asked = true
    if (this.#started) this.#run()
  }

  /** One look at a time. */
  #run(): void {
    const { emit, settle = SETTLE, checkEvery = CHECK_EVERY } = this.#options
    clearTimeout(this.#timer)
    if (this.#looking) return
    this.#looking = this.#look()
      .catch((error: unknown) => emit({ name: 'warning', message: `reload: ${messageOf(error)}` }))
      .finally(() => {
        this.#looking = undefined
        if (!this.#started) return
        if (this.#asked) return this.#run()
        const soon = this.#watched.some(({ fresh }) => fresh !== undefined)
        this.#timer = setTimeout(() => this.#run(), soon ? settle : checkEvery)
        this.#timer.unref()
      })
  }

  async #look(): Promise<void> {
    const all = this.#asked
    this.#asked = false
    for (const one of this.#watched) {
      const stamp = stampOf(one.files.paths)
      if (!all && (stamp === one.read || stamp !== one.fresh)) {
        one.fresh = stamp === one.read ? undefined : stamp
        continue
      }
      one.read = stamp
      one.fresh = undefined
      await one.files.read(all)
    }
    await this.#options.looked?.(all)
  }
}

/** What went wrong, for a message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
