import { join } from 'node:path'
import type { Assets } from '../detection/versions/assets.ts'
import { MODEL_FILES } from '../detection/versions/model-files.ts'
import type { Reload } from '../detection/versions/reload-outcome.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import type { Versioned } from '../domain/versions.ts'
import type { Config } from '../settings/config.ts'
import { stampOf } from '../settings/file-stamp.ts'
import { FileWatch, type FileWatchOptions, messageOf } from './file-watch.ts'
import type { Refusals } from './refusals.ts'

export type ReloaderOptions = {
  /** Versions that are not configured are the shipped ones and never change. */
  readonly config: Pick<Config, 'policy' | 'rules' | 'registry' | 'model'>
  readonly assets: Pick<Assets, 'policy' | 'registry' | 'classifier'>
  /** Puts the loaded version into force; see Runner. */
  readonly adopt: (what: Versioned) => Promise<void>
  readonly emit: Emit
  /** Notified of successful reads. It learns of refusals from the events. */
  readonly refusals?: Pick<Refusals, 'settle'>
  /** Stamps of the files from before they were read. Default: taken now. */
  readonly stamps?: FileStamps
} & Pick<FileWatchOptions, 'checkEvery' | 'settle'>

/** Stamps of the configured files of each version. */
export type FileStamps = ReadonlyMap<Versioned, string>

/** Takes the stamps of the files. Call it before reading them, so that later changes are detected. */
export function fileStampsOf(config: ReloaderOptions['config']): FileStamps {
  return new Map(watchedOf(config).map(({ what, paths }) => [what, stampOf(paths)]))
}

function watchedOf(config: ReloaderOptions['config']) {
  const { model, registry, policy, rules } = config
  const files = {
    model: model === null ? [] : MODEL_FILES.map((file) => join(model, file)),
    registry: [registry],
    // The policy refers to own rules, so both are read together.
    policy: [policy, rules],
  }
  return (['model', 'registry', 'policy'] as const).flatMap((what) => {
    const paths = files[what].flatMap((path) => path ?? [])
    return paths.length === 0 ? [] : [{ what, paths }]
  })
}

/**
 * Reloads policy, own rules, registry and model on SIGHUP and when their files change. Invalid files are refused
 * (`reload_refused`) and the version in force stays; the same goes for a registry file that loses most of its rows, unless
 * SIGHUP asked for it. A new version is validated first and replaces the old one as a whole; states that it no longer supports
 * are cleared. Handles SIGHUP from its creation.
 */
export class Reloader {
  readonly #options: ReloaderOptions
  readonly #watch: FileWatch
  /** Whether the current check accepted or refused something. */
  #isNews = false
  /** Versions that are loaded but not in force yet because the state store was unreachable. */
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
      ...given({ checkEvery, settle }),
    })
  }

  /** Starts checking the files. A SIGHUP received earlier is handled now. */
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
