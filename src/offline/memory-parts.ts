import { type Assets, loadedVersions } from '../detection/versions/assets.ts'
import type { Emit } from '../domain/events.ts'
import type { BoundedClock } from '../domain/ports.ts'
import { NoticeLearning } from '../pipeline/notice-learning.ts'
import { TemplateLearning } from '../pipeline/template-learning.ts'
import type { Config } from '../settings/config.ts'
import { memoryLedger } from '../stores/ledgers/memory.ts'
import { MemoryNoticeStore } from '../stores/notices/memory.ts'
import { memoryFeatureStore } from '../stores/rates/memory.ts'
import { MemoryStateStore } from '../stores/states/memory.ts'
import { MemoryTemplateStore } from '../stores/templates/memory.ts'

/** Parts of an engine whose stores are in memory and not persisted: embedded mode and replay. */
export function memoryParts(config: Config, assets: Assets, clock: BoundedClock, emit: Emit) {
  const templates = new MemoryTemplateStore()
  return {
    ...{ config, clock, emit, describe: assets.describe, ledger: memoryLedger() },
    features: memoryFeatureStore(),
    states: new MemoryStateStore({ clock }),
    learning: new NoticeLearning({ index: assets.notices, store: new MemoryNoticeStore() }),
    templateLearning: new TemplateLearning({ index: assets.templates, store: templates, emit }),
    replies: () => config.replies !== null,
    loaded: () => loadedVersions(assets),
  }
}
