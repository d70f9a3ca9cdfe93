import { once } from 'node:events'
import { Command, Option } from 'commander'
import { LOCALES, type Locale } from '../detection/detectors/words.ts'
import { createTelemetry } from '../service/telemetry/events.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { serve } from './serve.ts'
import { type ArchiveOptions, archiveConfig, CONFIG_OPTION, DATABASE_OPTION } from './shared-options.ts'

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
  const reading = archiveConfig(options)
  const { config } = reading
  const { composeDesk } = await import('../service/compose-desk.ts')
  const telemetry = createTelemetry({ deployment: config.deployment, logLevel: config.log.level })
  const { emit } = telemetry
  const stopped = new AbortController()
  let isOpen = false
  const open = async (stopping: AbortSignal) => {
    const { address, close } = await composeDesk(
      locale === undefined ? config : { ...config, locale },
      emit,
      stopping,
    )
    isOpen = true
    process.stderr.write(`the desk is open at ${address}\n`)
    emit({ name: 'started', version: VERSION, commit: COMMIT, mode: 'desk' })
    return {
      run: async () => void (await once(stopped.signal, 'abort')),
      stop: async () => stopped.abort(),
      close,
    }
  }
  await serve(reading, telemetry, {
    open,
    probes: [() => (isOpen ? [] : ['starting: waiting for the archive'])],
    reloads: false,
  })
}
