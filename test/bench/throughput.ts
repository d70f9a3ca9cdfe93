import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openLinesSink } from '../../src/adapters/sinks/lines.ts'
import { createLinesSource } from '../../src/adapters/sources/lines.ts'
import { DETECTORS, type Detectors } from '../../src/detection/detectors/all.ts'
import { textFinance } from '../../src/detection/detectors/text-finance.ts'
import { textFraud } from '../../src/detection/detectors/text-fraud.ts'
import { textIllicit } from '../../src/detection/detectors/text-illicit.ts'
import { textMarketing } from '../../src/detection/detectors/text-marketing.ts'
import { loadedVersions, openAssets } from '../../src/detection/versions/assets.ts'
import { clockAt } from '../../src/domain/ports.ts'
import { createTokeniser } from '../../src/domain/token.ts'
import { registryOf } from '../../src/offline/simulator/cast.ts'
import { simulate } from '../../src/offline/simulator/simulate.ts'
import { createCore } from '../../src/pipeline/core.ts'
import { loadConfig } from '../../src/settings/config.ts'
import { memoryLedger } from '../../src/stores/ledgers/memory.ts'
import { memoryFeatureStore } from '../../src/stores/rates/memory.ts'
import { MemoryStateStore } from '../../src/stores/states/memory.ts'
import { normalise } from '../../src/text/normalise.ts'

/**
 * Messages per second of the embedded mode from a file to alerts and verdicts: with all codes, and with only the codes of the text
 * model (nothing counted, no other detector); and of the model alone (normalise and score, batches of 256). All on the same
 * texts, in turns in one process: compare the ratios between machines.
 */
const MINUTES = 20
const RATE = 50
const ROUNDS = 3

const folder = await mkdtemp(join(tmpdir(), 'sigwatch-bench-'))
const simulation = simulate({ scenario: 'throughput', seed: 1, minutes: MINUTES, rate: RATE })
const records = [...simulation.minutes()].flat()
const lines = records.map((record) => String(record.value))
const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text)
const file = (name: string) => join(folder, name)
await writeFile(file('messages.jsonl'), `${lines.join('\n')}\n`)
await writeFile(file('registry.yaml'), stringify(registryOf(simulation.cast)))
const overrides = { registry: file('registry.yaml') }
const { config } = loadConfig({ env: {}, folder, overrides, serving: false })
const assets = await openAssets(config, () => {})
const classifier = assets.classifier.current

async function path(detectors: Detectors): Promise<number> {
  const clock = clockAt(simulation.end)
  const paths = Object.fromEntries(
    ['alerts', 'verdicts', 'deadLetters'].map((name) => [name, file(`${name}.jsonl`)]),
  )
  const sink = await openLinesSink({ paths, emit: () => {} })
  const core = createCore({
    config,
    mode: 'embedded',
    source: createLinesSource({
      path: file('messages.jsonl'),
      clock,
      maxLineBytes: config.limits.maxRecordBytes,
    }),
    sink,
    features: memoryFeatureStore(),
    states: new MemoryStateStore({ clock }),
    ledger: memoryLedger(),
    replies: () => false,
    loaded: () => loadedVersions(assets),
    describe: assets.describe,
    detectors,
    tokenise: createTokeniser({ keyId: '1', key: 'k'.repeat(32) }),
    clock,
    emit: () => {},
  })
  const began = performance.now()
  await core.run()
  await sink.close()
  return lines.length / ((performance.now() - began) / 1000)
}

const TEXT_CODES = [textFraud, textIllicit, textFinance, textMarketing]

function modelAlone(): number {
  const began = performance.now()
  for (let from = 0; from < texts.length; from += 256) {
    classifier.classify(
      texts.slice(from, from + 256).map((original) => ({ original, normalised: normalise(original).text })),
    )
  }
  return texts.length / ((performance.now() - began) / 1000)
}

console.log(`${lines.length} records, backend ${classifier.backend}`)
const shown = (n: number) => Math.round(n).toLocaleString('en-US')
for (let round = 1; round <= ROUNDS; round++) {
  const all = await path(DETECTORS)
  const textOnly = await path({ message: TEXT_CODES, rate: [] })
  const model = modelAlone()
  console.log(
    `round ${round}: every code ${shown(all)}/s, codes of the text model ${shown(textOnly)}/s (ratio ${(all / textOnly).toFixed(2)}), ` +
      `model without a path ${shown(model)}/s (ratio ${(all / model).toFixed(2)})`,
  )
}
assets.classifier.close()
await rm(folder, { recursive: true })
