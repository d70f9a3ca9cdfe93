import { classify } from '../detection/classify.ts'
import { shownBy } from '../detection/detectors/own-rules/findings.ts'
import type { LoadedRules } from '../detection/detectors/own-rules/loaded-rules.ts'
import type { OwnRulesReading } from '../detection/detectors/own-rules/read.ts'
import { compileWhen, type OwnWhen } from '../detection/detectors/own-rules/row.ts'
import { messageOf } from '../detection/message-of.ts'
import { readMessage } from '../detection/read-message.ts'
import { readRegistry } from '../detection/registry/load.ts'
import { buildRegistry } from '../detection/registry/registry-index.ts'
import { loadShippedBrands } from '../detection/registry/shipped-brands.ts'
import type { RuleExample, Shown } from '../detection/rules/rules-file.ts'
import type { SignSet } from '../detection/rules/sign-set.ts'
import { SHIPPED_MODEL } from '../detection/versions/assets.ts'
import { openNotices } from '../detection/versions/sample-notices.ts'
import type { Problem } from '../domain/errors.ts'
import { given } from '../domain/given.ts'
import type { AnalysedMessage, SmsRecord } from '../domain/message.ts'
import type { Policy } from '../domain/policy.ts'
import type { Classifier } from '../domain/ports.ts'
import type { Registry, SignatureRow } from '../domain/registry.ts'
import { type Fault, toProblems } from '../settings/files/operator-schema.ts'
import type { RowMap } from '../settings/files/row-file.ts'
import { openClassifier } from '../text/reader/classifier.ts'

/** What the examples are judged with. */
export interface ExampleParts {
  readonly policy: Policy
  /** Model folder and registry file. If absent, the shipped ones are used. */
  readonly model?: string | undefined
  readonly registry?: string | undefined
  /** Field map of the registry, if its rows have another form. */
  readonly map?: RowMap | undefined
}

type Filed = Pick<ExampleParts, 'registry' | 'map'>

/** 12:00 in China (UTC+8). */
const NOON = Date.UTC(2026, 4, 12, 4)
/** Recipient of the examples: a number that does not occur in their texts. */
const RECIPIENT = '19900000000'

/**
 * Judges the example and the near miss of every own rule and composite as the service would, and returns a problem for each
 * that gives another result than its row expects.
 */
export async function checkExamples(
  { rules, own, document }: OwnRulesReading,
  { policy, model = SHIPPED_MODEL, ...filed }: ExampleParts,
): Promise<readonly Problem[]> {
  if (!rules || !document) return []
  const classifier = await openClassifier({ dir: model, backend: 'auto', onNotice: () => undefined })
  try {
    const shows = shower(rules, policy, classifier, filed)
    const ofRules = (own.rules ?? []).map((row, i) => [['rules', i], row, rules.rows[i]!] as const)
    const ofComposites = (own.composites ?? []).map(
      (row, i) => [['composites', i], row, compileWhen(row.when, rules.rules)] as const,
    )
    const faults = [...ofRules, ...ofComposites].flatMap(([path, row, when]) =>
      rowFaults(path, row, when, shows),
    )
    return toProblems(document, faults)
  } finally {
    classifier.close()
  }
}

function rowFaults(
  path: Fault['path'],
  { example, nearMiss }: Shown,
  when: OwnWhen,
  shows: (example: RuleExample) => SignSet,
): Fault[] {
  const faults: Fault[] = []
  const signs = shows(example)
  if (!when.holds(signs))
    faults.push({
      path: [...path, 'example'],
      message: `the row does not apply to its example: of its signs the message shows ${shownOf(when, signs)}`,
    })
  const missed = shows(nearMiss)
  if (when.holds(missed))
    faults.push({
      path: [...path, 'nearMiss'],
      message: `the row applies to its near miss: of its signs the message shows ${shownOf(when, missed)}`,
    })
  return faults
}

function shownOf({ signs }: OwnWhen, message: SignSet): string {
  const names = (there: boolean) =>
    signs.filter(({ shows }) => shows(message) === there).map(({ name }) => name)
  const [shown, lacking] = [names(true), names(false)]
  return `${shown.join(', ') || 'none'}${lacking.length === 0 ? '' : `, and not ${lacking.join(', ')}`}`
}

/** Returns a function that judges an example with the operator's registry and the filings named in the example. */
function shower(
  rules: LoadedRules,
  policy: Policy,
  classifier: Classifier,
  filed: Filed,
): (example: RuleExample) => SignSet {
  const registryOf = registries(filed)
  const context = { notices: openNotices(), own: rules, modelThresholds: classifier.thresholds }
  const { codes, quietHours } = policy.at(NOON)
  return (example) => {
    const message = analysed(example, classifier)
    const registry = registryOf(example)
    const known = { ...context, registry, quietHours, consents: undefined, askedBefore: undefined }
    return shownBy(message, known, codes)
  }
}

function registries({ registry: file, map }: Filed): (example: RuleExample) => Registry {
  const { brands: shippedBrands } = loadShippedBrands()
  const knownBrands = new Set(shippedBrands.map(({ id }) => id))
  const read = file === undefined ? undefined : readRegistry(file, { knownBrands, ...given({ map }) })
  // The registry's own check reports its faults.
  const rows = read?.problems.length === 0 ? read.rows : { brands: [], signatures: [], ports: [] }
  const build = (more: readonly SignatureRow[]) =>
    buildRegistry({
      ...rows,
      signatures: [...rows.signatures, ...more],
      shippedBrands,
      hash: 'examples',
    })
  const plain = build([])
  const built = new Map<string, Registry>()
  return ({ filed, from = '', port = from }) => {
    if (filed === undefined) return plain
    const key = `${filed}@${port}`
    const known = built.get(key)
    if (known) return known
    const brand = plain.brandByName(filed.toLowerCase())
    const registry = build([
      {
        name: filed,
        ...given({ brand: brand?.id }),
        consent: 'unless-refused',
        campaigns: [],
        filings: [{ ports: [port], status: 'filed' }],
      },
    ])
    built.set(key, registry)
    return registry
  }
}

function analysed({ text, from = '' }: RuleExample, classifier: Classifier): AnalysedMessage {
  const record: SmsRecord = {
    ...{ value: Buffer.alloc(0), id: 'example', ts: NOON, from, to: RECIPIENT, text, blocked: false },
  }
  const message = messageOf(record, { topic: 'examples', partition: 0, offset: 0 }, NOON)
  return classify([readMessage(message, () => '')], classifier)[0]!
}
