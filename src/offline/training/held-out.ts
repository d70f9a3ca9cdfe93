import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { OWNER_ONLY } from '../../domain/owner-only.ts'
import type { Corpus } from './corpus.ts'
import { split } from './plan.ts'

/**
 * Holds out a share of every corpus that is not made of templates (near-duplicates stay together) and writes it to `dir` under
 * the corpus's file name, with the texts as published. Returns the corpora without it.
 */
export function setAside(corpora: readonly Corpus[], share: number, seed: number, dir?: string): Corpus[] {
  const texts = corpora.filter((corpus) => !corpus.templates)
  const { kept, held } = split(texts, share, seed)
  if (dir !== undefined) {
    mkdirSync(dir, { recursive: true })
    for (const { corpus, rows } of held) {
      const lines = rows.map((row) => `${row.label}\t${row.raw ?? row.text}\n`)
      writeFileSync(join(dir, basename(corpus.file)), lines.join(''), { mode: OWNER_ONLY })
    }
  }
  const rest = new Map(kept.map(({ corpus, rows }) => [corpus, rows]))
  return corpora.map((corpus) => ({ ...corpus, rows: rest.get(corpus) ?? corpus.rows }))
}
