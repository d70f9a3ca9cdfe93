/** Options shared by several commands, as arguments for commander. */
export const CONFIG_OPTION = [
  '--config <file>',
  'service configuration (default: sigwatch.yaml in the working directory)',
] as const
export const DATABASE_OPTION = ['--database <url>', 'PostgreSQL database (default: archive.url)'] as const
