import { type Condition, conditionOf } from './condition.ts'
import { type Expression, type Place, parseExpression } from './expression.ts'
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
const NUMBER_SIGN = 'number'
/** Sign prefix of an operator's words: a group may have the name of a shipped one. */
const OWN_WORDS = 'own-words'

/** Compiled rules of a file. */
export class RuleSet {
  /** The shipped rules, below those of an operator. */
  readonly #base: RuleSet | undefined
  readonly #file: Pick<RulesFile, 'words' | 'signs'>
  readonly #names: SignNames
  readonly #lexicon: Lexicon
  readonly #derived = new Map<string, Condition>()
  /** Rows by code and consequence. */
  readonly #rows = new Map<string, CompiledRow[]>()
  readonly #number: number
  /** Signs of the last text: several codes query the same message. */
  #last = new SignSet('')

  /**
   * `base`: rules whose words, names and rows also apply, with its rows first; if both define a name, the rows of this file use
   * their own. Throws an ExpressionError or RangeError for an invalid rule.
   */
  constructor({ words, signs, composites }: RulesFile, base?: RuleSet) {
    this.#base = base
    this.#file = { words, signs }
    this.#names = base === undefined ? new SignNames() : base.#names
    this.#number = this.#names.idOf(NUMBER_SIGN)
    this.#lexicon = new Lexicon(words, this.#names, base && OWN_WORDS)
    for (const [name, { when }] of Object.entries(signs))
      this.#derived.set(name, this.condition(when, [name]))
    for (const row of composites) {
      const holds = this.condition(row.when)
      for (const code of row.codes) this.#rowsOf(code, row.then).push({ name: row.name, holds })
    }
  }

  /** Signs of a normalised text from its words and numbers alone. Returns the same object for the last text. */
  ofText(text: string): SignSet {
    if (this.#last.text !== text) {
      const signs = this.#base ? this.#base.ofText(text).copyWithPlaces() : new SignSet(text)
      this.#lexicon.mark(signs)
      if (this.#base === undefined)
        for (const { 0: digits, index } of text.matchAll(NUMBER))
          signs.addAt(this.#number, index, index + digits.length)
      this.#last = signs
    }
    return this.#last
  }

  /** Signs of the text plus further signs, named as in the rules. */
  with(text: string, further: Iterable<string>): SignSet {
    const signs = this.ofText(text).copy()
    for (const sign of further) signs.add(this.#names.idOf(sign))
    return signs
  }

  /** Whether a sign is present, including derived signs. */
  shows(signs: SignSet, name: string): boolean {
    return (
      this.#derived.get(name)?.(signs) ?? this.#base?.shows(signs, name) ?? signs.has(this.#names.idOf(name))
    )
  }

  /** Adds a sign that becomes known only after weighing others. */
  add(signs: SignSet, sign: string): void {
    signs.add(this.#names.idOf(sign))
  }

  /** Name of the first matching row of a code with this consequence, if any. */
  first(code: string, then: Consequence, signs: SignSet): string | undefined {
    return (
      this.#base?.first(code, then, signs) ??
      this.#rows.get(keyOf(code, then))?.find(({ holds }) => holds(signs))?.name
    )
  }

  /** Like `first`, among the operator's rows only. */
  firstOwn(code: string, then: Consequence, signs: SignSet): string | undefined {
    if (this.#base === undefined) return undefined
    return this.#rows.get(keyOf(code, then))?.find(({ holds }) => holds(signs))?.name
  }

  /** Names of all matching rows of a code. */
  holding(code: string, signs: SignSet): string[] {
    const rows = CONSEQUENCES.flatMap((then) => this.#rows.get(keyOf(code, then)) ?? [])
    return rows.filter(({ holds }) => holds(signs)).map(({ name }) => name)
  }

  /** Compiles an expression with the words and names of this file. Throws an ExpressionError or RangeError. */
  condition(when: string, above: readonly string[] = []): Condition {
    return this.conditionOf(this.resolved(parseExpression(when), above))
  }

  /** Compiles a resolved expression. */
  conditionOf(resolved: Expression): Condition {
    return conditionOf(resolved, this.#names)
  }

  /** Resolves an expression: replaces derived signs with their definitions, and words of this file with their signs. */
  resolved(expression: Expression, above: readonly string[] = []): Expression {
    switch (expression.kind) {
      case 'sign': {
        const { name } = expression
        const sign = this.#namedSign(name)
        if (sign === undefined) return { ...expression, name: this.#placed(expression).name }
        if (above.includes(name)) throw new RangeError(`signs.${name}: it stands for itself`)
        return sign.of.resolved(parseExpression(sign.when), [...above, name])
      }
      case 'not':
        return { kind: 'not', of: this.resolved(expression.of, above) }
      case 'all':
      case 'any':
        return { kind: expression.kind, of: expression.of.map((part) => this.resolved(part, above)) }
      default: {
        const { first, second } = expression
        return { ...expression, first: this.#placed(first), second: this.#placed(second) }
      }
    }
  }

  /** Whether a resolved sign is determined by the text alone and has positions. */
  hasPlace(sign: string): boolean {
    const [kind, group = ''] = sign.split(':')
    if (kind === OWN_WORDS) return true
    if (this.#base) return this.#base.hasPlace(sign)
    return sign === NUMBER_SIGN || (kind === 'words' && Object.hasOwn(this.#file.words, group))
  }

  /** Whether a resolved sign is a word group of this file. */
  isOwnWords(sign: string): boolean {
    return sign.startsWith(`${OWN_WORDS}:`)
  }

  /** Id of a resolved sign, as passed to the callback of `scan`. */
  idOf(sign: string): number {
    return this.#names.idOf(sign)
  }

  /** Calls `found` with the sign of each word in the text from this file alone. */
  scan(text: string, found: (sign: number) => void): void {
    this.#lexicon.scan(text, found)
  }

  #placed(place: Place): Place {
    const [kind, group = ''] = place.name.split(':')
    const isOwn = this.#base && kind === 'words' && Object.hasOwn(this.#file.words, group)
    return isOwn ? { ...place, name: `${OWN_WORDS}:${group}` } : place
  }

  #namedSign(name: string): (DerivedSign & { readonly of: RuleSet }) | undefined {
    const { signs } = this.#file
    if (Object.hasOwn(signs, name)) return { ...signs[name]!, of: this }
    if (this.#base === undefined) return undefined
    return this.#base.#namedSign(name)
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
