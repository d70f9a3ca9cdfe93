// How well near copies of confirmed messages are known, how often lawful ones are taken for such, and what a search costs.
//
//   npm run bench -- templates [--lawful 300000] [--held 100000] [--show 20]
//
// Templates: all frauds and illicit offers of corpus/. Copies: of 4,000 of them a third of the words is replaced by words of other
// frauds, and every slot is filled again. Lawful: the corpus with other values in its slots, and an ordinary simulated day; judged by
// KNOWN_TEMPLATE under the shipped list of brands alone, where no port is filed, and with every lawful signature filed. The cost is
// that of a search among `--held` templates, which are the corpus mutated over and over.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  analysedTexts,
  BRAND_JUDGING,
  BRAND_MESSAGES,
  readBrandCorpus,
} from '../../scripts/brand-decision/corpus.ts'
import { WRITERS } from '../../scripts/sketch/corpus.ts'
import { knownTemplate } from '../../src/detection/detectors/known-template.ts'
import { detect, NOTHING_KNOWN } from '../../src/detection/judge.ts'
import { loadPolicy } from '../../src/detection/policy/load.ts'
import { NEAR_COPY, TemplateIndex } from '../../src/detection/templates/template-index.ts'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import { openNotices } from '../../src/detection/versions/sample-notices.ts'
import type { AnalysedMessage } from '../../src/domain/message.ts'
import type { Registry } from '../../src/domain/registry.ts'
import { type Template, type WordSketch, writtenSketch } from '../../src/domain/templates.ts'
import { simulate } from '../../src/offline/simulator/simulate.ts'
import { readCorpus } from '../../src/offline/training/corpus.ts'
import { fillSlots } from '../../src/offline/training/slots.ts'
import { readText } from '../../src/text/read-text.ts'
import { openClassifier } from '../../src/text/reader/classifier.ts'
import { createRandom, shuffle } from '../../src/text/reader/random.ts'
import { sharedWords, wordSketch } from '../../src/text/word-sketch.ts'

const { values: options } = parseArgs({
  options: {
    lawful: { type: 'string', default: '300000' },
    held: { type: 'string', default: '100000' },
    show: { type: 'string', default: '0' },
  },
})
const BRAND_CHECKS = join(BRAND_MESSAGES, '../brand-checks')
const PORT = '106588800001'
const LEAST_WORDS = 12
const CHUNK = 5_000
const ALL_TIME = Number.MAX_SAFE_INTEGER

const random = createRandom(1)
const classifier = await openClassifier({ dir: SHIPPED_MODEL, backend: 'auto', onNotice: () => {} })
const policy = loadPolicy()
const notices = openNotices()
const brands = [BRAND_MESSAGES, BRAND_JUDGING, BRAND_CHECKS].map((folder) =>
  readBrandCorpus(classifier, folder),
)
const writers = readdirSync(WRITERS).flatMap((file) => readCorpus(join(WRITERS, file)).rows)
const isBad = (kind: string) => kind === 'fraud' || kind === 'illicit' || kind === 'forged'

const badTexts = [
  ...writers.filter(({ label }) => isBad(label)).map(({ text }) => text),
  ...brands.flatMap(({ messages }) =>
    messages.filter(({ kind }) => isBad(kind)).map(({ message }) => message.text),
  ),
]
const sketchOf = (text: string) => wordSketch(readText(fillSlots(text, random)))
const templateOf = (words: WordSketch): Template => ({
  ...{ sketch: writtenSketch(words), label: 'fraud', source: 'local', until: ALL_TIME },
  confirmations: ['a', 'b', 'c'].map((by) => ({ by, ts: 0 })),
})
const index = new TemplateIndex()
const taught = badTexts.flatMap((text) => {
  const words = sketchOf(text)
  return words ? [{ text, words }] : []
})
index.put(taught.map(({ words }) => templateOf(words)))
console.log(`${badTexts.length} frauds and illicit offers, ${index.size} templates`)

/** Two signs a word, as good as words for this. */
const wordsOf = (text: string) => text.match(/\{\w+\}|\p{Script=Han}{1,2}|[^\p{Script=Han}{}]+/gu) ?? []
const isHan = (word: string) => /^\p{Script=Han}/u.test(word)
/** With so many of its Chinese words replaced by words of another fraud. */
function mutated(text: string, share: number): string {
  const words = wordsOf(text)
  const own = shuffle(
    [...words.keys()].filter((i) => isHan(words[i]!)),
    random,
  )
  const others = wordsOf(random.pick(badTexts)).filter(isHan)
  if (others.length === 0) return text
  for (const i of own.slice(0, Math.round(own.length * share))) words[i] = random.pick(others)
  return words.join('')
}

const counts = { copies: 0, found: 0, exact: 0, shared: [] as number[] }
while (counts.copies < 4_000) {
  const { text, words } = random.pick(taught)
  if (wordsOf(text).filter(isHan).length * 2 < LEAST_WORDS) continue
  const copy = sketchOf(mutated(text, 1 / 3))
  if (!copy) continue
  counts.copies++
  counts.shared.push(sharedWords(copy, words))
  if (index.near(copy).length > 0) counts.found++
  if (taught.some((one) => sharedWords(copy, one.words) >= NEAR_COPY)) counts.exact++
}
counts.shared.sort((a, b) => a - b)
const percent = (share: number) => `${(100 * share).toFixed(1)}%`
console.log(
  `copies with a third of the words replaced: ${percent(counts.found / counts.copies)} found from ${NEAR_COPY} on (a full scan finds ${percent(counts.exact / counts.copies)})`,
)
const at = (share: number) => counts.shared[Math.floor(share * counts.shared.length)]!.toFixed(2)
console.log(`  words that they share with theirs: 1% ${at(0.01)}, 5% ${at(0.05)}, median ${at(0.5)}`)

