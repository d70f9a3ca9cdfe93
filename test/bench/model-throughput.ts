// Messages per second of CPU time from text to scores: normalise, tokenise, score in batches of 256. With `--fasttext` also for
// `fasttext predict` (Debian) on the same texts in the same run: from the difference between the texts once and five times, so that
// its start-up is excluded.
//
//   npm run bench -- model-throughput [--backend native,wasm,cpu] [--seconds 5] [--rounds 1] [--fasttext] [--write FILE]
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readCorpus } from '../../src/offline/training/corpus.ts'
import { fillSlots } from '../../src/offline/training/slots.ts'
import { loadArtifact } from '../../src/text/reader/artifact.ts'
import { BACKENDS, type Backend, openBackend } from '../../src/text/reader/backend.ts'
import { createRandom } from '../../src/text/reader/random.ts'
import { modelInput, textModel } from '../../src/text/reader/text-model.ts'
import { KINDS, learn, secondsToPredict, writeLabelled } from './fasttext.ts'
import { median } from './median.ts'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: BACKENDS.join(',') },
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '1' },
    fasttext: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
})
const root = join(import.meta.dirname, '../..')
const random = createRandom(1)
const templates = readdirSync(join(root, 'corpus/writers'))
  .filter((file) => file.endsWith('.tsv'))
  .flatMap((file) => readCorpus(join(root, 'corpus/writers', file)).rows)
const rows = Array.from({ length: 20_000 }, () => {
  const { label, text } = random.pick(templates)
  return { label, text: fillSlots(text, random).replaceAll('\n', ' ') }
})
const texts = rows.map(({ text }) => text)
if (values.write) writeFileSync(values.write, texts.map((text) => `${text}\n`).join(''))

const artifact = loadArtifact(join(root, 'models/sms-zh/4'))
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
  // CPU time of all threads, as it does not depend on other load of the machine.
  const { user, system } = process.cpuUsage(used)
  return done / ((user + system) / 1e6)
}

/** Rates of all rounds, by what is measured. */
const measured = new Map<string, number[]>()

function note(what: string, value: number): void {
  process.stdout.write(`${what.padEnd(28)} ${Math.round(value).toLocaleString('en-US')} messages/s\n`)
  measured.set(what, [...(measured.get(what) ?? []), value])
}

async function measureBackend(backend: Backend): Promise<void> {
  const model = textModel(artifact, await openBackend(backend, () => {}))
  note(
    `${backend}: text to scores`,
    rate((batch) => void model.score(batch.map(modelInput))),
  )
  const inputs = new Map(texts.map((text) => [text, modelInput(text)]))
  note(
    `${backend}: normalised to scores`,
    rate((batch) => void model.score(batch.map((text) => inputs.get(text)!))),
  )
  model.close()
}

/** Files with the texts once and five times, and a model of each kind trained on the first. */
function prepareFastText() {
  const dir = mkdtempSync(join(tmpdir(), 'sigwatch-fasttext-'))
  const [once, fivefold] = [join(dir, 'once'), join(dir, 'fivefold')]
  writeLabelled(once, rows)
  writeFileSync(fivefold, readFileSync(once, 'utf8').repeat(5))
  return { dir, once, fivefold, models: KINDS.map((kind) => ({ kind, model: learn(once, dir, kind) })) }
}

const peer = values.fasttext ? prepareFastText() : undefined
for (let round = 0; round < Number(values.rounds); round++) {
  note(
    'normalise alone',
    rate((batch) => batch.forEach((text) => void modelInput(text))),
  )
  for (const backend of values.backend.split(',') as Backend[])
    await measureBackend(backend).catch((error: Error) =>
      process.stdout.write(`${backend}: ${error.message}\n`),
    )
  for (const { kind, model } of peer?.models ?? []) {
    const more = secondsToPredict(model, peer!.fivefold) - secondsToPredict(model, peer!.once)
    note(`fastText, ${kind}`, (4 * texts.length) / more)
  }
}
if (peer) rmSync(peer.dir, { recursive: true })

if (Number(values.rounds) > 1) {
  process.stdout.write(`median of ${values.rounds} rounds, from the least to the most\n`)
  for (const [what, rates] of measured) {
    const [least, middle, most] = [Math.min(...rates), median(rates)!, Math.max(...rates)].map((value) =>
      Math.round(value).toLocaleString('en-US'),
    )
    process.stdout.write(`${what.padEnd(28)} ${middle} (${least} to ${most}) messages/s\n`)
  }
}
