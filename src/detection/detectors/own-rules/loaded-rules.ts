import type { Change } from '../../../domain/change.ts'
import type { OwnCode } from '../../../domain/codes.ts'
import type { MessageContext } from '../../../domain/detector.ts'
import type { AnalysedMessage } from '../../../domain/message.ts'
import type { CodePolicy, OwnRules } from '../../../domain/policy.ts'
import type { RuleSet } from '../../rules/rule-set.ts'
import { SHIPPED_RULES } from '../../rules/shipped.ts'
import type { OwnRow } from './row.ts'

const NONE: readonly never[] = []

export class LoadedRules implements OwnRules {
  readonly hash: string
  readonly content: unknown
  readonly change?: Change
  readonly codes: ReadonlyMap<OwnCode, CodePolicy>
  readonly rules: RuleSet
  readonly rows: readonly OwnRow[]
  /** Indices of rows by the word sign they need, and of rows that need none. */
  readonly #needing = new Map<number, number[]>()
  readonly #always: readonly number[]
  /** Whether a word contains a digit: then texts that differ in numbers cannot share results. */
  readonly #readsNumbers: boolean

  constructor(
    of: Pick<OwnRules, 'hash' | 'content' | 'codes'> & { readonly change?: Change },
    rules: RuleSet,
    rows: readonly OwnRow[],
    readsNumbers: boolean,
  ) {
    this.#readsNumbers = readsNumbers
    this.hash = of.hash
    this.content = of.content
    this.codes = of.codes
    if (of.change) this.change = of.change
    this.rules = rules
    this.rows = rows
    this.#always = [...rows.keys()].filter((index) => rows[index]!.needs === undefined)
    for (const [index, { needs = [] }] of rows.entries())
      for (const sign of needs) this.#needing.set(sign, [...(this.#needing.get(sign) ?? []), index])
  }

  /** Rows that may apply to a message by its words, in order; computed once for all texts that are alike. */
  candidates({ memo, normalised }: Pick<AnalysedMessage, 'memo' | 'normalised'>): readonly OwnRow[] {
    const shared = this.#readsNumbers ? memo : (memo.alike ?? memo)
    if (shared.own?.by !== this) shared.own = { by: this, rows: this.#candidatesIn(normalised.text) }
    return shared.own.rows as readonly OwnRow[]
  }

  /** One pass over the text. */
  #candidatesIn(text: string): readonly OwnRow[] {
    let found: Set<number> | undefined
    this.rules.scan(text, (sign) => {
      for (const index of this.#needing.get(sign) ?? NONE) {
        found ??= new Set(this.#always)
        found.add(index)
      }
    })
    if (found === undefined) return this.#always.length === 0 ? NONE : this.#always.map((i) => this.rows[i]!)
    return [...found].sort((a, b) => a - b).map((index) => this.rows[index]!)
  }
}

/** The rules for judging messages: the shipped ones, or these combined with an operator's. */
export function rulesOf({ own }: Pick<MessageContext, 'own'>): RuleSet {
  return own instanceof LoadedRules ? own.rules : SHIPPED_RULES
}
