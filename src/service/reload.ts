import { join } from 'node:path'
import type { Assets } from '../detection/versions/assets.ts'
import { MODEL_FILES } from '../detection/versions/model-files.ts'
import type { Reload } from '../detection/versions/reload-outcome.ts'
import type { Emit } from '../domain/events.ts'
import type { Versioned } from '../domain/versions.ts'
import type { Config } from '../settings/config.ts'
import { stampOf } from '../settings/file-stamp.ts'

export interface ReloaderOptions {
  /** What is not configured is shipped and does not change. */
  readonly config: Pick<Config, 'policy' | 'registry' | 'model'>
  readonly assets: Pick<Assets, 'policy' | 'registry' | 'classifier'>
  /** Puts what was loaded in force; see Runner. */
  readonly adopt: (what: Versioned) => Promise<void>
  readonly emit: Emit
  /** Stamps of the files before they were read; absent: they are taken now. */
  readonly stamps?: FileStamps
  /** Between two looks at the files, ms. */
  readonly checkEvery?: number
  /** A file that has changed must stay as it is for this long before it is read, ms: it may be half written. */
  readonly settle?: number
}

/** How the files of each version stood, those that are configured. */
export type FileStamps = ReadonlyMap<Versioned, string>

/** To be taken before the files are read: what changes afterwards is then seen to be newer. */
export function fileStampsOf(config: ReloaderOptions['config']): FileStamps {
  return new Map(watchedOf(config).map(({ what, paths }) => [what, stampOf(paths)]))
}

function watchedOf(config: ReloaderOptions['config']) {
  return (['model', 'registry', 'policy'] as const).flatMap((what) => {
    const path = config[what]
    if (path === null) return []
    return [{ what, paths: what === 'model' ? MODEL_FILES.map((file) => join(path, file)) : [path] }]
  })
}

const CHECK_EVERY = 5_000
const SETTLE = 1_000

/** A file, or the files of a model folder, as they were seen last. */
interface Watched {
  readonly what: Versioned
  readonly paths: readonly string[]
  /** Stamp of what was read last, taken or refused. */
  read: string
  /** A stamp that is new, until it has stayed. */
  fresh?: string | undefined
}

/**
 * Reads policy, registry and model again on SIGHUP, and when their files change. What is wrong is refused
 * (`reload_refused`) and the version in force stays; a new version is checked first, taken whole, and the states that it
 * does not bear are cleared. Listens for SIGHUP from its creation on.
 */
export class Reloader {
  readonly #options: ReloaderOptions
  readonly #watched: readonly Watched[]
  /** Taken, but not yet put in force: the store of states could not be reached. */
  readonly #pendingAdoption = new Set<Versioned>()
  #started = false
  #asked = false
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined

  constructor(options: ReloaderOptions) {
    this.#options = options
    const { config, stamps = fileStampsOf(config) } = options
    this.#watched = watchedOf(config).map((item) => ({ ...item, read: stamps.get(item.what)! }))
    process.on('SIGHUP', this.#onHangUp)
  }

  /** Looks at the files from now on. A SIGHUP that came before is not lost. */
  start(): void {
    this.#started = true
    this.#run()
  }

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
        const soon = this.#watched.some((item) => item.fresh !== undefined)
        this.#timer = setTimeout(() => this.#run(), soon ? settle : checkEvery)
        this.#timer.unref()
      })
  }

  async #look(): Promise<void> {
    const { assets, adopt, emit } = this.#options
    const all = this.#asked
    this.#asked = false
    for (const item of this.#watched) {
      const stamp = stampOf(item.paths)
      if (all || (stamp !== item.read && stamp === item.fresh)) await this.#read(item, stamp)
      else item.fresh = stamp === item.read ? undefined : stamp
    }
    for (const what of this.#pendingAdoption) {
      try {
        await adopt(what)
        this.#pendingAdoption.delete(what)
        if (what === 'model') assets.classifier.retire()
      } catch (error) {
        const message = `open states are not held against the new ${what} yet: ${messageOf(error)}`
        emit({ name: 'warning', message })
      }
    }
  }

  async #read(item: Watched, stamp: string): Promise<void> {
    item.read = stamp
    item.fresh = undefined
    try {
      if ((await this.#load(item.what)) === 'swapped') this.#pendingAdoption.add(item.what)
    } catch (error) {
      this.#options.emit({ name: 'reload_refused', what: item.what, reason: messageOf(error) })
    }
  }

  #load(what: Versioned): Reload | Promise<Reload> {
    const { policy, registry, classifier } = this.#options.assets
    return { policy, registry, model: classifier }[what].reload()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
