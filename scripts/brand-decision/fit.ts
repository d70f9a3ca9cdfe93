// Fits the weights of src/detection/detectors/brand-decision/weights.ts on corpus/brand-messages and writes that file.
//
//   npx tsx scripts/brand-decision/fit.ts
//
// `npm run bench -- brand-messages` says how the decision does on writers that were left out.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SIGN_NAMES } from '../../src/detection/detectors/brand-decision/signs.ts'
import { SHIPPED_MODEL } from '../../src/detection/versions/assets.ts'
import { openClassifier } from '../../src/text/reader/classifier.ts'
import { BRAND_MESSAGES, readBrandCorpus } from './corpus.ts'
import { decisionsOf, fitWeights } from './examples.ts'
import { rememberOpinions, trainWording } from './wording.ts'

const WEIGHTS_FILE = fileURLToPath(
  new URL('../../src/detection/detectors/brand-decision/weights.ts', import.meta.url),
)

const TABLE_FILE = fileURLToPath(
  new URL('../../src/detection/detectors/brand-decision/wording-table.generated.ts', import.meta.url),
)

const classifier = await openClassifier({ dir: SHIPPED_MODEL, backend: 'auto', onNotice: console.error })
const corpus = readBrandCorpus(classifier)
// The words of each message are judged without its writer, as they are judged of an unseen message.
rememberOpinions(corpus.messages)
const decisions = decisionsOf(corpus, classifier)
const { bias, weights } = fitWeights(decisions)
const rounded = (value: number) => Number(value.toFixed(2))
const hash = createHash('sha256')
for (const name of readdirSync(BRAND_MESSAGES).sort()) hash.update(readFileSync(join(BRAND_MESSAGES, name)))
const forged = decisions.filter(({ of }) => of.kind !== 'lawful').length

writeFileSync(
  WEIGHTS_FILE,
  `// Written by scripts/brand-decision/fit.ts; do not edit. Fitted on ${decisions.length} decisions (${forged} forged) by ${corpus.writers.length} writers of
// corpus/brand-messages (sha256 ${hash.digest('hex').slice(0, 16)}) with the text model ${classifier.id}.
import type { Sign } from './signs.ts'

/** Log-odds of a forgery without any sign. */
export const BIAS = ${rounded(bias)}

/** What each sign adds to the log-odds of a forgery. */
export const WEIGHTS: Readonly<Record<Sign, number>> = {
${SIGN_NAMES.map((sign, index) => `  '${sign}': ${rounded(weights[index]!)},`).join('\n')}
}
`,
)
const table = trainWording(corpus.messages)
const scale = Math.max(...table.map(Math.abs)) / 127
const packed = Buffer.from(Int8Array.from(table, (weight) => Math.round(weight / scale)))
writeFileSync(
  TABLE_FILE,
  `// Written by scripts/brand-decision/fit.ts; do not edit. Learnt from ${corpus.messages.length} texts of corpus/brand-messages.

/** What one step of the table stands for, in log-odds. */
export const SCALE = ${scale}

/** One signed byte a row, in base64. */
export const TABLE =
  '${packed.toString('base64')}'
`,
)
classifier.close()
console.log(`${WEIGHTS_FILE}: ${SIGN_NAMES.length} weights from ${decisions.length} decisions`)
