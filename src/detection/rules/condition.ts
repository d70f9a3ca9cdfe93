import type { Span } from '../../domain/message.ts'
import type { Expression } from './expression.ts'
import type { SignNames, SignSet } from './sign-set.ts'

export type Condition = (signs: SignSet) => boolean

/** Compiles an expression to a function, linear in the expression and in the occurrences of positioned signs. */
export function conditionOf(expression: Expression, names: SignNames): Condition {
  switch (expression.kind) {
    case 'sign': {
      const sign = names.idOf(expression.name)
      return (signs) => signs.has(sign)
    }
    case 'not': {
      const of = conditionOf(expression.of, names)
      return (signs) => !of(signs)
    }
    case 'all': {
      const of = expression.of.map((part) => conditionOf(part, names))
      return (signs) => of.every((holds) => holds(signs))
    }
    case 'any': {
      const of = expression.of.map((part) => conditionOf(part, names))
      return (signs) => of.some((holds) => holds(signs))
    }
    case 'near': {
      const [first, second] = [names.idOf(expression.first.name), names.idOf(expression.second.name)]
      const { within } = expression
      return (signs) => follows(signs, first, second, within) || follows(signs, second, first, within)
    }
    case 'before': {
      const [first, second] = [names.idOf(expression.first.name), names.idOf(expression.second.name)]
      const { within = Number.POSITIVE_INFINITY } = expression
      return (signs) => follows(signs, first, second, within)
    }
  }
}

/** Limit of compared pairs of positions: a text that repeats both words a thousand times must not cost a million comparisons. */
const MAX_PAIRS = 256

/** Whether the second sign starts at or after the end of the first in the same sentence, at most `within` code units later. */
function follows(signs: SignSet, first: number, second: number, within: number): boolean {
  const begins = signs.spansOf(second)
  if (begins.length === 0) return false
  let pairs = 0
  for (const { end } of signs.spansOf(first)) {
    const next = nextFrom(begins, end)
    if (next === undefined) continue
    if (next - end <= within && signs.isOneSentence(end, next)) return true
    if (++pairs === MAX_PAIRS) return false
  }
  return false
}

/** The smallest start at or after `from`. */
function nextFrom(spans: readonly Span[], from: number): number | undefined {
  let least: number | undefined
  for (const { start } of spans) if (start >= from && (least === undefined || start < least)) least = start
  return least
}
