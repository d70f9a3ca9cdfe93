import { type Assets, loadedVersions, openAssets } from '../../detection/versions/assets.ts'
import type { Alert, Verdict } from '../../domain/alert.ts'
import type { Emit } from '../../domain/events.ts'
import type { OutputRecord, PartitionId, Sink } from '../../domain/ports.ts'
import { clockAt } from '../../domain/ports.ts'
import type { Tokenise } from '../../domain/token.ts'
import { provenanceOf } from '../../domain/versions.ts'
import { createEngine, type Engine } from '../../pipeline/core.ts'
import { readSideFiles } from '../../pipeline/side-inputs/files.ts'
import { fileMap } from '../../pipeline/side-inputs/mapped-rows.ts'
import type { Config } from '../../settings/config.ts'
import { memoryParts } from '../memory-parts.ts'
import type { Batch } from './batches.ts'
import type { Versions } from './report.ts'

export interface SideOptions {
  readonly config: Config
  readonly partitions: readonly PartitionId[]
  readonly tokenise: Tokenise
  readonly emit: Emit
}

/** Results for a batch. */
export interface SideOutputs {
  readonly verdicts: readonly Verdict[]
  /** Enforced alerts on messages and states, in order. */
  readonly alerts: readonly Alert[]
}

/** A judge with its own model, policy, registry and side inputs; rates, states and ledger are in memory. */
export class Side {
  readonly versions: Versions
  readonly #engine: Engine
  readonly #assets: Assets
  readonly #sink: Collector
  readonly #partitions: readonly PartitionId[]

  private constructor(engine: Engine, assets: Assets, sink: Collector, partitions: readonly PartitionId[]) {
    this.#engine = engine
    this.#assets = assets
    this.#sink = sink
    this.#partitions = partitions
    this.versions = provenanceOf(loadedVersions(assets))
  }

  static async open({ config, partitions, tokenise, emit }: SideOptions): Promise<Side> {
    const assets = await openAssets(config, emit, fileMap(config, 'registry'))
    const clock = clockAt()
    const parts = memoryParts(config, assets, clock, emit)
    const sink = new Collector()
    // Alert ids are the same as in production, but the source differs, so that they cannot be mistaken for output of the
    // service.
    const alertSource = `/sigwatch/${config.deployment}/replay`
    const engine = createEngine({ ...parts, sink, alertSource, tokenise })
    await parts.features.assign(partitions)
    await readSideFiles(config, { ledger: parts.ledger, sideRows: engine.sideRows }, clock, emit)
    return new Side(engine, assets, sink, partitions)
  }

  async judge({ items, watermark }: Batch): Promise<SideOutputs> {
    if (Number.isFinite(watermark)) await this.#engine.reach(watermark, this.#partitions[0]!)
    const ofMessages: OutputRecord[] = []
    await this.#engine.process(items, async (records) => void ofMessages.push(...records))
    const valuesOf = <T>(records: readonly OutputRecord[], channel: OutputRecord['channel']) =>
      records
        .filter((record) => record.channel === channel)
        .map(({ value }) => JSON.parse(String(value)) as T)
    const ofStates = this.#sink.taken()
    return {
      verdicts: valuesOf<Verdict>(ofMessages, 'verdicts'),
      alerts: [...valuesOf<Alert>(ofStates, 'alerts'), ...valuesOf<Alert>(ofMessages, 'alerts')],
    }
  }

  close(): void {
    this.#assets.classifier.close()
  }
}

/** Collects the alerts of states until they are taken. */
class Collector implements Sink {
  #records: OutputRecord[] = []

  has(channel: OutputRecord['channel']): boolean {
    return channel === 'alerts' || channel === 'verdicts'
  }

  async write(records: readonly OutputRecord[]): Promise<void> {
    this.#records.push(...records)
  }

  taken(): readonly OutputRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  unready(): readonly string[] {
    return []
  }

  async close(): Promise<void> {}
}
