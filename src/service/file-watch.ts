import type { Emit } from '../domain/events.ts'
import { stampOf } from '../settings/file-stamp.ts'

/** Files that are read together. */
export interface WatchedFiles {
  readonly paths: readonly string[]
  /** Stamp of the version read last. Defaults to the files as they are now. */
  readonly stamp?: string
  /** Reads the files again. `asked` is true on SIGHUP, false if they changed. Reports invalid content itself. */
  readonly read: (asked: boolean) => void | Promise<void>
  /** Whether to read the files at each check although they are unchanged, because other files that they name may have changed. */
  readonly again?: () => boolean
}

export interface FileWatchOptions {
  readonly files: readonly WatchedFiles[]
  /** Called after each check, with `asked` as above. If it rejects, a warning is emitted. */
  readonly looked?: (asked: boolean) => Promise<void>
  readonly emit: Emit
  /** Interval between checks of the files, ms. */
  readonly checkEvery?: number
  /** How long a changed file must stay unchanged before it is read, ms: it may be half written. */
  readonly settle?: number
}

const CHECK_EVERY = 5_000
const SETTLE = 1_000

interface Watched {
  readonly files: WatchedFiles
  /** Stamp of the version read last, whether accepted or refused. */
  read: string
  /** A new stamp whose files have not settled yet. */
  fresh?: string | undefined
}

/** Reads files again on SIGHUP and when they change. Handles SIGHUP from its creation. */
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

  /** Starts checking the files. A SIGHUP received earlier is handled now. */
  start(): void {
    this.#started = true
    this.#run()
  }

  /** Resolves when a check in progress has finished. */
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

  /** Runs one check at a time. */
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
      const isDue = stamp === one.read ? one.files.again?.() : stamp === one.fresh
      if (!all && !isDue) {
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

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
