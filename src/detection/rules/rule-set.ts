import { type Condition, conditionOf } from './condition.ts'
import { type Expression, parseExpression } from './expression.ts'
import { Lexicon } from './lexicon.ts'
import {
  CONSEQUENCES,
  type Composite,
  type Consequence,
  type DerivedSign,
  type RulesFile,
} from './rules-file.ts'
import { SignNames, SignSet } from './sign-set.ts'

interface CompiledRow {
  readonly name: string
  readonly holds: Condition
}

const NUMBER = /\d+/g

/** The rules of a file, ready to be asked. */
export class RuleSet {
  readonly #names = new SignNames()
  readonly #lexicon: Lexicon
  readonly #derived = new Map<string, Condition>()
  /** Rows by code and consequence. */
  readonly #rows = new Map<string, CompiledRow[]>()
  readonly #number = this.#names.idOf('number')
  /** What the text that was asked about last shows: several codes ask about one message. */
  #last = new SignSet('')

  /** Throws an ExpressionError or RangeError where a rule cannot be understood. */
  constructor({ words, signs, composites }: RulesFile) {
    this.#lexicon = new Lexicon(words, this.#names)
    const derived = new Map(Object.entries(signs))
    for (const [name, { when }] of derived)
      this.#derived.set(name, conditionOf(resolved(parseExpression(when), derived, [name]), this.#names))
    for (const row of composites) {
      const holds = conditionOf(resolved(parseExpression(row.when), derived), this.#names)
      for (const code of row.codes) this.#rowsOf(code, row.then).push({ name: row.name, holds })
    }
  }

  /** What a normalised text shows by its words and numbers alone. The same object for the text that was asked about last. */
  ofText(text: string): SignSet {
    if (this.#last.text !== text) {
      const signs = new SignSet(text)
      this.#lexicon.mark(signs)
      for (const { 0: digits, index } of text.matchAll(NUMBER))
        signs.addAt(this.#number, index, index + digits.length)
      this.#last = signs
    }
    return this.#last
  }

  /** The same with further signs, named as in the rules. */
  with(text: string, further: Iterable<string>): SignSet {
    const signs = this.ofText(text).copy()
    for (const sign of further) signs.add(this.#names.idOf(sign))
    return signs
  }

  /** Whether a sign is there, be it one that stands for others. */
  shows(signs: SignSet, name: string): boolean {
    return this.#derived.get(name)?.(signs) ?? signs.has(this.#names.idOf(name))
  }

  /** Adds a sign that is known only after others were weighed. */
  add(signs: SignSet, sign: string): void {
    signs.add(this.#names.idOf(sign))
  }

  /** The name of the first row of a code with this consequence that holds; undefined: none does. */
  first(code: string, then: Consequence, signs: SignSet): string | undefined {
    return this.#rows.get(keyOf(code, then))?.find(({ holds }) => holds(signs))?.name
  }

  /** The names of all rows of a code that hold. */
  holding(code: string, signs: SignSet): string[] {
    const rows = CONSEQUENCES.flatMap((then) => this.#rows.get(keyOf(code, then)) ?? [])
    return rows.filter(({ holds }) => holds(signs)).map(({ name }) => name)
  }

  #rowsOf(code: string, then: Consequence): CompiledRow[] {
    const key = keyOf(code, then)
    const rows = this.#rows.get(key) ?? []
    this.#rows.set(key, rows)
    return rows
  }
}

function keyOf(code: string, then: Composite['then']): string {
  return `${code} ${then}`
}

/** The expression with derived signs replaced by what they stand for. */
function resolved(
  expression: Expression,
  derived: ReadonlyMap<string, DerivedSign>,
  above: readonly string[] = [],
): Expression {
  switch (expression.kind) {
    case 'sign': {
      const { name } = expression
      const sign = derived.get(name)
      if (sign === undefined) return expression
      if (above.includes(name)) throw new RangeError(`signs.${name}: it stands for itself`)
      return resolved(parseExpression(sign.when), derived, [...above, name])
    }
    case 'not':
      return { kind: 'not', of: resolved(expression.of, derived, above) }
    case 'all':
    case 'any':
      return { kind: expression.kind, of: expression.of.map((part) => resolved(part, derived, above)) }
    default:
      return expression
  }
}
