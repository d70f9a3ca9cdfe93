// Quality of the brand codes on unseen writers, by leave-one-out: for each writer of corpus/brand-messages, the weights of the
// decision are fitted on the other writers and applied to the messages of this one.
//
//   npx tsx test/bench/brand-messages.ts [--corpus DIR] [--block-from 0.98] [--examples N]
//
// Measured with a registry in which every lawful signature is filed for its sending ports, and with only the shipped brand
// list. Exits 1 if a lawful message is blocked.
import { parseArgs } from 'node:util'
import { BRAND_MESSAGES, type BrandMessage, readBrandCorpus } from '../../scripts/brand-decision/corpus.ts'
import type { Decision } from '../../scripts/brand-decision/examples.ts'
import { chooseBlockFrom, type HeldOut, judgeWithout } from '../../scripts/brand-decision/held-out.ts'
import { MESSAGE_CODES } from '../../src/detection/detectors/all.ts'
import { BLOCK_FROM } from '../../src/detection/detectors/brand-decision/evidence.ts'
import {
  MALICE_THRESHOLDS,
  maliceDecision,
} from '../../src/detection/detectors/brand-decision/malicious-text.ts'
import { forgedBrand } from '../../src/detection/detectors/forged-brand.ts'
import { detect, NOTHING_KNOWN } from '../../src/detection/judge.ts'
import { SHIPPED_RULES } from '../../src/detection/rules/shipped.ts'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import type { Registry } from '../../src/domain/registry.ts'
import { openClassifier } from '../../src/text/reader/classifier.ts'
import { loadPolicy } from '../helpers/policies.ts'

const { values: options } = parseArgs({
  options: {
    corpus: { type: 'string', default: BRAND_MESSAGES },
    'block-from': { type: 'string', default: String(BLOCK_FROM.default) },
    'min-certainty': { type: 'string', default: String(MALICE_THRESHOLDS.minCertainty.default) },
    examples: { type: 'string', default: '0' },
  },
})
const blockFrom = Number(options['block-from'])
const minCertainty = Number(options['min-certainty'])
const MIN_SCORE = Number(forgedBrand.thresholds.minScore!.default)

const classifier = await openClassifier({ dir: SHIPPED_MODEL, backend: 'auto', onNotice: () => {} })
const corpus = readBrandCorpus(classifier, options.corpus)
const policy = loadPolicy()

type Outcome = 'block' | 'review' | 'pass'
interface Judged {
  readonly of: BrandMessage
  readonly registry: HeldOut['registry']
  readonly outcome: Outcome
  /** Highest certainty in favour of blocking. */
  readonly certainty: number
  /** Whether a brand code is among the findings. */
  readonly named: boolean
}

const WEIGHED = new Set(['FORGED_BRAND', 'TEXT_FRAUD', 'TEXT_ILLICIT'])
const UNWEIGHED = MESSAGE_CODES.filter(({ code }) => !WEIGHED.has(code))

/** Whether a code that uses no fitted weights asks for an action. */
function isReviewed({ message }: BrandMessage, registry: Registry): boolean {
  const { findings } = detect(message, NOTHING_KNOWN, { classifier, policy, registry }, UNWEIGHED)
  return findings.some(({ code }) =>
    ['review', 'throttle', 'block'].includes(policy.codePolicy(code, message.ts).action),
  )
}

interface WriterLeftOut {
  readonly judged: readonly Judged[]
  /** Block threshold chosen from the messages of the other writers. */
  readonly chosen: number
}

/** Judges the messages of a writer by weights, words and a threshold fitted without them. */
function judgeWriter(writer: string): WriterLeftOut {
  const all = judgeWithout(corpus, classifier, writer)
  const isMine = ({ of }: HeldOut) => of.writer === writer
  return {
    judged: all.filter(isMine).map(judgeMessage),
    chosen: chooseBlockFrom(all.filter((one) => !isMine(one))),
  }
}

function judgeMessage({ of, registry, asked, certainty, sure }: HeldOut): Judged {
  const brands = asked.filter(({ code }) => !code.startsWith('TEXT_'))
  const forged = brands.some((one) => one.code === 'FORGED_BRAND' && (one.plain || sure(one) >= MIN_SCORE))
  const text = asked.find(({ code }) => code.startsWith('TEXT_'))
  const malicious = isMalicious(of, text, text === undefined ? 0 : sure(text))
  const stopped = forged || malicious || isReviewed(of, corpus[registry])
  return {
    of,
    registry,
    outcome: certainty >= blockFrom ? 'block' : stopped ? 'review' : 'pass',
    certainty,
    named: forged || brands.some(({ code }) => code !== 'FORGED_BRAND'),
  }
}

