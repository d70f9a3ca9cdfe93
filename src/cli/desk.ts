import { once } from 'node:events'
import { Command, Option } from 'commander'
import { LOCALES, type Locale } from '../detection/detectors/words.ts'
import { runToEnd, sayStopped } from '../service/lifecycle.ts'
import { createTelemetry } from '../service/telemetry/events.ts'
import { startHttpServer } from '../service/telemetry/server.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { type ArchiveOptions, archiveConfig } from './archive-options.ts'
import { CONFIG_OPTION, DATABASE_OPTION } from './shared-options.ts'

/** `sigwatch desk`: serves the analysts' web interface to the archive, until it is stopped. */
export function deskCommand(): Command {
  return new Command('desk')
    .option(...CONFIG_OPTION)
    .option(...DATABASE_OPTION)
    .addOption(new Option('--locale <locale>', 'language (default: the setting locale)').choices(LOCALES))
    .addHelpText('after', '\nWho may log in is in desk.tokens; see docs/desk.md.')
    .action(desk)
}

async function desk({ locale, ...options }: ArchiveOptions & { readonly locale?: Locale }): Promise<void> {
  const { config, given } = archiveConfig(options)
  const { composeDesk } = await import('../service/compose-desk.ts')
  const { emit, registry } = createTelemetry({ deployment: config.deployment, logLevel: config.log.level })
  const { host, port } = config.http
  const http = given.has('http.port')
    ? await startHttpServer({ host, port, registry, probes: [], version: VERSION, commit: COMMIT })
    : undefined
  const stopped = new AbortController()
  const open = async () => {
    const { address, close } = await composeDesk(locale === undefined ? config : { ...config, locale }, emit)
    process.stderr.write(`the desk is open at ${address}\n`)
    emit({ name: 'started', version: VERSION, commit: COMMIT, mode: 'desk' })
    return {
      run: async () => void (await once(stopped.signal, 'abort')),
      stop: async () => stopped.abort(),
      close,
    }
  }
  try {
    const bySignal = await runToEnd(open, emit, { reloads: false })
    sayStopped(bySignal, emit)
  } finally {
    await http?.close()
  }
}
