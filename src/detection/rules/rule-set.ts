import { type Condition, conditionOf } from './condition.ts'
import { type Expression, neededSigns, type Place, parseExpression } from './expression.ts'
import { Lexicon } from './lexicon.ts'
import { CONSEQUENCES, type Consequence, type DerivedSign, type RulesFile } from './rules-file.ts'
import { SignNames, SignSet } from './sign-set.ts'

interface CompiledRow {
  readonly name: string
  readonly holds: Condition
  /** Whether it cannot hold without words of the operator. */
  readonly needsOwnWords: boolean
}

type RowsByConsequence = Partial<Record<Consequence, CompiledRow[]>>

const NUMBER = /\d+/g
const NUMBER_SIGN = 'number'
/** Sign prefix of an operator's words: a group may have the name of a shipped one. */
const OWN_WORDS = 'own-words'

export class RuleSet {
  /** The shipped rules, below those of an operator. */
  readonly #base: RuleSet | undefined
  readonly #file: Pick<RulesFile, 'words' | 'signs'>
  readonly #names: SignNames
  readonly #lexicon: Lexicon
  readonly #derived = new Map<string, Condition>()
  readonly #rows = new Map<string, RowsByConsequence>()
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
      const when = this.resolved(parseExpression(row.when))
      const needsOwnWords = neededSigns(when, isOwnWords) !== undefined
      const compiled = { name: row.name, holds: this.conditionOf(when), needsOwnWords }
      for (const code of row.codes) this.#addRow(code, row.then, compiled)
    }
  }

  /** Signs of a normalised text from its words and numbers alone. Returns the same object for the last text. */
  ofText(text: string): SignSet {
    if (this.#last.text !== text)
      this.#last = this.#base ? this.#withOwnWords(text, this.#base) : this.#read(text)
    return this.#last
  }

  #read(text: string): SignSet {
    const signs = new SignSet(text)
    for (const { sign, start, end } of this.#lexicon.find(text)) signs.addAt(sign, start, end)
    for (const { 0: digits, index } of text.matchAll(NUMBER))
      signs.addAt(this.#number, index, index + digits.length)
    return signs
  }

  /** The set of the shipped rules is shared if the text has no words of the operator, as most have none. */
  #withOwnWords(text: string, base: RuleSet): SignSet {
    const signs = base.ofText(text)
    const found = this.#lexicon.find(text)
    if (found.length === 0) return signs
    const all = signs.copyForOwnWords()
    for (const { sign, start, end } of found) all.addAt(sign, start, end)
    return all
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
    return this.#base?.first(code, then, signs) ?? this.#firstRow(code, then, signs)
  }

  /** Like `first`, among the operator's rows only. */
  firstOwn(code: string, then: Consequence, signs: SignSet): string | undefined {
    return this.#base && this.#firstRow(code, then, signs)
  }

  #firstRow(code: string, then: Consequence, signs: SignSet): string | undefined {
    const rows = this.#rows.get(code)?.[then]
    if (rows === undefined) return undefined
    for (const row of rows) if ((signs.hasOwnWords || !row.needsOwnWords) && row.holds(signs)) return row.name
    return undefined
  }

  /** Names of all matching rows of a code. */
  holding(code: string, signs: SignSet): string[] {
    const rows = CONSEQUENCES.flatMap((then) => this.#rows.get(code)?.[then] ?? [])
    return rows.filter(({ holds }) => holds(signs)).map(({ name }) => name)
  }

  /** Compiles an expression with the words and names of this file. Throws an ExpressionError or RangeError. */
  condition(when: string, above: readonly string[] = []): Condition {
    return this.conditionOf(this.resolved(parseExpression(when), above))
  }

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

  #addRow(code: string, then: Consequence, row: CompiledRow): void {
    const rows = this.#rows.get(code) ?? {}
    this.#rows.set(code, rows)
    rows[then] = [...(rows[then] ?? []), row]
  }
}

/** Whether a resolved sign is a word group of an operator. */
export function isOwnWords(sign: string): boolean {
  return sign.startsWith(`${OWN_WORDS}:`)
}
