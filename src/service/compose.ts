import { openLinesSink } from '../adapters/sinks/lines.ts'
import { createLinesSource } from '../adapters/sources/lines.ts'
import { type Assets, openAssets } from '../detection/versions/assets.ts'
import type { Emit } from '../domain/events.ts'
import { given } from '../domain/given.ts'
import type { BoundedClock, Clock } from '../domain/ports.ts'
import { memoryParts } from '../offline/memory-parts.ts'
import { createCore } from '../pipeline/core.ts'
import { lineDecoder } from '../pipeline/inputs.ts'
import type { Runner } from '../pipeline/runner.ts'
import { ShadowModel } from '../pipeline/shadow-model.ts'
import { readSideFiles } from '../pipeline/side-inputs/files.ts'
import { fileMap } from '../pipeline/side-inputs/mapped-rows.ts'
import type { Config } from '../settings/config.ts'
import { tokeniserOf } from '../settings/secret.ts'
import type { Runnable } from './lifecycle.ts'
import type { Orders } from './telemetry/blocks-endpoint.ts'

/** Files of the embedded mode; `-` is stdin or stdout. */
export interface EmbeddedFiles {
  readonly source: string
  /** The input that the records of the source belong to, if several are configured. */
  readonly topic?: string | undefined
  readonly alerts?: string | undefined
  readonly shadowAlerts?: string | undefined
  readonly verdicts?: string | undefined
  readonly deadLetters?: string | undefined
}

export interface Application extends Runnable {
  readonly core: Runner
  readonly assets: Assets
  /** Handles orders over HTTP. Absent if they are not accepted. */
  readonly orders?: Orders
}

export function openShadow(
  config: Config,
  assets: Assets,
  clock: Clock,
  emit: Emit,
): ShadowModel | undefined {
  const { path, samples, samplesPerMinute } = config.shadowModel
  if (path === null) return undefined
  return new ShadowModel({
    dir: path,
    backend: config.inference.backend,
    ...given({ samples: samples ?? undefined }),
    samplesPerMinute,
    live: () => assets.classifier.current.id,
    clock,
    emit,
  })
}

/** The embedded mode: reads lines, writes lines, keeps everything in memory and opens no socket. */
export async function composeEmbedded(
  config: Config,
  files: EmbeddedFiles,
  clock: BoundedClock,
  emit: Emit,
): Promise<Application> {
  const assets = await openAssets(config, emit, fileMap(config, 'registry'))
  const { source: path, topic, ...outputs } = files
  const source = createLinesSource({ path, clock, maxLineBytes: config.limits.maxRecordBytes })
  const paths = Object.fromEntries(Object.entries(outputs).filter(([, file]) => file !== undefined))
  const sink = await openLinesSink({ paths, emit })
  const parts = memoryParts(config, assets, clock, emit)
  const shadow = openShadow(config, assets, clock, emit)
  const decode = lineDecoder(config, topic, emit)
  const tokenise = tokeniserOf(config, emit)
  const core = createCore({ ...parts, mode: 'embedded', source, decode, sink, shadow, tokenise })
  return {
    core,
    assets,
    async run() {
      await readSideFiles(config, { ledger: parts.ledger, sideRows: core.sideRows }, clock, emit)
      try {
        await core.run()
      } catch (error) {
        throw sink.incomplete() ?? error
      }
      const incomplete = sink.incomplete()
      if (incomplete) throw incomplete
    },
    stop: () => core.stop(),
    async close() {
      await sink.close()
      await Promise.all([parts.features.close(), parts.states.close(), parts.ledger.close()])
      await shadow?.close()
      assets.classifier.close()
    },
  }
}
