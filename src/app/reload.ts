import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Emit } from '../domain/events.ts'
import type { Assets } from './assets.ts'
import { MODEL_FILES } from './classifier-holder.ts'
import type { Config } from './config.ts'
import type { Versioned } from './core.ts'
import type { Reload } from './reload-outcome.ts'

export interface ReloaderOptions {
  /** What is not configured is shipped and does not change. */
  readonly config: Pick<Config, 'policy' | 'registry' | 'model'>
  readonly assets: Pick<Assets, 'policy' | 'registry' | 'classifier'>
  /** Puts what was loaded in force; see Core. */
  readonly adopt: (what: Versioned) => Promise<void>
  readonly emit: Emit
  /** Between two looks at the files, ms. */
  readonly lookEvery?: number
  /** A file that has changed must stay as it is for this long before it is read, ms: it may be half written. */
  readonly settle?: number
}

export interface Reloader {
  /** Looks at the files from now on. A SIGHUP that came before is not lost. */
  start(): void
  stop(): Promise<void>
}

const LOOK_EVERY = 5_000
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
 * Reads policy, registry and model anew on SIGHUP, and when their files change. What is wrong is refused
 * (`reload_refused`) and the version in force stays; a new version is checked first, taken whole, and the states that it
 * does not bear are cleared. Listens for SIGHUP from its creation on.
 */
export function createReloader(options: ReloaderOptions): Reloader {
  const { config, assets, adopt, emit, lookEvery = LOOK_EVERY, settle = SETTLE } = options
  const load: Readonly<Record<Versioned, () => Reload | Promise<Reload>>> = {
    policy: () => assets.policy.reload(),
    registry: () => assets.registry.reload(),
    model: () => assets.classifier.reload(),
  }
  const watched: Watched[] = (['model', 'registry', 'policy'] as const).flatMap((what) => {
    const path = config[what]
    if (path === null) return []
    const paths = what === 'model' ? MODEL_FILES.map((file) => join(path, file)) : [path]
    return [{ what, paths, read: stampOf(paths) }]
  })
  /** Taken, but not yet put in force: the store of states could not be reached. */
  const owed = new Set<Versioned>()
  let started = false
  let asked = false
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined

  async function read(item: Watched, stamp: string): Promise<void> {
    item.read = stamp
    item.fresh = undefined
    try {
      if ((await load[item.what]()) === 'swapped') owed.add(item.what)
    } catch (error) {
      emit({ name: 'reload_refused', what: item.what, reason: messageOf(error) })
    }
  }

  async function look(): Promise<void> {
    const all = asked
    asked = false
    for (const item of watched) {
      const stamp = stampOf(item.paths)
      if (all || (stamp !== item.read && stamp === item.fresh)) await read(item, stamp)
      else item.fresh = stamp === item.read ? undefined : stamp
    }
    for (const what of owed) {
      try {
        await adopt(what)
        owed.delete(what)
        if (what === 'model') assets.classifier.retire()
      } catch (error) {
        const message = `open states are not held against the new ${what} yet: ${messageOf(error)}`
        emit({ name: 'warning', message })
      }
    }
  }

  /** One look at a time. */
  function run(): void {
    clearTimeout(timer)
    if (looking) return
    looking = look()
      .catch((error: unknown) => emit({ name: 'warning', message: `reload: ${messageOf(error)}` }))
      .finally(() => {
        looking = undefined
        if (!started) return
        if (asked) return run()
        const soon = watched.some((item) => item.fresh !== undefined)
        timer = setTimeout(run, soon ? settle : lookEvery)
        timer.unref()
      })
  }

  function onHangUp(): void {
    asked = true
    if (started) run()
  }
  process.on('SIGHUP', onHangUp)

  return {
    start() {
      started = true
      run()
    },
    async stop() {
      started = false
      clearTimeout(timer)
      process.off('SIGHUP', onHangUp)
      await looking
    },
  }
}

/** Changes when a file is written, replaced, or a link on the way to it is moved. */
function stampOf(paths: readonly string[]): string {
  return paths.map(stampOfOne).join()
}

function stampOfOne(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino}:${size}:${mtimeMs}`
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
