import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openAssets } from '../../src/app/assets.ts'
import { clockAt, composeEmbedded } from '../../src/app/compose.ts'
import { loadConfig } from '../../src/app/config.ts'
import { registryOf } from '../../src/simulator/cast.ts'
import { simulate } from '../../src/simulator/simulate.ts'
import { normalise } from '../../src/stages/normalise.ts'

/**
 * Messages a second of the embedded path with every code on, and of the text model alone (normalise and score, batches
 * of 256) on the same texts, in turns in one process: the ratio is what to compare between machines.
 */
const MINUTES = 20
const RATE = 50
const ROUNDS = 3

const folder = await mkdtemp(join(tmpdir(), 'sigwatch-bench-'))
const simulation = simulate({ scenario: 'throughput', seed: 1, minutes: MINUTES, rate: RATE })
const records = [...simulation.minutes()].flat()
const lines = records.map((record) => String(record.value))
const texts = lines.map((line) => (JSON.parse(line) as { text: string }).text)
const source = join(folder, 'messages.jsonl')
const registry = join(folder, 'registry.yaml')
await writeFile(source, `${lines.join('\n')}\n`)
await writeFile(registry, stringify(registryOf(simulation.cast)))
const { config } = loadConfig({ env: {}, folder, overrides: { registry }, serving: false })
const output = (name: string) => join(folder, `${name}.jsonl`)

async function whole(): Promise<number> {
  const files = {
    source,
    alerts: output('alerts'),
    verdicts: output('verdicts'),
    deadLetters: output('letters'),
  }
  const app = await composeEmbedded(config, files, clockAt(simulation.end), () => {})
  const began = performance.now()
  await app.run()
  const seconds = (performance.now() - began) / 1000
  await app.close()
  return lines.length / seconds
}

const { classifier: holder } = await openAssets(config, () => {})
const classifier = holder.current()
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
for (let round = 1; round <= ROUNDS; round++) {
  const path = await whole()
  const model = modelAlone()
  const shown = (n: number) => Math.round(n).toLocaleString('en-US')
  console.log(
    `round ${round}: whole path ${shown(path)}/s, text model alone ${shown(model)}/s, ratio ${(path / model).toFixed(2)}`,
  )
}
holder.close()
await rm(folder, { recursive: true })
