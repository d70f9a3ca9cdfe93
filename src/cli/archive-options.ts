import { type ConfigReading, loadConfig } from '../settings/config.ts'

/** Options of the commands that work on the archive. */
export interface ArchiveOptions {
  readonly config?: string
  /** Instead of `archive.url`. */
  readonly database?: string
}

/** The configuration that these options name. Throws CONFIG_INVALID as `loadConfig` does. */
export function archiveConfig({ config, database }: ArchiveOptions, serving = false): ConfigReading {
  return loadConfig({
    ...(config === undefined ? {} : { file: config }),
    ...(database === undefined ? {} : { overrides: { 'archive.url': database } }),
    serving,
  })
}
