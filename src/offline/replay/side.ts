import { type Assets, loadedVersions, openAssets } from '../../detection/versions/assets.ts'
import type { Alert, Verdict } from '../../domain/alert.ts'
import type { Emit } from '../../domain/events.ts'
import type { OutputRecord, PartitionId, Sink } from '../../domain/ports.ts'
import { clockAt } from '../../domain/ports.ts'
import type { Tokenise } from '../../domain/token.ts'
import { provenanceOf } from '../../domain/versions.ts'
import { createEngine, type Engine } from '../../pipeline/core.ts'
import { NoticeLearning } from '../../pipeline/notice-learning.ts'
import { readSideFiles } from '../../pipeline/side-inputs/files.ts'
import { fileMap } from '../../pipeline/side-inputs/mapped-rows.ts'
import { TemplateLearning } from '../../pipeline/template-learning.ts'
import type { Config } from '../../settings/config.ts'
import { memoryLedger } from '../../stores/ledgers/memory.ts'
import { MemoryNoticeStore } from '../../stores/notices/memory.ts'
import { memoryFeatureStore } from '../../stores/rates/memory.ts'
import { MemoryStateStore } from '../../stores/states/memory.ts'
import { MemoryTemplateStore } from '../../stores/templates/memory.ts'
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
    const ledger = memoryLedger()
    const features = memoryFeatureStore()
    const sink = new Collector()
    const engine = createEngine({
      config,
      sink,
      features,
      states: new MemoryStateStore({ clock }),
      ledger,
      learning: new NoticeLearning({ index: assets.notices, store: new MemoryNoticeStore() }),
      templateLearning: new TemplateLearning({
        index: assets.templates,
        store: new MemoryTemplateStore(),
        emit,
      }),
      replies: () => config.replies !== null,
      loaded: () => loadedVersions(assets),
      describe: assets.describe,
      // Alert ids are the same as in production, but the source differs, so that they cannot be mistaken for output of the
      // service.
      alertSource: `/sigwatch/${config.deployment}/replay`,
      tokenise,
      clock,
      emit,
    })
    await features.assign(partitions)
    await readSideFiles(config, { ledger, sideRows: engine.sideRows }, clock, emit)
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
