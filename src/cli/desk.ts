import { once } from 'node:events'
import { Command } from 'commander'
import { type ArchiveOptions, archiveConfig } from './archive-options.ts'

/** `sigwatch desk`: the analyst's page over the archive, until it is stopped. */
export function deskCommand(): Command {
  return new Command('desk')
    .option('--config <file>', 'service configuration (default: sigwatch.yaml in the working directory)')
    .option('--database <url>', 'PostgreSQL database (default: archive.url)')
    .addHelpText('after', '\nWho may log in is in desk.tokens; see docs/desk.md.')
    .action(desk)
}

async function desk(options: ArchiveOptions): Promise<void> {
  const { config } = archiveConfig(options)
  const { composeDesk } = await import('../app/compose-desk.ts')
  const running = await composeDesk(config)
  process.stderr.write(`the desk is open at ${running.address}\n`)
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  await running.close()
}
