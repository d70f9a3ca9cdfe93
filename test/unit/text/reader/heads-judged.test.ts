import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { figuresOf, type HeadFigures } from '../../../../scripts/heads/figures.ts'
import { JUDGES, readTemplates } from '../../../../scripts/heads/labels.ts'
import { HEADS, type Head } from '../../../../src/domain/heads.ts'
import { fillSlots } from '../../../../src/offline/training/slots.ts'
import { loadArtifact } from '../../../../src/text/reader/artifact.ts'
import { openHeads } from '../../../../src/text/reader/heads.ts'
import { createRandom } from '../../../../src/text/reader/random.ts'
import { modelInput } from '../../../../src/text/reader/text-model.ts'

const SHIPPED = join(import.meta.dirname, '../../../../models/sms-zh/4')

describe('labels of heads', () => {
  const templates = readTemplates()

  it('are of texts of at least ten writers to learn from and two that judge', () => {
    const counts = new Map<string, number>()
    for (const { writer, heads } of templates)
      if (heads !== undefined) counts.set(writer, (counts.get(writer) ?? 0) + 1)
    const judges = JUDGES.map((writer) => counts.get(writer) ?? 0)
    expect(Math.min(...judges)).toBeGreaterThanOrEqual(150)
    expect(counts.size - judges.length).toBeGreaterThanOrEqual(10)
  })

  it('are met on the texts of the judges as the card says', () => {
    const { scores, judgedTexts } = loadArtifact(SHIPPED).card.heads as {
      scores: Record<Head, HeadFigures>
      judgedTexts: number
    }
    const heads = openHeads(SHIPPED)!
    // Other values in the slots than those of the card.
    const random = createRandom(77)
    const judged = templates.filter(({ writer, heads }) => heads !== undefined && JUDGES.includes(writer))
    expect(judged).toHaveLength(judgedTexts)
    const given = judged.map(({ text }) => {
      const { asks, tone, speaks, warns } = heads.read(modelInput(fillSlots(text, random)))
      const all: Record<Head, number> = { ...asks, ...tone, ...speaks, warns }
      return Float32Array.from(HEADS, (head) => all[head])
    })
    const truth = judged.map(({ heads }) => heads!)
    const now = figuresOf(given, given, truth)
    for (const head of HEADS) {
      expect(now[head].texts).toBe(scores[head].texts)
      expect(Math.abs(now[head].head.auc - scores[head].head.auc), head).toBeLessThan(0.05)
    }
  })
})