const hits = new Map<string, { readonly similarity: number; readonly text: string; readonly like: string }>()
const totals = { lawful: 0, near: 0, hits: 0 }
function judge(messages: readonly AnalysedMessage[], registry: Registry): void {
  const versions = { classifier, policy, registry, notices, templates: index }
  for (const message of messages) {
    totals.lawful++
    const met = index.nearest(message)
    if (!met) continue
    totals.near++
    if (detect(message, NOTHING_KNOWN, versions, [knownTemplate]).findings.length === 0) continue
    totals.hits++
    const like = taught.find(({ words }) => writtenSketch(words) === met.template.sketch)!.text
    hits.set(message.text.replace(/\d/g, '0'), { similarity: met.similarity, text: message.text, like })
  }
}
const report = (name: string) => {
  console.log(
    `${name}: ${totals.lawful} messages, ${totals.near} near a template, ${totals.hits} raise KNOWN_TEMPLATE`,
  )
  Object.assign(totals, { lawful: 0, near: 0, hits: 0 })
}

for (const [i, { messages, filed, shipped }] of brands.entries()) {
  const lawful = messages.filter(({ kind }) => kind === 'lawful').map(({ message }) => message)
  judge(lawful, filed)
  report(`lawful of brands ${i}, all filed`)
  judge(lawful, shipped)
  report(`lawful of brands ${i}, none filed`)
}
const { shipped } = brands[0]!
/** The number of whom a text names stands in it, and none that is made up. */
const OF_READER = /((?:号码|手机号|手机)\W?)\{mobile\}/g
const withOwnNumber = (text: string) => {
  const own = text.replace(OF_READER, (_, before: string) => `${before}13900001111`)
  if (!own.includes('{hotline}')) return own
  const [mention] = shipped.brandMentions(readText(text).normalised.text)
  return mention?.brand.hotlines[0] ? own.replaceAll('{hotline}', mention.brand.hotlines[0]) : own
}
const lawfulTexts = writers.filter(({ label }) => !isBad(label)).map(({ text }) => withOwnNumber(text))
const wanted = Number(options.lawful)
for (let n = 0; n < wanted / 2; n += CHUNK) {
  const texts = Array.from({ length: CHUNK }, (_, i) =>
    fillSlots(lawfulTexts[(n + i) % lawfulTexts.length]!, random),
  )
  judge(analysedTexts(texts, n % 2 === 0 ? PORT : '13877770001', classifier), shipped)
}
report('lawful of writers, none filed')
const distinct = new Set<string>()
const texts: string[] = []
for (const minute of simulate({
  scenario: 'ordinary-day',
  seed: 3,
  rate: Math.ceil(wanted / 86_400),
}).minutes()) {
  for (const { value } of minute) {
    if (distinct.size >= wanted / 2) break
    const { text } = JSON.parse(String(value)) as { text: string }
    if (distinct.has(text)) continue
    distinct.add(text)
    texts.push(text)
  }
  if (texts.length >= CHUNK) judge(analysedTexts(texts.splice(0), PORT, classifier), shipped)
}
judge(analysedTexts(texts, PORT, classifier), shipped)
report('simulated day, different texts, none filed')
for (const { similarity, text, like } of [...hits.values()].slice(0, Number(options.show)))
  console.log(`  ${similarity.toFixed(2)} ${text}
       ${like}`)

const held = new TemplateIndex()
const began = performance.now()
while (held.size < Number(options.held)) {
  const more = Array.from({ length: 2_000 }, () => sketchOf(mutated(random.pick(badTexts), 1 / 3)))
  held.put(more.flatMap((words) => (words ? [templateOf(words)] : [])))
}
console.log(`${held.size} templates held (${((performance.now() - began) / 1000).toFixed(0)} s to make them)`)
const queries = [...lawfulTexts, ...badTexts].flatMap(
  (text) => wordSketch(readText(fillSlots(text, random))) ?? [],
)
const readings = [...lawfulTexts, ...badTexts].map((text) => readText(fillSlots(text, random)))
const perText = (many: number, work: () => void) => {
  work()
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now()
    work()
    return ((performance.now() - start) * 1000) / many
  })
  return times.sort((a, b) => a - b)[2]!.toFixed(1)
}
console.log(
  `µs a text: sketch ${perText(readings.length, () => void readings.map((reading) => wordSketch(reading)))}, search among ${index.size} ${perText(queries.length, () => void queries.map((words) => index.near(words)))}, among ${held.size} ${perText(queries.length, () => void queries.map((words) => held.near(words)))}`,
)
const sample = Array.from({ length: 1_000 }, () => random.pick(taught)).flatMap(
  ({ text }) => sketchOf(mutated(text, 1 / 3)) ?? [],
)
console.log(
  `of ${sample.length} further copies ${percent(sample.filter((words) => held.near(words).length > 0).length / sample.length)} found among ${held.size}`,
)
classifier.close()
