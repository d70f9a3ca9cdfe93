import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WordAutomaton } from '../../../../src/detection/rules/word-automaton.ts'

type Hit = readonly [word: string, start: number]

function hitsOf(words: readonly string[], text: string): Hit[] {
  const hits: Hit[] = []
  new WordAutomaton(words).scan(text, (word, start, end) => {
    expect(text.slice(start, end)).toBe(words[word])
    hits.push([words[word]!, start])
  })
  return hits
}

/** Every occurrence, looked for word by word. */
function everyOccurrence(words: readonly string[], text: string): Hit[] {
  return words.flatMap((word) =>
    [...text].length === 0
      ? []
      : Array.from({ length: text.length }, (_, at) => at).flatMap((at) =>
          text.startsWith(word, at) ? [[word, at] as const] : [],
        ),
  )
}

const inOrder = (hits: readonly Hit[]) => hits.map(([word, at]) => `${at} ${word}`).toSorted()

describe('WordAutomaton', () => {
  it('finds words that overlap and words within words', () => {
    expect(inOrder(hitsOf(['退款', '款项', '退款项目', '项'], '您的退款项目已到'))).toEqual(
      inOrder([
        ['退款', 2],
        ['款项', 3],
        ['项', 4],
        ['退款项目', 2],
      ]),
    )
  })

  it('finds nothing in an empty text, and nothing without words', () => {
    expect(hitsOf(['a'], '')).toEqual([])
    expect(hitsOf([], 'abc')).toEqual([])
  })

  it('finds what looking for each word by itself finds', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '款', '退', '\ud83d'), maxLength: 40 })
    const words = fc.uniqueArray(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', '款', '退'), minLength: 1, maxLength: 5 }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(words, letters, (list, text) => {
        expect(inOrder(hitsOf(list, text))).toEqual(inOrder(everyOccurrence(list, text)))
      }),
      { numRuns: 2_000 },
    )
  })

  it('says when the words are too many', () => {
    const words = Array.from({ length: 33_000 }, (_, i) =>
      String.fromCharCode(0x4e00 + (i >> 8), 0x100 + (i & 255)),
    )
    expect(() => new WordAutomaton(words)).toThrow(RangeError)
  })
})
