import { join } from 'node:path'
import type { Assets } from '../detection/versions/assets.ts'
import { MODEL_FILES } from '../detection/versions/model-files.ts'
import type { Reload } from '../detection/versions/reload-outcome.ts'
import type { Emit } from '../domain/events.ts'
import type { Versioned } from '../domain/versions.ts'
import type { Config } from '../settings/config.ts'
import { stampOf } from '../settings/file-stamp.ts'
import { FileWatch, type FileWatchOptions, messageOf } from './file-watch.ts'
import type { Refusals } from './refusals.ts'

export type ReloaderOptions = {
  /** What is not configured is shipped and does not change. */
  readonly config: Pick<Config, 'policy' | 'rules' | 'registry' | 'model'>
  readonly assets: Pick<Assets, 'policy' | 'registry' | 'classifier'>
  /** Puts what was loaded in force; see Runner. */
  readonly adopt: (what: Versioned) => Promise<void>
  readonly emit: Emit
  /** Told when something has been read; it hears of what was refused by itself. */
  readonly refusals?: Pick<Refusals, 'settle'>
  /** Stamps of the files before they were read; absent: they are taken now. */
  readonly stamps?: FileStamps
} & Pick<FileWatchOptions, 'checkEvery' | 'settle'>

/** How the files of each version stood, those that are configured. */
export type FileStamps = ReadonlyMap<Versioned, string>

/** To be taken before the files are read: what changes afterwards is then seen to be newer. */
export function fileStampsOf(config: ReloaderOptions['config']): FileStamps {
  return new Map(watchedOf(config).map(({ what, paths }) => [what, stampOf(paths)]))
}

function watchedOf(config: ReloaderOptions['config']) {
  const { model, registry, policy, rules } = config
  const files = {
    model: model === null ? [] : MODEL_FILES.map((file) => join(model, file)),
    registry: [registry],
    // What one of them names the other must have: they are read together.
    policy: [policy, rules],
  }
  return (['model', 'registry', 'policy'] as const).flatMap((what) => {
    const paths = files[what].flatMap((path) => path ?? [])
    return paths.length === 0 ? [] : [{ what, paths }]
  })
}

/**
 * Reads policy, own rules, registry and model again on SIGHUP, and when their files change. What is wrong is refused
 * (`reload_refused`) and the version in force stays, as it does when a registry file loses most of its rows without SIGHUP; a
 * new version is checked first, taken whole, and the states that it does not bear are cleared. Listens for SIGHUP from its creation on.
 */
export class Reloader {
  readonly #options: ReloaderOptions
  readonly #watch: FileWatch
  /** In this look something was taken or refused. */
  #isNews = false
  /** Taken, but not yet put in force: the store of states could not be reached. */
  readonly #pendingAdoption = new Set<Versioned>()

  constructor(options: ReloaderOptions) {
    this.#options = options
    const { config, stamps = fileStampsOf(config), emit, checkEvery, settle } = options
    this.#watch = new FileWatch({
      files: watchedOf(config).map(({ what, paths }) => ({
        paths,
        stamp: stamps.get(what)!,
        read: (asked) => this.#read(what, asked),
      })),
      looked: (asked) => {
        if (asked && !this.#isNews) emit({ name: 'reload_unchanged' })
        this.#isNews = false
        return this.#adoptPending()
      },
      emit,
      ...(checkEvery === undefined ? {} : { checkEvery }),
      ...(settle === undefined ? {} : { settle }),
    })
  }

  /** Looks at the files from now on. A SIGHUP that came before is not lost. */
  start(): void {
    this.#watch.start()
  }

  stop(): Promise<void> {
    return this.#watch.stop()
  }

  async #adoptPending(): Promise<void> {
    const { assets, adopt, emit } = this.#options
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

  async #read(what: Versioned, asked: boolean): Promise<void> {
    try {
      const outcome = await this.#load(what, asked)
      if (outcome !== 'same') this.#isNews = true
      if (outcome === 'swapped') this.#pendingAdoption.add(what)
    } catch (error) {
      this.#isNews = true
      this.#options.emit({ name: 'reload_refused', what, reason: messageOf(error) })
    }
    this.#options.refusals?.settle(what === 'policy' ? ['policy', 'rules'] : [what])
  }

  #load(what: Versioned, asked: boolean): Reload | Promise<Reload> {
    const { policy, registry, classifier } = this.#options.assets
    return { policy, registry, model: classifier }[what].reload(asked)
  }
}
