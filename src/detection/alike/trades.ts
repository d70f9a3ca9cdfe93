import type { Sketch } from '../../domain/sketch.ts'
import { readText } from '../../text/read-text.ts'
import type { Sketcher } from '../../text/sketch.ts'
import { likenessTo } from './centres.ts'

/** config/trades.yaml */
export interface TradesFile {
  /** Texts used by enterprises of any trade. */
  readonly general: readonly string[]
  readonly trades: Readonly<
    Record<string, { readonly names: readonly string[]; readonly says: readonly string[] }>
  >
}

/** Known trades, recognised by names of enterprises and by the wording of advertisements. */
export class Trades {
  readonly #words: readonly (readonly [word: string, trade: string])[]
  readonly #general: readonly Sketch[]
  readonly #special: readonly Sketch[]

  constructor({ general, trades }: TradesFile, sketcher: Sketcher) {
    const sketches = (texts: readonly string[]) =>
      texts.flatMap((text) => sketcher.sketch(readText(text)) ?? [])
    this.#words = Object.entries(trades).flatMap(([trade, { names }]) =>
      names.map((word) => [word, trade] as const),
    )
    this.#general = sketches(general)
    this.#special = sketches(Object.values(trades).flatMap(({ says }) => says))
  }

  /** The trade whose word ends last in the name, since the end states the kind of enterprise; the longest of equal ones. */
  ofName(name: string): string | undefined {
    let found: string | undefined
    let [end, length] = [-1, 0]
    for (const [word, trade] of this.#words) {
      const at = name.lastIndexOf(word)
      if (at < 0 || at + word.length < end || (at + word.length === end && word.length <= length)) continue
      found = trade
      end = at + word.length
      length = word.length
    }
    return found
  }

  /** Whether a text is generic, whatever the enterprise sells. */
  isGeneral(vector: Float32Array): boolean {
    const most = (sketches: readonly Sketch[]) =>
      sketches.reduce((most, sketch) => Math.max(most, likenessTo(vector, sketch)), -1)
    return most(this.#general) > most(this.#special)
  }
}
