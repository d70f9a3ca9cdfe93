import { type ConfigReading, loadConfig } from '../settings/config.ts'

/** Options shared by several commands, as arguments for commander. */
export const CONFIG_OPTION = [
  '--config <file>',
  'service configuration (default: sigwatch.yaml in the working directory)',
] as const
export const DATABASE_OPTION = ['--database <url>', 'PostgreSQL database (default: archive.url)'] as const

/** Arguments of `addHelpText` for an example of a command. */
export const example = (line: string) => ['after', `\nExample:\n  ${line}`] as const

export interface ArchiveOptions {
  readonly config?: string
  /** Overrides `archive.url`. */
  readonly database?: string
}

/** Loads the configuration with these options. Throws CONFIG_INVALID like `loadConfig`. */
export function archiveConfig({ config, database }: ArchiveOptions, serving = false): ConfigReading {
  return loadConfig({ file: config, overrides: { 'archive.url': database }, serving })
}
