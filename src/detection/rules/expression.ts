/** Parsed `when` of a rule. `name` is a sign, such as `sender:mobile` or `words:lure`. */
export type Expression =
  | { readonly kind: 'sign'; readonly name: string; readonly at: number }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Expression[] }
  /** Both in one sentence with at most `within` characters in between, in either order. */
  | { readonly kind: 'near'; readonly first: Place; readonly second: Place; readonly within: number }
  /** Both in one sentence, in this order, with at most `within` characters in between if given. */
  | { readonly kind: 'before'; readonly first: Place; readonly second: Place; readonly within?: number }

export interface Place {
  readonly name: string
  /** Position in the source, from 0. */
  readonly at: number
}

/** A fault in an expression, with the position of the first unexpected character, from 0. */
export class ExpressionError extends Error {
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

const MAX_DEPTH = 32
const MAX_WITHIN = 200

const TOKEN = /\s*(?:(\p{L}[\p{L}\p{N}_-]*(?::[\p{L}\p{N}%_-]+)?)|(\d+)|([&|!(),]))/guy

interface Token {
  readonly kind: 'word' | 'number' | 'mark'
  readonly text: string
  readonly at: number
}

/**
 * Parses an expression: signs combined with `&`, `|`, `!` and parentheses (`!` binds tightest, then `&`, then `|`), and `near(A,
 * B, n)` and `before(A, B)` or `before(A, B, n)` for signs with positions. Throws ExpressionError.
 */
export function parseExpression(source: string): Expression {
  return new Parser(tokensOf(source), source.length).whole()
}

export function signsIn(expression: Expression): Place[] {
  switch (expression.kind) {
    case 'sign':
      return [expression]
    case 'not':
      return signsIn(expression.of)
    case 'all':
    case 'any':
      return expression.of.flatMap(signsIn)
    case 'near':
    case 'before':
      return [expression.first, expression.second]
  }
}

/** Signs accepted by `counts` of which at least one must be present for the expression to hold; undefined if none is required. */
export function neededSigns(
  expression: Expression,
  counts: (sign: string) => boolean,
): readonly string[] | undefined {
  switch (expression.kind) {
    case 'sign':
      return counts(expression.name) ? [expression.name] : undefined
    case 'not':
      return undefined
    case 'all':
      return expression.of.map((part) => neededSigns(part, counts)).find((needed) => needed !== undefined)
    case 'any': {
      const parts = expression.of.map((part) => neededSigns(part, counts))
      return parts.every((needed) => needed !== undefined) ? parts.flat() : undefined
    }
    case 'near':
    case 'before': {
      const one = [expression.first, expression.second].find(({ name }) => counts(name))
      return one && [one.name]
    }
  }
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  const end = source.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex
    const match = TOKEN.exec(source)
    if (match === null) {
      const at = from + (source.slice(from).length - source.slice(from).trimStart().length)
      throw new ExpressionError(`unexpected character "${[...source.slice(at)][0]}"`, at)
    }
    const [whole, word, number, mark] = match
    const text = (word ?? number ?? mark) as string
    const kind = word !== undefined ? 'word' : number !== undefined ? 'number' : 'mark'
    tokens.push({ kind, text, at: from + whole.length - text.length })
  }
  return tokens
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #end: number
  #next = 0
  #depth = 0

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens
    this.#end = end
  }

  whole(): Expression {
    const expression = this.#any()
    const rest = this.#tokens[this.#next]
    if (rest) throw new ExpressionError(`"${rest.text}" does not belong here; expected & or |`, rest.at)
    return expression
  }

  #any(): Expression {
    return this.#joined('|', 'any', () => this.#joined('&', 'all', () => this.#single()))
  }

  #joined(mark: string, kind: 'all' | 'any', operand: () => Expression): Expression {
    const of = [operand()]
    while (this.#takes(mark)) of.push(operand())
    return of.length === 1 ? of[0]! : { kind, of }
  }

  #single(): Expression {
    if (++this.#depth > MAX_DEPTH) throw new ExpressionError(`nested deeper than ${MAX_DEPTH}`, this.#at())
    const expression = this.#operand()
    this.#depth--
    return expression
  }

  #operand(): Expression {
    if (this.#takes('!')) return { kind: 'not', of: this.#single() }
    if (this.#takes('(')) {
      const inner = this.#any()
      this.#require(')')
      return inner
    }
    const token = this.#tokens[this.#next]
    if (token?.kind !== 'word') throw this.#unexpected('a sign, !, ( , near(…) or before(…)')
    this.#next++
    if ((token.text === 'near' || token.text === 'before') && this.#takes('('))
      return this.#placed(token.text)
    return { kind: 'sign', name: token.text, at: token.at }
  }

  #placed(kind: 'near' | 'before'): Expression {
    const first = this.#place()
    this.#require(',')
    const second = this.#place()
    if (kind === 'before' && this.#takes(')')) return { kind, first, second }
    this.#require(',')
    const within = this.#distance()
    this.#require(')')
    return { kind, first, second, within }
  }

  #distance(): number {
    const token = this.#tokens[this.#next]
    const within = Number(token?.text)
    if (token?.kind !== 'number' || within > MAX_WITHIN)
      throw this.#unexpected(`a number up to ${MAX_WITHIN}`)
    this.#next++
    return within
  }

  #place(): Place {
    const token = this.#tokens[this.#next]
    if (token?.kind !== 'word') throw this.#unexpected('a sign')
    this.#next++
    return { name: token.text, at: token.at }
  }

  #takes(mark: string): boolean {
    const token = this.#tokens[this.#next]
    if (token?.kind !== 'mark' || token.text !== mark) return false
    this.#next++
    return true
  }

  #require(mark: string): void {
    if (!this.#takes(mark)) throw this.#unexpected(`"${mark}"`)
  }

  #unexpected(expected: string): ExpressionError {
    const token = this.#tokens[this.#next]
    const found = token ? `found "${token.text}"` : 'the expression ends'
    return new ExpressionError(`expected ${expected}, ${found}`, this.#at())
  }

  #at(): number {
    return this.#tokens[this.#next]?.at ?? this.#end
  }
}
