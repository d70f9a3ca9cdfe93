import { join } from 'node:path'
import { openLinesSink } from '../../src/adapters/sinks/lines.ts'
import { createLinesSource } from '../../src/adapters/sources/lines.ts'
import { loadedVersions, openAssets } from '../../src/detection/versions/assets.ts'
import type { Alert } from '../../src/domain/alert.ts'
import type { FeatureStore, Observations } from '../../src/domain/feature-store.ts'
import { exactClock } from '../../src/domain/ports.ts'
import { createTokeniser } from '../../src/domain/token.ts'
import { createCore } from '../../src/pipeline/core.ts'
import { lineDecoder } from '../../src/pipeline/inputs.ts'
import { loadConfig } from '../../src/settings/config.ts'
import { revealed } from '../../src/settings/secret.ts'
import { memoryLedger } from '../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../src/stores/rates/memory.ts'
import { MemoryStateStore } from '../../src/stores/states/memory.ts'
import { delegate } from '../helpers/delegate.ts'
import { readJsonl } from '../helpers/jsonl.ts'
import type { Environment } from '../helpers/service.ts'

/** What the records come to without faults. */
export interface Undisturbed {
  readonly alerts: readonly Alert[]
  /** What each message counts. */
  readonly observations: readonly Observations[]
}

/** Puts a file of records through the embedded mode, whose stores in memory are the measure of those in Redis. */
export async function runUndisturbed(folder: string, file: string, env: Environment): Promise<Undisturbed> {
  const alerts = join(folder, 'alerts.jsonl')
  const { config } = loadConfig({ env, folder, serving: false })
  const emit = () => {}
  const clock = exactClock(Date.now)
  const assets = await openAssets(config, emit)
  const sink = await openLinesSink({ paths: { alerts }, emit })
  const features = memoryFeatureStore()
  const states = new MemoryStateStore({ clock })
  const ledger = memoryLedger()
  const observations: Observations[] = []
  const recording: Pick<FeatureStore, 'count'> = {
    count: (batch) => {
      observations.push(...batch)
      return features.count(batch)
    },
  }
  const core = createCore({
    config,
    mode: 'embedded',
    source: createLinesSource({ path: file, clock, maxLineBytes: config.limits.maxRecordBytes }),
    decode: lineDecoder(config),
    sink,
    features: delegate(features, recording),
    states,
    ledger,
    replies: () => false,
    loaded: () => loadedVersions(assets),
    describe: assets.describe,
    tokenise: createTokeniser(revealed(config.privacy.tokenKey!)),
    clock,
    emit,
  })
  try {
    await core.run()
  } finally {
    await sink.close()
    await Promise.all([features.close(), states.close(), ledger.close()])
    assets.classifier.close()
  }
  return { alerts: readJsonl<Alert>(alerts), observations }
}
