import type { Fault } from '../../../settings/files/operator-schema.ts'
import { suggestion } from '../../../settings/files/operator-schema.ts'
import { normalise } from '../../../text/normalise.ts'
import { type Expression, ExpressionError, parseExpression, signsIn } from '../../rules/expression.ts'
import { expandWord } from '../../rules/lexicon.ts'
import type { WordGroup } from '../../rules/rules-file.ts'
import { GROUP_NAME, OWN_LIMITS } from '../../rules/rules-schema.ts'
import { SHIPPED } from '../../rules/shipped.generated.ts'
import { FURTHER_SIGNS } from '../brand-decision/further-signs.ts'
import { SIGNS } from '../brand-decision/signs.ts'
import { TWIN_SIGNS } from '../brand-decision/twin.ts'

const NAME = new RegExp(GROUP_NAME, 'u')
/** Limit of words that a listed word with `{a,b}` may expand to. */
const MAX_EXPANDED = 1_000
const ALTERNATIVES = /\{[^{}]*\}/g

/** Signs with a position in the text: the shipped groups of words, and numbers. */
const PLACED = [...Object.keys(SHIPPED.words).map((group) => `words:${group}`), 'number']
/** All signs of docs/signs.md. */
const SHIPPED_SIGNS = [
  ...new Set([
    ...PLACED,
    ...Object.keys(SHIPPED.signs),
    ...[SIGNS, FURTHER_SIGNS, TWIN_SIGNS].flatMap((signs) => Object.keys(signs)),
  ]),
]

type Groups = Readonly<Record<string, WordGroup>>

export function groupFaults(words: Groups): Fault[] {
  const faults: Fault[] = []
  const names = Object.keys(words)
  let count = 0
  for (const [name, group] of Object.entries(words)) {
    const path = ['words', name]
    const fault = (message: string, ...below: (string | number)[]) =>
      faults.push({ path: [...path, ...below], message })
    if (!NAME.test(name)) fault('is not a name (allowed: a letter, then letters, digits, - or _, 60 at most)')
    if (!group.list && !group.groups) fault('has no words: give list, or groups')
    for (const [place, other] of (group.groups ?? []).entries()) {
      if (!Object.hasOwn(words, other))
        fault(`no group is called "${other}"${suggestion(other, names)}`, 'groups', place)
      else if (contains(words, other, name)) fault('the group contains itself', 'groups', place)
    }
    for (const key of ['list', 'except'] as const) {
      for (const [place, word] of (group[key] ?? []).entries()) {
        const message = wordFault(word)
        if (message) fault(message, key, place)
        else count += expandWord(word).length
      }
    }
  }
  if (names.length > OWN_LIMITS.groups)
    faults.push({
      path: ['words'],
      message: `has ${names.length} groups (allowed: at most ${OWN_LIMITS.groups})`,
    })
  if (count > OWN_LIMITS.words)
    faults.push({ path: ['words'], message: `has ${count} words (allowed: at most ${OWN_LIMITS.words})` })
  return faults
}

/** Whether a group contains another, directly or indirectly. */
function contains(words: Groups, name: string, wanted: string, above: readonly string[] = []): boolean {
  if (name === wanted) return true
  if (above.includes(name)) return false
  return (words[name]?.groups ?? []).some((other) => contains(words, other, wanted, [...above, name]))
}

function wordFault(word: string): string | undefined {
  const alternatives = word.match(ALTERNATIVES) ?? []
  if (/[{}]/.test(word.replace(ALTERNATIVES, '')))
    return 'has a brace without its pair, or one within another (allowed: {a,b} for either of a and b)'
  const stands = alternatives.reduce((product, one) => product * one.split(',').length, 1)
  if (stands > MAX_EXPANDED) return `stands for ${stands} words (allowed: at most ${MAX_EXPANDED})`
  const empty = expandWord(word).find((one) => normalise(one).text.trim() === '')
  return empty === undefined ? undefined : `"${empty}" is empty once the text is normalised`
}

/** Faults of a `when`: the first syntax error, or all unknown signs. */
export function whenFaults(when: string, words: Groups): string[] {
  let expression: Expression
  try {
    expression = parseExpression(when)
  } catch (error) {
    if (error instanceof ExpressionError)
      return [`${error.message} (character ${error.at + 1}: ${near(when, error.at)})`]
    throw error
  }
  const own = Object.keys(words).map((group) => `words:${group}`)
  const placed = placedIn(expression)
  const faults = signsIn(expression).flatMap(({ name }) => {
    if (own.includes(name) || SHIPPED_SIGNS.includes(name)) return []
    const group = own.includes(`words:${name}`) ? `; did you mean "words:${name}"?` : ''
    const near = group || suggestion(name, [...own, ...SHIPPED_SIGNS])
    return [`unknown sign "${name}"${near} (allowed: your words, and the signs of docs/signs.md)`]
  })
  const lost = placed.filter((name) => SHIPPED_SIGNS.includes(name) && ![...own, ...PLACED].includes(name))
  return [
    ...new Set([
      ...faults,
      ...lost.map(
        (name) => `"${name}" has no place in the text: near and before take words:<group> and number`,
      ),
    ]),
  ]
}

function near(when: string, at: number): string {
  const rest = when.slice(at, at + 20).trim()
  return rest === '' ? 'its end' : `"${rest}"`
}

/** Signs used with their positions. */
function placedIn(expression: Expression): string[] {
  switch (expression.kind) {
    case 'sign':
      return []
    case 'not':
      return placedIn(expression.of)
    case 'all':
    case 'any':
      return expression.of.flatMap(placedIn)
    default:
      return [expression.first.name, expression.second.name]
  }
}
