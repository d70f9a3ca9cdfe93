import { Command } from 'commander'
import type { Emit } from '../domain/events.ts'
import { needBlocker } from '../service/command-needs.ts'
import { type Blocker, composeBlocker } from '../service/compose-blocker.ts'
import { watchConfig } from '../service/config-watch.ts'
import { HttpTokenBook } from '../service/http-token-book.ts'
import { Refusals } from '../service/refusals.ts'
import { createTelemetry } from '../service/telemetry/events.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { loadConfig } from '../settings/config.ts'
import { warningsOf } from '../settings/setting-checks.ts'
import { serve } from './serve.ts'
import { CONFIG_OPTION } from './shared-options.ts'

interface BlockerOptions {
  readonly config?: string
}

/** `sigwatch blocker`: tells gateways what to do with each message, until it is stopped. */
export function blockerCommand(): Command {
  return new Command('blocker')
    .option(...CONFIG_OPTION)
    .addHelpText(
      'after',
      '\nIt answers POST /v1/decide at blocker.listen, to tokens of http.tokens that may decide; see docs/blocker.md.',
    )
    .action(blocker)
}

async function blocker(options: BlockerOptions): Promise<void> {
  const load = () => {
    const loaded = loadConfig({ file: options.config })
    needBlocker(loaded.config)
    return loaded
  }
  const reading = load()
  const { config, file, valueFiles } = reading
  const telemetry = createTelemetry({ deployment: config.deployment, logLevel: config.log.level })
  const { registry } = telemetry
  const refusals = new Refusals()
  const emit: Emit = (event) => {
    refusals.take(event)
    telemetry.emit(event)
  }
  const tokens = new HttpTokenBook(config.http.tokens ?? [])
  const tokenFile = valueFiles.get('http.tokens')
  const watch = watchConfig({
    config,
    read: () => load().config,
    paths: [file, tokenFile].filter((path) => path !== undefined),
    tokens,
    emit,
    refusals,
  })
  watch.start()
  for (const message of warningsOf(config)) emit({ name: 'warning', message })
  let running: Blocker | undefined
  try {
    await serve(
      reading,
      { emit, registry },
      {
        open: async () => {
          running = await composeBlocker(config, tokens, { emit, registry }, refusals)
          process.stderr.write(`decisions are made at ${running.address}\n`)
          emit({ name: 'started', version: VERSION, commit: COMMIT, mode: 'blocker' })
          return running
        },
        probes: [() => running?.unready() ?? ['starting']],
        notes: () => running?.notes() ?? refusals.notes(),
        reloads: true,
      },
    )
  } finally {
    await watch.stop()
  }
}
