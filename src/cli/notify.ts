import { Command } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import { composeNotifier, type Notifier } from '../service/compose-notify.ts'
import { runToEnd, sayStopped } from '../service/lifecycle.ts'
import { createTelemetry } from '../service/telemetry/events.ts'
import { startHttpServer } from '../service/telemetry/server.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { loadConfig } from '../settings/config.ts'
import { warningsOf } from '../settings/setting-checks.ts'
import { CONFIG_OPTION } from './shared-options.ts'

/** `sigwatch notify`: posts open states to Alertmanager, until it is stopped. */
export function notifyCommand(): Command {
  return new Command('notify')
    .option(...CONFIG_OPTION)
    .addHelpText('after', '\nIt posts to notify.alertmanagers; see docs/notify.md.')
    .action(notify)
}

async function notify(options: { readonly config?: string }): Promise<void> {
  const { config, given } = loadConfig({
    ...(options.config === undefined ? {} : { file: options.config }),
    serving: true,
  })
  if (!config.kafka.brokers)
    throw new SigwatchError(
      'USAGE',
      'no brokers: set KAFKA_BROKERS (or kafka.brokers), for example 127.0.0.1:9092',
    )
  const { emit, registry } = createTelemetry({
    deployment: config.deployment,
    logLevel: config.log.level,
  })
  for (const message of warningsOf(config)) emit({ name: 'warning', message })
  let running: Notifier | undefined
  const { host, port } = config.http
  const http = given.has('http.port')
    ? await startHttpServer({
        ...{ host, port, registry, version: VERSION, commit: COMMIT },
        probes: [() => running?.unready() ?? ['starting']],
      })
    : undefined
  try {
    const open = async () => {
      running = await composeNotifier(config, emit)
      emit({ name: 'started', version: VERSION, commit: COMMIT, mode: 'notify' })
      return running
    }
    const bySignal = await runToEnd(open, emit, { reloads: false })
    sayStopped(bySignal, emit)
  } finally {
    await http?.close()
  }
}
