import { Command } from 'commander'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import { clockAt } from '../domain/ports.ts'
import { type Application, composeEmbedded, type EmbeddedFiles } from '../service/compose.ts'
import type { composeService as Compose } from '../service/compose-service.ts'
import { watchConfig } from '../service/config-watch.ts'
import { HttpTokenBook } from '../service/http-token-book.ts'
import { runToEnd, sayStopped } from '../service/lifecycle.ts'
import { Refusals } from '../service/refusals.ts'
import type { CheckOptions } from '../service/telemetry/check-endpoint.ts'
import { createTelemetry } from '../service/telemetry/events.ts'
import type { ExtractOptions } from '../service/telemetry/extract-endpoint.ts'
import { startHttpServer } from '../service/telemetry/server.ts'
import { createWatchdog } from '../service/telemetry/watchdog.ts'
import { COMMIT, VERSION } from '../service/version.ts'
import { type Config, type ConfigReading, loadConfig } from '../settings/config.ts'
import { oddKeyWarnings } from '../settings/odd-keys.ts'
import { warningsOf } from '../settings/setting-checks.ts'
import { extract } from '../text/extract.ts'
import { FACTS, type FileSettings, overridesOf, VERSIONS } from './file-settings.ts'
import { momentOf } from './moment.ts'
import { CONFIG_OPTION, example } from './shared-options.ts'
import { refuseFolder } from './standard-input.ts'
import { tuneHeap } from './v8-heap.ts'

interface RunOptions extends FileSettings {
  readonly config?: string
  readonly source?: string
  readonly alerts?: string
  readonly shadowAlerts?: string
  readonly verdicts?: string
  readonly deadLetters?: string
  readonly now?: string
  readonly topic?: string
}

/** `sigwatch run`: the service on Kafka and Redis, or the embedded mode with `--source`. */
export function runCommand(): Command {
  return new Command('run')
    .option(...CONFIG_OPTION)
    .option('--source <file>', 'embedded mode: input records, one JSON a line; - is stdin')
    .option('--alerts <file>', 'embedded mode: alerts, one event a line; - is stdout (the default)')
    .option('--shadow-alerts <file>', 'embedded mode: alerts of rules in shadow mode')
    .option('--verdicts <file>', 'embedded mode: a verdict for every input record')
    .option('--dead-letters <file>', 'embedded mode: records that cannot be read')
    .option('--now <time>', 'embedded mode: reference clock, ISO-8601 with offset or epoch ms')
    .option('--topic <name>', 'embedded mode: of several inputs, the one whose records are in the source')
    .option('--registry <file>', 'brands, signatures and ports (YAML, JSON, JSONL or CSV)')
    .option('--consents <file>', 'consents and refusals (JSONL or CSV)')
    .option('--complaints <file>', 'complaints (JSONL or CSV)')
    .option('--replies <file>', 'inbound replies (JSONL or CSV)')
    .option('--feedback <file>', 'feedback on alerts (JSONL or CSV)')
    .option('--policy <file>', 'policy file')
    .option('--rules <file>', 'own rules')
    .option('--model <dir>', 'folder of the text model')
    .addHelpText(
      ...example('sigwatch run --source messages.jsonl --alerts alerts.jsonl --verdicts verdicts.jsonl'),
    )
    .action(run)
}

async function run(options: RunOptions): Promise<void> {
  const embedded = options.source !== undefined
  tuneHeap({ limited: !embedded })
  const reading = readingOf(options)
  const { config } = reading
  const telemetry = createTelemetry({ deployment: config.deployment, logLevel: config.log.level })
  const readCount = new ReadCount()
  const refusals = new Refusals()
  let app: Application | undefined
  const watchdog = createWatchdog({
    emit: telemetry.emit,
    pending: () => (app?.core.intake.inFlight ?? 0) > 0,
  })
  const emit: Emit = (event) => {
    watchdog.take(event)
    readCount.take(event)
    refusals.take(event)
    telemetry.emit(event)
  }
  emit({ name: 'started', version: VERSION, commit: COMMIT, mode: embedded ? 'embedded' : 'service' })
  const warnings = embedded ? oddKeyWarnings(config) : warningsOf(config)
  for (const message of warnings) emit({ name: 'warning', message })
  const tokens = new HttpTokenBook(config.http.tokens ?? [])
  const tokenFiles = [reading.file, reading.valueFiles.get('http.tokens')].filter(
    (file) => file !== undefined,
  )
  const watched = { config, read: () => readingOf(options).config, tokens, emit, refusals }
  const configWatch = embedded ? undefined : watchConfig({ ...watched, paths: tokenFiles })
  configWatch?.start()
  // Opened first, so that it answers during the wait for Kafka and Redis.
  const http =
    !embedded || reading.given.has('http.port')
      ? await startHttpServer({
          host: config.http.host,
          port: config.http.port,
          registry: telemetry.registry,
          probes: [() => app?.core.unready() ?? ['starting: waiting for Kafka'], () => watchdog.unready()],
          notes: () => refusals.notes(),
          version: VERSION,
          commit: COMMIT,
          ...askingOf(config, tokens, () => app, emit),
        })
      : undefined
  const open = async (stopping: AbortSignal) => {
    app = embedded
      ? await composeEmbedded(config, embeddedFiles(options), clockAt(momentOf('--now', options.now)), emit)
      : await composeService(config, emit, stopping, refusals)
    return app
  }
  let bySignal = false
  try {
    bySignal = await runToEnd(open, emit, { reloads: !embedded })
  } finally {
    watchdog.stop()
    await configWatch?.stop()
    await http?.close()
  }
  if (embedded) readCount.sayUnread()
  sayStopped(bySignal, emit)
}