/** Whether TEXT_FRAUD or TEXT_ILLICIT fires at this certainty. */
function isMalicious({ message }: BrandMessage, text: Decision | undefined, certainty: number): boolean {
  const { fraud, illicit } = message.scores
  const { thresholds } = classifier
  const threshold = fraud >= illicit ? thresholds.fraud : thresholds.illicit
  if (text === undefined) return fraud + illicit >= threshold
  const code = fraud >= illicit ? 'TEXT_FRAUD' : 'TEXT_ILLICIT'
  const weighed = { certainty, shown: text.shown, rules: SHIPPED_RULES }
  return maliceDecision(code, fraud + illicit >= threshold, weighed, minCertainty).counts
}

const share = (part: number, whole: number) =>
  `${((100 * part) / Math.max(1, whole)).toFixed(1)}%`.padStart(7)

function line(title: string, judged: readonly Judged[]): void {
  const lawful = judged.filter(({ of }) => of.kind === 'lawful')
  const forged = judged.filter(({ of }) => of.kind !== 'lawful')
  const count = (of: readonly Judged[], ...outcomes: Outcome[]) =>
    of.filter(({ outcome }) => outcomes.includes(outcome)).length
  console.log(
    title.padEnd(24),
    String(lawful.length).padStart(6),
    String(count(lawful, 'block')).padStart(8),
    share(count(lawful, 'block', 'review'), lawful.length).padStart(9),
    String(forged.length).padStart(8),
    share(count(forged, 'block', 'review'), forged.length).padStart(9),
    share(count(forged, 'block'), forged.length).padStart(8),
    share(forged.filter(({ named }) => named).length, forged.length).padStart(8),
  )
}

/** Prints results by threshold: those chosen without the judged writer, and fixed ones. */
function printThresholds(judged: readonly Judged[]): void {
  const count = (isBlocked: (one: Judged) => boolean) => {
    const blocked = judged.filter(isBlocked)
    const lawful = blocked.filter(({ of }) => of.kind === 'lawful').length
    const forged = blocked.length - lawful
    return `${lawful} lawful, ${forged} of ${forgedIn(judged)} forged (${share(forged, forgedIn(judged)).trim()})`
  }
  console.log('blocked from')
  const chosen = [...leftOut.values()].map((writer) => writer.chosen)
  console.log(
    `  what the other writers alone ask for (${Math.min(...chosen).toFixed(2)} to ${Math.max(...chosen).toFixed(2)}): ` +
      count(({ of, certainty }) => certainty >= leftOut.get(of.writer)!.chosen),
  )
  for (const from of [blockFrom, 0.9, 0.95, 0.97])
    console.log(`  ${from}: ${count(({ certainty }) => certainty >= from)}`)
}
const forgedIn = (judged: readonly Judged[]) => judged.filter(({ of }) => of.kind !== 'lawful').length

const leftOut = new Map(corpus.writers.map((writer) => [writer, judgeWriter(writer)]))
const all = [...leftOut.values()].flatMap(({ judged }) => judged)
console.log(`blockFrom by all writers, each judged without itself: ${chooseBlockFrom(all).toFixed(3)}`)
let lawfulBlocked = 0
for (const name of ['filed', 'shipped'] as const) {
  const judged = all.filter(({ registry }) => registry === name)
  console.log(
    `\n${name === 'filed' ? 'every lawful signature filed' : 'the shipped brand list alone'}; blocked from ${blockFrom}\n` +
      'writer left out          lawful  blocked  review+   forged  review+  blocked   named',
  )
  for (const writer of corpus.writers)
    line(
      writer,
      judged.filter(({ of }) => of.writer === writer),
    )
  line('all', judged)
  const lawful = judged.filter(({ of }) => of.kind === 'lawful')
  lawfulBlocked += lawful.filter(({ outcome }) => outcome === 'block').length
  console.log(
    `highest certainty of a lawful message that may be blocked: ${Math.max(...lawful.map(({ certainty }) => certainty)).toFixed(4)}`,
  )
  printThresholds(judged)
  const examples = Number(options.examples)
  const worst = lawful.toSorted((a, b) => b.certainty - a.certainty).slice(0, examples)
  for (const { of, certainty } of worst)
    console.log(`  ${certainty.toFixed(3)} ${of.sender} ${of.message.text}`)
  const missed = judged
    .filter(({ of, outcome }) => of.kind !== 'lawful' && outcome === 'pass')
    .slice(0, examples)
  for (const { of } of missed) console.log(`  missed: ${of.sender} ${of.brand}: ${of.message.text}`)
}
classifier.close()
process.exitCode = lawfulBlocked > 0 ? 1 : 0
