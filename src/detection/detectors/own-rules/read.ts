import { createHash } from 'node:crypto'
import type { Action, Mode } from '../../../domain/decision.ts'
import { InvalidInput, type Problem } from '../../../domain/errors.ts'
import { given } from '../../../domain/given.ts'
import { isMapping } from '../../../domain/json.ts'
import type { CodePolicy } from '../../../domain/policy.ts'
import {
  blankProblem,
  type OperatorDocument,
  readOperatorFile,
} from '../../../settings/files/operator-file.ts'
import { compileSchema, type Fault, toProblems } from '../../../settings/files/operator-schema.ts'
import { normalise } from '../../../text/normalise.ts'
import { expandWord } from '../../rules/lexicon.ts'
import { RuleSet } from '../../rules/rule-set.ts'
import type { Composite, OwnComposite, OwnRule, OwnRulesFile, WordGroup } from '../../rules/rules-file.ts'
import { rulesSchema, steeredCodes } from '../../rules/rules-schema.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import { OWN_CODES } from '../own-codes.ts'
import { LoadedRules } from './loaded-rules.ts'
import { compileWhen } from './row.ts'
import { groupFaults, whenFaults } from './row-faults.ts'

export interface OwnRulesReading {
  /** Absent if there are problems. */
  readonly rules?: LoadedRules
  readonly problems: readonly Problem[]
  /** Parsed content of the file, for a summary and its examples. */
  readonly own: OwnRulesFile
  /** Absent if the file cannot be read. */
  readonly document?: OperatorDocument
}

/** Reads an operator's own rules and reports all problems. */
export function readOwnRules(file: string): OwnRulesReading {
  const { document, problems } = readOperatorFile(file)
  return document ? rulesOf(document) : { problems, own: {} }
}

/** Loads the rules; throws InvalidInput with all problems. */
export function loadOwnRules(file: string): LoadedRules {
  const { rules, problems } = readOwnRules(file)
  if (!rules) throw new InvalidInput('RULES_INVALID', problems)
  return rules
}

const check = compileSchema(rulesSchema('own'))

/** The rules in a parsed document. */
export function rulesOf(document: OperatorDocument): OwnRulesReading {
  if (document.isBlank) return { problems: [blankProblem(document, 'no rules')], own: {}, document }
  const value = withExamples(document.value ?? {})
  const faults = check(value)
  if (faults.length > 0) {
    const others = faultsOf(soundParts(value, faults))
    return { problems: toProblems(document, [...faults, ...others]), own: {}, document }
  }
  const own = value as OwnRulesFile
  const problems = toProblems(document, faultsOf(own))
  if (problems.length > 0) return { problems, own, document }
  try {
    return { rules: compiled(own), problems: [], own, document }
  } catch (error) {
    // Too many words for an automaton.
    if (!(error instanceof RangeError)) throw error
    const path = ['words']
    return { problems: toProblems(document, [{ path, message: error.message }]), own, document }
  }
}

/** Examples may be written as a plain text. */
function withExamples(value: unknown): unknown {
  if (!isMapping(value)) return value
  const spelled = (row: unknown): unknown => {
    if (!isMapping(row)) return row
    const texts = ['example', 'nearMiss'].filter((key) => typeof row[key] === 'string')
    return { ...row, ...Object.fromEntries(texts.map((key) => [key, { text: row[key] }])) }
  }
  const lists = ['rules', 'composites'].filter((key) => Array.isArray(value[key]))
  return {
    ...value,
    ...Object.fromEntries(lists.map((key) => [key, (value[key] as unknown[]).map(spelled)])),
  }
}

/** What `faultsOf` checks. A row is absent if its `when` has no sound form; the others keep their places. */
interface Checkable {
  readonly words?: Readonly<Record<string, WordGroup>>
  readonly rules?: readonly ((Partial<Pick<OwnRule, 'code'>> & Pick<OwnRule, 'when'>) | undefined)[]
  readonly composites?: readonly (Pick<OwnComposite, 'when' | 'then' | 'codes'> | undefined)[]
}

