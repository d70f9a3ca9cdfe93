import { type ConfigReading, loadConfig } from '../settings/config.ts'

/** Options shared by the commands that use the archive. */
export interface ArchiveOptions {
  readonly config?: string
  /** Overrides `archive.url`. */
  readonly database?: string
}

/** Loads the configuration with these options. Throws CONFIG_INVALID like `loadConfig`. */
export function archiveConfig({ config, database }: ArchiveOptions, serving = false): ConfigReading {
  return loadConfig({
    file: config,
    overrides: { 'archive.url': database },
    serving,
  })
}
