// Quality of the codes on held-out messages: nothing is fitted on corpus/brand-judging.
//
//   npx tsx test/bench/judge-messages.ts [--corpus DIR] [--examples N]
//
// Measured as shipped, with a registry in which every lawful signature is filed, and with only the shipped brand list.
// Exits 1 if a lawful message is blocked.
import { parseArgs } from 'node:util'
import { BRAND_JUDGING, type BrandMessage, readBrandCorpus } from '../../scripts/brand-decision/corpus.ts'
import { judge, NOTHING_KNOWN } from '../../src/detection/judge.ts'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import { openNotices } from '../../src/detection/versions/sample-notices.ts'
import type { Registry } from '../../src/domain/registry.ts'
import { openClassifier } from '../../src/text/reader/classifier.ts'
import { loadPolicy } from '../helpers/policies.ts'

const { values: options } = parseArgs({
  options: {
    corpus: { type: 'string', default: BRAND_JUDGING },
    examples: { type: 'string', default: '0' },
  },
})
const classifier = await openClassifier({ dir: SHIPPED_MODEL, backend: 'auto', onNotice: () => {} })
const corpus = readBrandCorpus(classifier, options.corpus)
const policy = loadPolicy()
const notices = openNotices()
const BRAND_CODES = ['FORGED_BRAND', 'LOOKALIKE_SIGNATURE', 'LOOKALIKE_DOMAIN']

interface Judged {
  readonly of: BrandMessage
  readonly outcome: 'block' | 'review' | 'pass'
  readonly codes: readonly string[]
}

function judged(of: BrandMessage, registry: Registry): Judged {
  const { decision } = judge(of.message, NOTHING_KNOWN, { classifier, policy, registry, notices })
  const actions = decision.reasons.map(({ action }) => action)
  const outcome = actions.includes('block')
    ? 'block'
    : actions.some((action) => action === 'review' || action === 'throttle')
      ? 'review'
      : 'pass'
  return { of, outcome, codes: decision.reasons.map(({ code }) => code) }
}

const share = (part: number, whole: number) =>
  `${((100 * part) / Math.max(1, whole)).toFixed(1)}%`.padStart(8)
let lawfulBlocked = 0
for (const name of ['filed', 'shipped'] as const) {
  const all = corpus.messages.map((of) => judged(of, corpus[name]))
  console.log(
    `\n${name === 'filed' ? 'every lawful signature filed' : 'the shipped brand list alone'}\n` +
      'kind      messages  blocked  review+    named',
  )
  for (const kind of ['lawful', 'forged', 'fraud', 'illicit'] as const) {
    const mine = all.filter(({ of }) => of.kind === kind)
    const blocked = mine.filter(({ outcome }) => outcome === 'block').length
    const stopped = mine.filter(({ outcome }) => outcome !== 'pass').length
    const named = mine.filter(({ codes }) => codes.some((code) => BRAND_CODES.includes(code))).length
    if (kind === 'lawful') lawfulBlocked += blocked
    console.log(
      kind.padEnd(8),
      String(mine.length).padStart(9),
      share(blocked, mine.length),
      share(stopped, mine.length),
      share(named, mine.length),
    )
  }
  const wrong = all.filter(({ of, outcome }) => (of.kind === 'lawful') !== (outcome === 'pass'))
  for (const { of, codes } of wrong.slice(0, Number(options.examples)))
    console.log(`  ${of.kind} ${of.sender} ${codes.join(' ')}: ${of.message.text}`)
}
classifier.close()
process.exitCode = lawfulBlocked > 0 ? 1 : 0
