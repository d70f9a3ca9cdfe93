import type { WordGroup } from './rules-file.ts'
import type { SignNames } from './sign-set.ts'
import { WordAutomaton } from './word-automaton.ts'

/** Use of a word: in a group, or as an exception of a group. */
interface Use {
  readonly sign: number
  readonly excepts: boolean
}

const ALTERNATIVES = /\{([^{}]*)\}/

/** Expands a listed word: `{有,没}消息{,了}` gives four words. */
export function expandWord(word: string): string[] {
  const match = ALTERNATIVES.exec(word)
  if (match === null) return [word]
  const [whole, alternatives] = match as unknown as [string, string]
  const rest = word.slice(match.index + whole.length)
  return alternatives.split(',').flatMap((one) => expandWord(word.slice(0, match.index) + one + rest))
}

/** Finds the word groups present in a text and their positions. */
export class Lexicon {
  readonly #automaton: WordAutomaton
  readonly #uses: readonly (readonly Use[])[]

  /**
   * The sign of a group is `<prefix>:<group>`. Throws a RangeError if a group refers to an unknown group or to itself, or if
   * there are too many words for a WordAutomaton.
   */
  constructor(groups: Readonly<Record<string, WordGroup>>, names: SignNames, prefix = 'words') {
    const uses = new Map<string, Use[]>()
    const add = (word: string, use: Use) => {
      const known = uses.get(word)
      if (known) known.push(use)
      else uses.set(word, [use])
    }
    for (const group of Object.keys(groups)) {
      const sign = names.idOf(`${prefix}:${group}`)
      for (const part of withGroups(group, groups)) {
        for (const word of new Set((part.list ?? []).flatMap(expandWord))) add(word, { sign, excepts: false })
        for (const word of new Set((part.except ?? []).flatMap(expandWord)))
          add(word, { sign, excepts: true })
      }
    }
    this.#automaton = new WordAutomaton([...uses.keys()])
    this.#uses = [...uses.values()]
  }

  /** The signs of all words in the text with their positions, ordered by end. */
  find(text: string): readonly FoundWord[] {
    const hits: Hit[] = []
    this.#automaton.scan(text, (word, start, end) => {
      if (hits.length >= MAX_HITS) return
      for (const { sign, excepts } of this.#uses[word]!) hits.push({ sign, excepts, start, end })
    })
    const exceptions = hits.filter(({ excepts }) => excepts).slice(0, MAX_EXCEPTIONS)
    if (exceptions.length === 0) return hits
    return hits.filter(
      (hit) => !hit.excepts && !exceptions.some((one) => one.sign === hit.sign && covers(one, hit)),
    )
  }

  /** Calls `found` with the sign of each word in the text, ignoring exceptions: faster than `find`. */
  scan(text: string, found: (sign: number) => void): void {
    this.#automaton.scan(text, (word) => {
      for (const { sign, excepts } of this.#uses[word]!) if (!excepts) found(sign)
    })
  }
}

/** Limit of hits, so that repetitive texts cost no more than this. */
const MAX_HITS = 8_192
const MAX_EXCEPTIONS = 64

/** A word group found in a text: its sign, and the position of the word in code units. */
export interface FoundWord {
  readonly sign: number
  readonly start: number
  readonly end: number
}

interface Hit extends FoundWord, Use {}

function covers(outer: Hit, inner: Hit): boolean {
  return outer.start <= inner.start && inner.end <= outer.end
}

/** The group itself and all groups it refers to, directly or indirectly. */
function withGroups(
  name: string,
  groups: Readonly<Record<string, WordGroup>>,
  above: readonly string[] = [],
): WordGroup[] {
  const group = groups[name]
  if (group === undefined) throw new RangeError(`words.${above.at(-1)}.groups: no group is called "${name}"`)
  if (above.includes(name)) throw new RangeError(`words.${name}.groups: the group contains itself`)
  return [group, ...(group.groups ?? []).flatMap((other) => withGroups(other, groups, [...above, name]))]
}
