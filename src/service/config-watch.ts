import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import type { Config } from '../settings/config.ts'
import { FileWatch } from './file-watch.ts'
import type { HttpTokenBook } from './http-token-book.ts'
import type { Refusals } from './refusals.ts'

export interface ConfigWatchOptions {
  /** The configuration in force. */
  readonly config: Config
  /** Reads the configuration again. Throws SigwatchError if the process could not start with it. */
  readonly read: () => Config
  /** Files of the configuration and of its tokens. */
  readonly paths: readonly string[]
  readonly tokens: Pick<HttpTokenBook, 'replace'>
  readonly emit: Emit
  /** Same as in ReloaderOptions. */
  readonly refusals?: Pick<Refusals, 'settle'>
  /** Same as in FileWatchOptions. */
  readonly checkEvery?: number
}

/** A half-written file can look like this, so it never switches tokens off. */
const GONE = 'http.tokens: the list is gone; to switch it off, remove it and restart'

/**
 * Watches the configuration files. New tokens take effect immediately; for other changed settings a warning says that they take
 * effect at the next start. An invalid configuration or a missing list of tokens is refused (`reload_refused`), and the tokens
 * in force stay. A refused configuration is read at each check until it is accepted, because its fault may be in a file that it
 * names, such as a certificate; a fault that stays is reported once.
 */
export function watchConfig(options: ConfigWatchOptions): FileWatch {
  const { config, read, paths, tokens, emit, refusals, checkEvery } = options
  const isOn = config.http.tokens !== null
  let told = ''
  let refused = ''
  const reread = (asked: boolean) => {
    try {
      const next = read()
      const listed = next.http.tokens
      if (isOn && listed === null) throw new SigwatchError('CONFIG_INVALID', GONE)
      if (isOn && tokens.replace(listed!)) emit({ name: 'tokens_loaded', tokens: listed!.length })
      const waiting = changedSettings(config, next)
        .filter((key) => key !== 'http.tokens' || !isOn)
        .join(', ')
      if (waiting !== '' && waiting !== told)
        emit({
          name: 'warning',
          message: `settings that take effect at the next start have changed: ${waiting}`,
        })
      told = waiting
      refused = ''
    } catch (error) {
      const reason = error instanceof SigwatchError ? error.message : 'the configuration cannot be read'
      if (reason === refused && !asked) return
      refused = reason
      emit({ name: 'reload_refused', what: 'tokens', reason })
    }
    refusals?.settle(['tokens'])
  }
  const files = [{ paths, read: reread, again: () => refused !== '' }]
  return new FileWatch({ files, emit, ...given({ checkEvery }) })
}

/** Keys that differ between two configurations, such as `manual.approval`. Does not compare secrets. */
function changedSettings(before: object, after: object, under = ''): string[] {
  const [was, is] = [before, after] as [Record<string, unknown>, Record<string, unknown>]
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return keys.flatMap((key) => {
    const name = under + key
    if (isGroup(was[key]) && isGroup(is[key])) return changedSettings(was[key], is[key], `${name}.`)
    return JSON.stringify(was[key]) === JSON.stringify(is[key]) ? [] : [name]
  })
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
