import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { changedSettings } from '../settings/changed-settings.ts'
import type { Config } from '../settings/config.ts'
import { FileWatch } from './file-watch.ts'
import type { HttpTokenBook } from './http-token-book.ts'
import type { Refusals } from './refusals.ts'

export interface ConfigWatchOptions {
  /** In force. */
  readonly config: Config
  /** Reads it again. Throws SigwatchError for what the process would not start with. */
  readonly read: () => Config
  /** The files that it is read from, and those with its tokens. */
  readonly paths: readonly string[]
  readonly tokens: Pick<HttpTokenBook, 'replace'>
  readonly emit: Emit
  /** As the Reloader has it. */
  readonly refusals?: Pick<Refusals, 'settle'>
}

/** A file that is half written looks like that. */
const GONE = 'http.tokens: the list is gone; to switch it off, remove it and restart'

/**
 * Watches the files of the configuration: new tokens are taken at once, and of what else has changed it warns that it takes
 * effect at the next start. What is wrong, and a list of tokens that is gone, is refused (`reload_refused`), and the tokens in
 * force stay.
 */
export function watchConfig(options: ConfigWatchOptions): FileWatch {
  const { config, read, paths, tokens, emit, refusals } = options
  const isOn = config.http.tokens !== null
  let told = ''
  const reread = () => {
    try {
      const next = read()
      const given = next.http.tokens
      if (isOn && given === null) throw new SigwatchError('CONFIG_INVALID', GONE)
      if (isOn && tokens.replace(given!)) emit({ name: 'tokens_loaded', tokens: given!.length })
      const waiting = changedSettings(config, next)
        .filter((key) => key !== 'http.tokens' || !isOn)
        .join(', ')
      if (waiting !== '' && waiting !== told)
        emit({
          name: 'warning',
          message: `settings that take effect at the next start have changed: ${waiting}`,
        })
      told = waiting
    } catch (error) {
      const reason = error instanceof SigwatchError ? error.message : 'the configuration cannot be read'
      emit({ name: 'reload_refused', what: 'tokens', reason })
    }
    refusals?.settle(['tokens'])
  }
  return new FileWatch({ files: [{ paths, read: reread }], emit })
}