const FAILURE = 1

/** Counts records read and records that could not be read. */
class ReadCount {
  #records = 0
  #messages = 0
  #deadLetters = 0

  take(event: Parameters<Emit>[0]): void {
    if (event.name === 'dead_lettered') this.#deadLetters += event.count
    if (event.name !== 'batch_processed') return
    this.#records += event.records
    this.#messages += event.messages
  }

  /** Prints the number of dead letters. The command fails if no record could be read at all. */
  sayUnread(): void {
    if (this.#deadLetters === 0) return
    const none = this.#messages === 0 ? ': not one record could be read' : ''
    process.stderr.write(`dead letters: ${this.#deadLetters} of ${this.#records} records${none}\n`)
    if (none) process.exitCode = FAILURE
  }
}

/** Loads the configuration. Throws SigwatchError if the process cannot start with it. */
function readingOf(options: RunOptions): ConfigReading {
  const overrides = overridesOf(options, [...VERSIONS, ...FACTS])
  const serving = options.source === undefined
  const reading = loadConfig({ file: options.config, overrides, serving })
  if (serving) checkService(reading, options)
  return reading
}

/** The HTTP endpoints for checks and orders that are enabled. */
function askingOf(
  { http: { check, tokens } }: Config,
  book: HttpTokenBook,
  app: () => Application | undefined,
  emit: Emit,
) {
  const asks: CheckOptions = {
    ...given({ token: check.token?.reveal() }),
    allows: (token) => book.holderOf(token)?.may.includes('check') ?? false,
    check: (records) => app()?.core.check(records),
    emit,
  }
  return {
    ...given({ check: check.token === null && tokens === null ? undefined : asks }),
    ...(tokens === null
      ? {}
      : {
          blocks: { tokens: book, orders: () => app()?.orders },
          extract: { tokens: book, extract: () => extractorOf(app()), emit },
        }),
  }
}

function extractorOf(app: Application | undefined): ReturnType<ExtractOptions['extract']> {
  if (!app) return undefined
  const { sketcher } = app.assets.notices
  return (text, signature) => extract(text, signature, sketcher)
}

/** Kafka and Redis clients are loaded only here: the embedded mode opens no socket. */
async function composeService(...of: Parameters<typeof Compose>): Promise<Application> {
  const { composeService: compose } = await import('../service/compose-service.ts')
  return compose(...of)
}

/** Refuses options that the service cannot start with, before anything is opened. */
function checkService({ config }: ConfigReading, options: RunOptions): void {
  const stray = (['alerts', 'shadowAlerts', 'verdicts', 'deadLetters', 'now', 'topic'] as const).find(
    (key) => options[key] !== undefined,
  )
  if (stray !== undefined) throw new SigwatchError('USAGE', `--${dashed(stray)} requires --source`)
  if (!config.kafka.brokers) {
    throw new SigwatchError(
      'USAGE',
      'no brokers: set KAFKA_BROKERS (or kafka.brokers), for example KAFKA_BROKERS=127.0.0.1:9092, or give --source FILE',
    )
  }
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** The files of the embedded mode. Alerts go to stdout unless another output does. */
function embeddedFiles(options: RunOptions): EmbeddedFiles {
  const { source, topic, alerts, shadowAlerts, verdicts, deadLetters } = options
  if (source === '-') refuseFolder()
  const named = [alerts, shadowAlerts, verdicts, deadLetters].filter((file) => file !== undefined)
  const twice = named.find((file, i) => named.indexOf(file) !== i)
  if (twice !== undefined)
    throw new SigwatchError('USAGE', `${twice} is given for two outputs: use two files`)
  const stdoutIsFree = !named.includes('-')
  return {
    source: source!,
    topic,
    alerts: alerts ?? (stdoutIsFree ? '-' : undefined),
    shadowAlerts,
    verdicts,
    deadLetters,
  }
}
