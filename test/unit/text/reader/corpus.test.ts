import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LABELS } from '../../../../src/domain/labels.ts'
import { readCorpus } from '../../../../src/offline/training/corpus.ts'

const WRITERS = join(import.meta.dirname, '../../../../corpus/writers')
const writers = readdirSync(WRITERS)
  .filter((file) => file.endsWith('.tsv'))
  .sort()
  .map((file) => readCorpus(join(WRITERS, file)))
const rows = writers.flatMap((writer) =>
  writer.rows.map((row) => ({ ...row, at: `${writer.name}:${row.line}` })),
)

const MINIMUM = {
  notice: 900,
  marketing: 700,
  personal: 300,
  finance: 350,
  fraud: 500,
  illicit: 250,
} as const

/** 3-grams of the text between the slots, without white space. */
function grams(text: string): Set<string> {
  const set = new Set<string>()
  for (const part of text
    .replace(/\{[a-z]+\}/g, '\0')
    .replace(/\s+/g, '')
    .toLowerCase()
    .split('\0')) {
    const characters = [...part]
    for (let i = 0; i + 3 <= characters.length; i++) set.add(characters.slice(i, i + 3).join(''))
  }
  return set
}

describe('the corpus of templates', () => {
  it('comes from at least eight writers', () => {
    expect(writers.length).toBeGreaterThanOrEqual(8)
  })

  it('uses the six labels and nothing else', () => {
    expect([...new Set(rows.map((row) => row.label))].sort()).toEqual([...LABELS].sort())
  })

  it.each(Object.entries(MINIMUM))('holds enough messages labelled %s', (label, minimum) => {
    expect(rows.filter((row) => row.label === label).length).toBeGreaterThanOrEqual(minimum)
  })

  it('has no two messages that share more than half of the 3-grams of the smaller', () => {
    const sets = rows.map((row) => grams(row.text))
    const postings = new Map<string, number[]>()
    const near: string[] = []
    for (const [i, set] of sets.entries()) {
      const shared = new Map<number, number>()
      for (const gram of set) {
        const before = postings.get(gram) ?? []
        for (const j of before) shared.set(j, (shared.get(j) ?? 0) + 1)
        before.push(i)
        postings.set(gram, before)
      }
      for (const [j, count] of shared) {
        if (count > 0.5 * Math.min(set.size, sets[j]!.size)) near.push(`${rows[i]!.at} ~ ${rows[j]!.at}`)
      }
    }
    expect(near).toEqual([])
  })

  it('has no message twice', () => {
    const seen = new Set<string>()
    const twice = rows.filter(({ text }) => {
      const key = text.replace(/\s+/g, '').toLowerCase()
      return seen.has(key) || !seen.add(key)
    })
    expect(twice.map((row) => row.at)).toEqual([])
  })
})