/** The parts of a faulty file that can be checked further, so that their faults are reported in the same pass. */
function soundParts(value: unknown, faults: readonly Fault[]): Checkable {
  // A misspelt key of the document may hide what its rows name.
  if (!isMapping(value) || faults.some(({ path }) => path.length < 2)) return {}
  const isFaulty = (...path: Fault['path']) =>
    faults.some((fault) => path.every((step, i) => fault.path[i] === step))
  const rowsOf = (list: 'rules' | 'composites') => {
    const rows: unknown[] = Array.isArray(value[list]) ? value[list] : []
    return rows.map((row, i) =>
      isMapping(row) && typeof row.when === 'string' && !isFaulty(list, i, 'when') ? row : undefined,
    )
  }
  const groups = Object.entries(isMapping(value.words) ? value.words : {})
  return {
    // The name of a faulty group is known to the rows all the same.
    words: Object.fromEntries(
      groups.map(([name, group]) => [name, isFaulty('words', name) ? NO_WORDS : (group as WordGroup)]),
    ),
    rules: rowsOf('rules').map((row, i) => {
      if (!row || !isFaulty('rules', i, 'code')) return row as OwnRule | undefined
      return { when: row.when as string }
    }),
    composites: rowsOf('composites').map((row, i) => {
      const isSound = !isFaulty('composites', i, 'then') && !isFaulty('composites', i, 'codes')
      return (isSound ? row : row && { ...row, codes: [] }) as OwnComposite | undefined
    }),
  }
}

const NO_WORDS: WordGroup = { says: '', list: [] }

/** Checks beyond the schema: names, words of which nothing is left after normalisation, expressions. */
function faultsOf({ words = {}, rules = [], composites = [] }: Checkable): Fault[] {
  const faults = groupFaults(words)
  const seen = new Set<string>()
  for (const [index, rule] of rules.entries()) {
    if (!rule) continue
    const { code, when } = rule
    if (code !== undefined && seen.has(code)) {
      const message = `${code} is used twice: join both rows by |, or rename one`
      faults.push({ path: ['rules', index, 'code'], message })
    }
    if (code !== undefined) seen.add(code)
    faults.push(...whenFaults(when, words).map((message) => ({ path: ['rules', index, 'when'], message })))
  }
  for (const [index, composite] of composites.entries()) {
    if (!composite) continue
    const { when, then, codes = [] } = composite
    const path = ['composites', index]
    faults.push(...whenFaults(when, words).map((message) => ({ path: [...path, 'when'], message })))
    const steered = steeredCodes(then)
    for (const [place, code] of codes.entries()) {
      if (steered.includes(code)) continue
      const message = `${then} changes nothing about ${code} (allowed: ${steered.join(', ')})`
      faults.push({ path: [...path, 'codes', place], message })
    }
  }
  return faults
}

function compiled(own: OwnRulesFile): LoadedRules {
  const { change, words = {}, rules = [], composites = [] } = own
  const comparable = folded(words)
  const set = new RuleSet(
    { words: comparable, signs: {}, composites: composites.map(compositeOf) },
    SHIPPED_RULES,
  )
  const rows = rules.map(({ code, says, because, target = 'message', when }) => {
    return { code, says, because, target, ...compileWhen(when, set) }
  })
  const hash = createHash('sha256').update(JSON.stringify(own)).digest('hex').slice(0, 12)
  const codes = new Map(rules.map((rule) => [rule.code, policyOf(rule)]))
  const readsNumbers = Object.values(comparable).some(({ list = [] }) => list.some((word) => /\d/.test(word)))
  return new LoadedRules({ hash, content: own, codes, ...given({ change }) }, set, rows, readsNumbers)
}

/** Normalises the words like texts. */
function folded(words: Readonly<Record<string, WordGroup>>): Record<string, WordGroup> {
  const fold = (list: readonly string[] = []) => list.flatMap(expandWord).map((word) => normalise(word).text)
  return Object.fromEntries(
    Object.entries(words).map(([name, { list, except, ...group }]) => [
      name,
      { ...group, list: fold(list), except: fold(except) },
    ]),
  )
}

function compositeOf({ name, codes, when, then, because }: OwnComposite, index: number): Composite {
  return { name: name ?? `own-${index + 1}`, codes: codes ?? steeredCodes(then), when, then, because }
}

/** Default policy of a rule: one that stops messages starts in shadow unless it states a mode. */
function policyOf({ action = OWN_CODES.action, mode, weight = OWN_CODES.weight }: OwnRule): CodePolicy {
  const { default: hold } = OWN_CODES.thresholds.hold
  return { action, mode: mode ?? firstMode(action), weight, thresholds: { hold } }
}

function firstMode(action: Action): Mode {
  return action === 'throttle' || action === 'block' ? 'shadow' : 'enforce'
}
