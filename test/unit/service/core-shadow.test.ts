import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLinesSource } from '../../../src/adapters/sources/lines.ts'
import { loadedVersions, openAssets } from '../../../src/detection/versions/assets.ts'
import type { Event } from '../../../src/domain/events.ts'
import { exactClock } from '../../../src/domain/ports.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { createCore } from '../../../src/pipeline/core.ts'
import type { ShadowModel } from '../../../src/pipeline/shadow-model.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { memoryLedger } from '../../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { recordingSink } from '../../helpers/state-fixtures.ts'

const folder = useFolder()
const T0 = Date.UTC(2026, 10, 11, 2)

describe('the model in shadow', () => {
  it('holds up no batch when it throws, and that is counted', async () => {
    const text = '【京东】您的订单异常，请登录 http://jd-verify.top/a 核实，退订回T，全场5折'
    const record = { id: 'm1', ts: T0, from: '106911112222', to: '13800000001', text }
    writeFileSync(folder.file('in.jsonl'), `${JSON.stringify(record)}\n`)
    const { config } = loadConfig({ env: {}, folder: folder.path, serving: false })
    const assets = await openAssets(config, () => {})
    const events: Event[] = []
    const observe = () => {
      throw new Error('out of its depth')
    }
    const clock = exactClock(() => T0)
    const sink = recordingSink(['alerts'])
    const core = createCore({
      config,
      mode: 'embedded',
      source: createLinesSource({ path: folder.file('in.jsonl'), clock }),
      sink: { ...sink, close: async () => {}, unready: () => [] },
      features: memoryFeatureStore(),
      states: new MemoryStateStore({ clock }),
      ledger: memoryLedger(),
      replies: () => false,
      loaded: () => loadedVersions(assets),
      shadow: { observe } as unknown as ShadowModel,
      describe: assets.describe,
      tokenise: createTokeniser({ keyId: 't', key: 'k' }),
      clock,
      emit: (event) => void events.push(event),
    })
    await core.run()
    expect(sink.alerts()).toHaveLength(1)
    expect(events.filter(({ name }) => name === 'shadow_failed')).toEqual([
      { name: 'shadow_failed', how: 'show', reason: 'out of its depth' },
    ])
    assets.classifier.close()
  })
})
