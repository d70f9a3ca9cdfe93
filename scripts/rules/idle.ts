// Words and rows of the shipped rules that change no finding on any corpus of the repository.
//
//   npx tsx scripts/rules/idle.ts [--json FILE]
//
// One word or row after the other is left out; what is idle stays out, so that of two words that stand for each other one
// is kept. A finding is its code, its score and its cap. Judged are the messages of brands under the shipped list and with
// every lawful signature filed, and the texts of the writers and of the demo from a mobile and from a port. Takes minutes.
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MESSAGE_CODES } from '../../src/detection/detectors/all.ts'
import { detect, NOTHING_KNOWN } from '../../src/detection/judge.ts'
import { expandWord } from '../../src/detection/rules/lexicon.ts'
import { RuleSet } from '../../src/detection/rules/rule-set.ts'
import type { RulesFile, WordGroup } from '../../src/detection/rules/rules-file.ts'
import { SHIPPED } from '../../src/detection/rules/shipped.generated.ts'
import { SHIPPED_RULES } from '../../src/detection/rules/shipped.ts'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import type { AnalysedMessage } from '../../src/domain/message.ts'
import type { Registry } from '../../src/domain/registry.ts'
import { simulate } from '../../src/offline/simulator/simulate.ts'
import { readCorpus } from '../../src/offline/training/corpus.ts'
import { fillSlots } from '../../src/offline/training/slots.ts'
import { openClassifier } from '../../src/text/reader/classifier.ts'
import { createRandom } from '../../src/text/reader/random.ts'
import { loadPolicy } from '../../test/helpers/policies.ts'
import { analysedTexts, type BrandCorpus, readBrandCorpus } from '../brand-decision/corpus.ts'

const CORPORA = ['brand-messages', 'brand-judging', 'brand-checks', 'mixed-messages', 'sure-messages']
const SENDERS = ['13800138000', '106800001111']
const SEED = 11
/** Codes that rules are about. */
const CODES = MESSAGE_CODES.filter(({ code }) => SHIPPED.composites.some(({ codes }) => codes.includes(code)))

interface Case {
  readonly message: AnalysedMessage
  readonly registry: Registry
  /** What is found by all rules. */
  found: string
}

const { values: options } = parseArgs({ options: { json: { type: 'string' } } })
const classifier = await openClassifier({ dir: SHIPPED_MODEL, backend: 'auto', onNotice: () => {} })
const policy = loadPolicy()
const brandCorpora = CORPORA.map((name) => readBrandCorpus(classifier, join('corpus', name)))
const cases = [...brandCorpora.flatMap(casesOf), ...plainCases(brandCorpora[0]!.shipped)]
for (const one of cases) one.found = foundIn(one)
console.error(`${cases.length} messages`)

let rules: RulesFile = SHIPPED
const idleRows = SHIPPED.composites.filter(({ name }) => {
  const rest = { ...rules, composites: rules.composites.filter((row) => row.name !== name) }
  return isIdle(rest, cases)
})
const idleWords = Object.entries(SHIPPED.words).flatMap(([group, { list = [] }]) =>
  list
    .flatMap(expandWord)
    .filter((word) => {
      const having = cases.filter(({ message }) => message.normalised.text.includes(word))
      return isIdle(
        { ...rules, words: { ...rules.words, [group]: without(rules.words[group]!, word) } },
        having,
      )
    })
    .map((word) => ({ group, word })),
)
classifier.close()
for (const { name } of idleRows) console.log(`row ${name}`)
for (const { group, word } of idleWords) console.log(`word ${group}: ${word}`)
if (options.json !== undefined)
  writeFileSync(options.json, JSON.stringify({ rows: idleRows.map(({ name }) => name), words: idleWords }))

function casesOf({ messages, shipped, filed }: BrandCorpus): Case[] {
  return messages.flatMap(({ message }) =>
    [shipped, filed].map((registry) => ({ message, registry, found: '' })),
  )
}

function plainCases(registry: Registry): Case[] {
  const random = createRandom(SEED)
  const writers = readdirSync('corpus/writers').flatMap((file) =>
    readCorpus(join('corpus/writers', file)).rows.map(({ text }) => fillSlots(text, random)),
  )
  const simulated = [...simulate({ scenario: 'double-eleven-hour', seed: 1 }).minutes()]
    .flat()
    .flatMap((record) => {
      const text = /"text":("(?:[^"\\]|\\.)*")/.exec(String(record.value))?.[1]
      return text === undefined ? [] : [JSON.parse(text) as string]
    })
  const texts = [...new Set([...writers, ...simulated.filter((_, i) => i % 8 === 0)])]
  return SENDERS.flatMap((from) => analysedTexts(texts, from, classifier)).map((message) => ({
    message,
    registry,
    found: '',
  }))
}

function foundIn({ message, registry }: Case): string {
  const { findings } = detect(message, NOTHING_KNOWN, { classifier, policy, registry }, CODES)
  return findings.map(({ code, score, cap }) => `${code} ${score} ${cap}`).join()
}

/** Whether nothing changes where only the rest of the rules is left, which then stays so. */
function isIdle(rest: RulesFile, among: readonly Case[]): boolean {
  judgeBy(new RuleSet(rest))
  const idle = among.every((one) => foundIn(one) === one.found)
  if (idle) rules = rest
  return idle
}

/** From now on the detectors ask these rules. */
function judgeBy(other: RuleSet): void {
  const asks = {
    ofText: (text: string) => other.ofText(text),
    with: (...of: Parameters<RuleSet['with']>) => other.with(...of),
    shows: (...of: Parameters<RuleSet['shows']>) => other.shows(...of),
    add: (...of: Parameters<RuleSet['add']>) => other.add(...of),
    first: (...of: Parameters<RuleSet['first']>) => other.first(...of),
  } satisfies Partial<RuleSet>
  Object.assign(SHIPPED_RULES, asks)
}

function without(group: WordGroup, word: string): WordGroup {
  return { ...group, list: (group.list ?? []).flatMap(expandWord).filter((one) => one !== word) }
}
