import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { heldScores, scoreHistogram } from '../../../../src/offline/training/held-texts.ts'
import { loadArtifact } from '../../../../src/text/reader/artifact.ts'

const LABELS = ['weather', 'food']

describe('the histogram of held-out scores', () => {
  it('counts each text under its likeliest label, by the score of that label in ten steps', () => {
    const p = Float32Array.from([0.93, 0.07, 0.55, 0.45, 0, 1, 0.5, 0.5, 0.2, 0.8])
    expect(scoreHistogram(LABELS, p)).toEqual({
      weather: [0, 0, 0, 0, 0, 2, 0, 0, 0, 1],
      food: [0, 0, 0, 0, 0, 0, 0, 0, 1, 1],
    })
  })

  it('stands among the scores of a card', () => {
    const scores = heldScores(LABELS, [0, 1], Float32Array.from([0.95, 0.05, 0.25, 0.75]))
    expect(scores.histogram).toEqual({
      weather: [0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      food: [0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
    })
    expect(heldScores(LABELS, [], new Float32Array())).toEqual({})
  })

  it('is on the card of the newest shipped model, of all its held-out texts', () => {
    const models = join(import.meta.dirname, '../../../../models/sms-zh')
    const newest = readdirSync(models).sort((a, b) => Number(b) - Number(a))[0]!
    const { labels, scores } = loadArtifact(join(models, newest)).card
    const histogram = scores.histogram as Record<string, number[]>
    expect(Object.keys(histogram)).toEqual(labels)
    for (const steps of Object.values(histogram)) expect(steps).toHaveLength(10)
    const texts = Object.values(histogram).flat()
    expect(texts.reduce((sum, n) => sum + n, 0)).toBe(scores.heldOutTexts)
  })
})
