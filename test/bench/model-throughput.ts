// Messages a second of processor time from text to scores: normalise, tokenise, score in batches of 256.
// npx tsx test/bench/model-throughput.ts [--backend native|wasm|cpu] [--seconds 5] [--write FILE]
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { loadArtifact } from '../../src/model/artifact.ts'
import { BACKENDS, type Backend, openBackend } from '../../src/model/backend.ts'
import { createRandom } from '../../src/model/random.ts'
import { modelInput, textModel } from '../../src/model/text-model.ts'
import { readCorpus } from '../../src/model/training/corpus.ts'
import { fillSlots } from '../../src/model/training/slots.ts'

const { values } = parseArgs({
  options: {
    backend: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    write: { type: 'string' },
  },
})
const root = join(import.meta.dirname, '../..')
const random = createRandom(1)
const templates = readdirSync(join(root, 'corpus/writers'))
  .filter((file) => file.endsWith('.tsv'))
  .flatMap((file) => readCorpus(join(root, 'corpus/writers', file)).rows)
const texts = Array.from({ length: 20_000 }, () => fillSlots(random.pick(templates).text, random))
if (values.write) writeFileSync(values.write, texts.map((text) => `${text.replaceAll('\n', ' ')}\n`).join(''))

const artifact = loadArtifact(join(root, 'models/sms-zh/3'))
const characters = texts.reduce((sum, text) => sum + text.length, 0) / texts.length
process.stdout.write(`${texts.length} messages of ${characters.toFixed(0)} characters on average\n`)

function rate(run: (batch: readonly string[]) => void): number {
  for (let i = 0; i < 8; i++) run(texts.slice(i * 256, i * 256 + 256))
  const start = performance.now()
  const used = process.cpuUsage()
  let done = 0
  for (
    let at = 0;
    performance.now() - start < Number(values.seconds) * 1000;
    at = (at + 256) % (texts.length - 256)
  ) {
    run(texts.slice(at, at + 256))
    done += 256
  }
  // Processor time, all threads: a busy machine does not change it.
  const { user, system } = process.cpuUsage(used)
  return done / ((user + system) / 1e6)
}
const show = (what: string, value: number) =>
  process.stdout.write(`${what.padEnd(28)} ${Math.round(value).toLocaleString('en-US')} messages/s\n`)

show(
  'normalise alone',
  rate((batch) => batch.forEach((text) => void modelInput(text))),
)
const wanted = values.backend === undefined ? BACKENDS : [values.backend as Backend]
for (const backend of wanted) {
  try {
    const model = textModel(artifact, await openBackend(backend, () => {}))
    show(
      `${backend}: text to scores`,
      rate((batch) => void model.score(batch.map(modelInput))),
    )
    const inputs = new Map(texts.map((text) => [text, modelInput(text)]))
    show(
      `${backend}: normalised to scores`,
      rate((batch) => void model.score(batch.map((text) => inputs.get(text)!))),
    )
    model.close()
  } catch (error) {
    process.stdout.write(`${backend}: ${(error as Error).message}\n`)
  }
}
