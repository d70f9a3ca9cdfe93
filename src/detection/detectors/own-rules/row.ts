import type { OwnCode } from '../../../domain/codes.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Condition } from '../../rules/condition.ts'
import { type Expression, parseExpression, signsIn } from '../../rules/expression.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import type { OwnRule } from '../../rules/rules-file.ts'
import type { SignSet } from '../../rules/sign-set.ts'
import { mayShow } from './may-show.ts'

type Bound = (words: SignSet, message: AnalysedMessage) => boolean

/** What decides whether an operator's row applies: its `when`, in steps of what they cost. */
export interface OwnWhen {
  /** Signs of own groups of words of which a message that it applies to has at least one; undefined: it needs none. */
  readonly needs: ReadonlySet<number> | undefined
  /** False only where it cannot apply, by the words of the text and what costs next to nothing. */
  readonly mayHold: Bound
  /** The words of the text alone decide. */
  readonly isTextual: boolean
  /** It asks how the message compares with notices of the brand that it claims. */
  readonly asksNotices: boolean
  readonly holds: Condition
  /** The signs that it asks for as it is written, each with whether a message shows it. */
  readonly signs: readonly { readonly name: string; readonly shows: Condition }[]
  /** Signs with a place, as an expression whose names are resolved has them, but for numbers: what evidence quotes. */
  readonly quoted: readonly number[]
}

/** A row of `rules`, ready to be asked. */
export interface OwnRow extends OwnWhen, Pick<OwnRule, 'says' | 'because'> {
  readonly code: OwnCode
  readonly target: NonNullable<OwnRule['target']>
}

/** Compiles a `when`. Throws an ExpressionError or RangeError where it cannot be understood. */
export function compileWhen(when: string, rules: RuleSet): OwnWhen {
  const written = parseExpression(when)
  const resolved = rules.resolved(written)
  const asked = signsIn(resolved).map(({ name }) => name)
  const names = [...new Set(signsIn(written).map(({ name }) => name))]
  return {
    needs: needsOf(resolved, rules),
    mayHold: boundOf(resolved, true, rules),
    isTextual: asked.every((name) => rules.hasPlace(name)),
    asksNotices: asked.some((name) => name.startsWith('twin:')),
    holds: rules.conditionOf(resolved),
    signs: names.map((name) => ({ name, shows: rules.condition(name) })),
    quoted: [...new Set(asked)].filter((name) => isWords(name, rules)).map((name) => rules.idOf(name)),
  }
}

function isWords(sign: string, rules: RuleSet): boolean {
  return sign !== 'number' && rules.hasPlace(sign)
}

/** Own groups of words of which one must be there for the expression to hold; undefined: none must. */
function needsOf(expression: Expression, rules: RuleSet): ReadonlySet<number> | undefined {
  switch (expression.kind) {
    case 'sign':
      return rules.isOwnWords(expression.name) ? new Set([rules.idOf(expression.name)]) : undefined
    case 'not':
      return undefined
    case 'all':
      return expression.of.map((part) => needsOf(part, rules)).find((needs) => needs !== undefined)
    case 'any': {
      const parts = expression.of.map((part) => needsOf(part, rules))
      return parts.some((needs) => needs === undefined)
        ? undefined
        : new Set(parts.flatMap((needs) => [...needs!]))
    }
    case 'near':
    case 'before': {
      const own = [expression.first, expression.second].find(({ name }) => rules.isOwnWords(name))
      return own && new Set([rules.idOf(own.name)])
    }
  }
}

/** Whether the expression may hold (`upper`), or surely does, when only words and what costs next to nothing are known. */
function boundOf(expression: Expression, upper: boolean, rules: RuleSet): Bound {
  switch (expression.kind) {
    case 'sign': {
      const { name } = expression
      if (rules.hasPlace(name)) {
        const sign = rules.idOf(name)
        return (words) => words.has(sign)
      }
      if (!upper) return () => false
      const may = mayShow(name)
      return (_words, message) => may(message)
    }
    case 'not': {
      const of = boundOf(expression.of, !upper, rules)
      return (words, message) => !of(words, message)
    }
    case 'all': {
      const of = expression.of.map((part) => boundOf(part, upper, rules))
      return (words, message) => of.every((holds) => holds(words, message))
    }
    case 'any': {
      const of = expression.of.map((part) => boundOf(part, upper, rules))
      return (words, message) => of.some((holds) => holds(words, message))
    }
    default:
      return rules.conditionOf(expression)
  }
}
