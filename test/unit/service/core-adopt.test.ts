import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLinesSource } from '../../../src/adapters/sources/lines.ts'
import { loadedVersions, openAssets } from '../../../src/detection/versions/assets.ts'
import type { Alert } from '../../../src/domain/alert.ts'
import { type Classifier, exactClock } from '../../../src/domain/ports.ts'
import { createTokeniser } from '../../../src/domain/token.ts'
import { createCore } from '../../../src/pipeline/core.ts'
import { loadConfig } from '../../../src/settings/config.ts'
import { memoryLedger } from '../../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../../src/stores/rates/memory.ts'
import { MemoryStateStore } from '../../../src/stores/states/memory.ts'
import { useFolder } from '../../helpers/jsonl.ts'
import { until } from '../../helpers/recording-handler.ts'
import { recordingSink } from '../../helpers/state-fixtures.ts'

const folder = useFolder()
const T0 = Date.UTC(2026, 10, 11, 2)

describe('versions in force', () => {
  it('are those of the beginning of a batch until its end, whatever is loaded meanwhile', async () => {
    const line = (id: string, ts: number) =>
      JSON.stringify({
        id,
        ts,
        from: '106911112222',
        to: '13800000001',
        text: '【京东】您的订单异常，请登录 http://jd-verify.top/a 核实，退订回T，全场5折',
      })
    writeFileSync(folder.file('in.jsonl'), `${line('m1', T0)}\n`)
    const { config } = loadConfig({ env: {}, folder: folder.path, serving: false })
    const assets = await openAssets(config, () => {})
    const first = assets.classifier.current
    const second: Classifier = { ...first, id: 'next@2' }
    let classifier = first

    // The rates are counted in the middle of the batch, and come when they are told to.
    let asked = false
    let answer: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      answer = resolve
    })
    const features = memoryFeatureStore()
    const count = features.count.bind(features)
    features.count = async (batch) => {
      asked = true
      await gate
      return count(batch)
    }
    const clock = exactClock(() => T0)
    const sink = recordingSink(['alerts'])
    const core = createCore({
      config,
      mode: 'embedded',
      source: createLinesSource({ path: folder.file('in.jsonl'), clock }),
      sink: { ...sink, close: async () => {}, unready: () => [] },
      features,
      states: new MemoryStateStore({ clock }),
      ledger: memoryLedger(),
      replies: () => false,
      loaded: () => ({ ...loadedVersions(assets), classifier }),
      describe: assets.describe,
      tokenise: createTokeniser({ keyId: 't', key: 'k' }),
      clock,
      emit: () => {},
    })
    const running = core.run()
    await until(() => asked)
    classifier = second
    let adopted = false
    const adopting = core.adopt('model').then(() => {
      adopted = true
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(adopted).toBe(false)
    answer()
    await adopting
    await running
    const alerts = sink.alerts() as Alert[]
    expect(alerts.length).toBeGreaterThan(0)
    for (const { data } of alerts) expect(data.provenance.model).toBe(first.id)
    assets.classifier.close()
  })
})
