import type { OwnCode } from '../../../domain/codes.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { Condition } from '../../rules/condition.ts'
import { type Expression, neededSigns, parseExpression, signsIn } from '../../rules/expression.ts'
import { isOwnWords, type RuleSet } from '../../rules/rule-set.ts'
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
  const needed = neededSigns(resolved, isOwnWords)
  const names = [...new Set(signsIn(written).map(({ name }) => name))]
  return {
    needs: needed && new Set(needed.map((name) => rules.idOf(name))),
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
