import type { Emit } from '../domain/events.ts'
import type { Clock } from '../domain/ports.ts'
import { createTokeniser } from '../domain/token.ts'
import { memoryFeatureStore } from '../features/memory.ts'
import { memoryLedger } from '../ledgers/memory.ts'
import { openLinesSink } from '../sinks/lines.ts'
import { createLinesSource } from '../sources/lines.ts'
import { createMemoryStateStore } from '../states/memory.ts'
import { type Assets, openAssets } from './assets.ts'
import type { Config } from './config.ts'
import { type Core, createCore } from './core.ts'
import type { Runnable } from './lifecycle.ts'
import { DEVELOPMENT_TOKEN_KEY } from './secret.ts'
import { readSideFiles } from './side-files.ts'

/** Files of the embedded mode; `-` is stdin or stdout. */
export interface EmbeddedFiles {
  readonly source: string
  readonly alerts?: string | undefined
  readonly shadowAlerts?: string | undefined
  readonly verdicts?: string | undefined
  readonly deadLetters?: string | undefined
}

export interface Application extends Runnable {
  readonly core: Core
  readonly assets: Assets
}

/** The wall clock, or one that stands still at `--now`. */
export function clockAt(now?: number): Clock {
  return now === undefined ? { now: Date.now } : { now: () => now }
}

/** Token key as configured, else the development key of the embedded mode. */
export function tokeniserOf(config: Config, emit: Emit) {
  const setting = config.privacy.tokenKey
  if (!setting) {
    const message =
      'no privacy.tokenKey: recipients are tokenised with the public development key, fit for trials only'
    emit({ name: 'warning', message })
  }
  const { keyId, key } = setting ?? DEVELOPMENT_TOKEN_KEY
  return createTokeniser({ keyId, key: key.reveal() })
}

/** The embedded mode: lines in, lines out, everything in memory, no socket opened. */
export async function composeEmbedded(
  config: Config,
  files: EmbeddedFiles,
  clock: Clock,
  emit: Emit,
): Promise<Application> {
  const assets = await openAssets(config, emit)
  const { source: path, ...outputs } = files
  const source = createLinesSource({ path, clock, maxLineBytes: config.limits.maxRecordBytes })
  const paths = Object.fromEntries(Object.entries(outputs).filter(([, file]) => file !== undefined))
  const sink = await openLinesSink({ paths, emit })
  const ledger = memoryLedger()
  const features = memoryFeatureStore()
  const states = createMemoryStateStore({ clock })
  const core = createCore({
    config,
    mode: 'embedded',
    source,
    sink,
    features,
    states,
    ledger,
    replies: config.replies !== null,
    classifier: () => assets.classifier.current(),
    policy: () => assets.policy.current(),
    registry: () => assets.registry.current(),
    describe: assets.describe,
    tokenise: tokeniserOf(config, emit),
    clock,
    emit,
  })
  return {
    core,
    assets,
    async run() {
      await readSideFiles(config, { ledger, sideRows: core.sideRows }, emit)
      await core.run()
    },
    stop: () => core.stop(),
    async close() {
      await sink.close()
      await Promise.all([features.close(), states.close(), ledger.close()])
      assets.classifier.close()
    },
  }
}
