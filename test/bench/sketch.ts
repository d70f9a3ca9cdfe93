// Cost of a sketch compared with other readings of a text, and similarity of mutated and of unrelated texts.
//
//   npx tsx test/bench/sketch.ts [--table DIR]
//
// Near copies: 2,000 texts of corpus/writers with a third of their words replaced by words of other texts with the same label.
import { readdirSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { WRITERS } from '../../scripts/sketch/corpus.ts'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import { openNotices, SHIPPED_SKETCH } from '../../src/detection/versions/sample-notices.ts'
import { likeness, type Sketch } from '../../src/domain/sketch.ts'
import { Random } from '../../src/offline/simulator/random.ts'
import { readText } from '../../src/text/read-text.ts'
import { openClassifier } from '../../src/text/reader/classifier.ts'
import { loadSketchTable } from '../../src/text/reader/sketch-table.ts'
import { Sketcher } from '../../src/text/sketch.ts'

const { values: options } = parseArgs({ options: { table: { type: 'string', default: SHIPPED_SKETCH } } })

const began = performance.now()
const sketcher = new Sketcher(loadSketchTable(options.table))
console.log(`table read in ${(performance.now() - began).toFixed(0)} ms`)
const opening = performance.now()
void openNotices().table
console.log(`table and sample notices read in ${(performance.now() - opening).toFixed(0)} ms`)

const rows = readdirSync(WRITERS)
  .filter((name) => name.endsWith('.tsv'))
  .sort()
  .flatMap((name) => readFileSync(`${WRITERS}/${name}`, 'utf8').split('\n'))
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [string, string])
  .map(([label, text]) => ({ label, text: text.replace(/\{[a-z]+\}/g, '0') }))
const readings = rows.map(({ text }) => readText(text))
const perText = (work: () => void) => {
  work()
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    work()
    return ((performance.now() - start) * 1000) / rows.length
  })
  return times.sort((a, b) => a - b)[2]!.toFixed(2)
}
const classifier = await openClassifier({ dir: SHIPPED_MODEL, backend: 'auto', onNotice: () => {} })
const batches = Array.from({ length: Math.ceil(rows.length / 256) }, (_, i) =>
  rows.slice(256 * i, 256 * i + 256).map(({ text }, k) => ({
    original: text,
    normalised: readings[256 * i + k]!.normalised.text,
  })),
)
console.log(`${rows.length} texts, µs a text:`)
console.log(`  read     ${perText(() => void rows.map(({ text }) => readText(text)))}`)
console.log(`  classify ${perText(() => void batches.map((batch) => classifier.classify(batch)))}`)
console.log(`  sketch   ${perText(() => void readings.map((reading) => sketcher.sketch(reading)))}`)
classifier.close()

const random = new Random(1)
const quantiles = (name: string, values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(2)
  console.log(
    `${name.padEnd(34)} ${String(values.length).padStart(6)}  1% ${at(0.01)}  5% ${at(0.05)}  median ${at(0.5)}  99% ${at(0.99)}  99.9% ${at(0.999)}`,
  )
}
const sketchOf = (text: string): Sketch | undefined => sketcher.sketch(readText(text))

/** Pairs of Chinese characters instead of words, which suffices here. */
const wordsOf = (text: string) => text.match(/\p{Script=Han}{1,2}|[^\p{Script=Han}]+/gu) ?? []
const copies: number[] = []
const strangers: number[] = []
for (const label of ['marketing', 'finance', 'notice']) {
  const own = rows.filter(
    (row) => row.label === label && (row.text.match(/\p{Script=Han}/gu)?.length ?? 0) >= 20,
  )
  for (let n = 0; n < 700; n++) {
    const { text } = random.pick(own)
    const others = wordsOf(random.pick(own).text)
    const copy = wordsOf(text)
      .map((word) => (/\p{Script=Han}/u.test(word) && random.int(0, 2) === 0 ? random.pick(others) : word))
      .join('')
    const [a, b, c] = [sketchOf(text), sketchOf(copy), sketchOf(random.pick(own).text)]
    if (a && b) copies.push(likeness(a, b))
    if (a && c) strangers.push(likeness(a, c))
  }
}
quantiles('a third of the words replaced', copies)
quantiles('another text of the same label', strangers)
