import type { OwnCode } from '../../../domain/codes.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Condition } from '../../rules/condition.ts'
import { type Expression, parseExpression, signsIn } from '../../rules/expression.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import type { OwnRule } from '../../rules/rules-file.ts'
import type { SignSet } from '../../rules/sign-set.ts'
import { mayShow } from './may-show.ts'

type Bound = (words: SignSet, message: AnalysedMessage) => boolean

/** The compiled `when` of an operator's row, in steps of increasing cost. */
export interface OwnWhen {
  /** Signs of own word groups; a matching message has at least one of them. Undefined if none is needed. */
  readonly needs: ReadonlySet<number> | undefined
  /** Cheap check by words: false only if it cannot apply. */
  readonly mayHold: Bound
  /** Whether the words of the text alone decide. */
  readonly isTextual: boolean
  /** Whether it compares the message with notices of the brand it claims. */
  readonly asksNotices: boolean
  readonly holds: Condition
  /** The signs as written in it, each with its condition. */
  readonly signs: readonly { readonly name: string; readonly shows: Condition }[]
  /** Signs with a position in the resolved expression, except numbers: quoted in evidence. */
  readonly quoted: readonly number[]
}

/** A compiled row of `rules`. */
export interface OwnRow extends OwnWhen, Pick<OwnRule, 'says' | 'because'> {
  readonly code: OwnCode
  readonly target: NonNullable<OwnRule['target']>
}

/** Compiles a `when`. Throws an ExpressionError or RangeError if it is invalid. */
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

/** Own word groups of which at least one must be present for the expression to hold; undefined if none is required. */
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

/** Bound of the expression from words and cheap checks: whether it may hold (`upper`), or certainly holds. */
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
