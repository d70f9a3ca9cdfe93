import { Command } from 'commander'
import { needBrokers } from '../service/command-needs.ts'
import { composeNotifier, type Notifier } from '../service/compose-notify.ts'
import { createTelemetry } from '../service/telemetry/events.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { loadConfig } from '../settings/config.ts'
import { warningsOf } from '../settings/setting-checks.ts'
import { serve } from './serve.ts'
import { CONFIG_OPTION } from './shared-options.ts'

/** `sigwatch notify`: posts open states to Alertmanager, until it is stopped. */
export function notifyCommand(): Command {
  return new Command('notify')
    .option(...CONFIG_OPTION)
    .addHelpText('after', '\nIt posts to notify.alertmanagers; see docs/notify.md.')
    .action(notify)
}

async function notify(options: { readonly config?: string }): Promise<void> {
  const reading = loadConfig({ file: options.config })
  const { config } = reading
  needBrokers(config)
  const telemetry = createTelemetry({ deployment: config.deployment, logLevel: config.log.level })
  const { emit } = telemetry
  for (const message of warningsOf(config)) emit({ name: 'warning', message })
  let running: Notifier | undefined
  await serve(reading, telemetry, {
    open: async () => {
      running = await composeNotifier(config, emit)
      emit({ name: 'started', version: VERSION, commit: COMMIT, mode: 'notify' })
      return running
    },
    probes: [() => running?.unready() ?? ['starting']],
    reloads: false,
  })
}
