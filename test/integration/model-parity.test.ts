import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadArtifact } from '../../src/model/artifact.ts'
import { BACKENDS, type Backend, openBackend } from '../../src/model/backend.ts'
import { createRandom } from '../../src/model/random.ts'
import { modelInput, type TextModel, textModel } from '../../src/model/text-model.ts'
import { readCorpus } from '../../src/model/training/corpus.ts'
import { obfuscate } from '../../src/model/training/obfuscate.ts'
import { fillSlots } from '../../src/model/training/slots.ts'

const HANDS = join(import.meta.dirname, '../../corpus/hands')
const MODEL = join(import.meta.dirname, '../../models/sms-zh/1')

/** 1,000 messages of every label and length, a fifth of them obfuscated. */
function goldenMessages(): string[] {
  const random = createRandom(2026)
  const templates = readdirSync(HANDS)
    .filter((file) => file.endsWith('.tsv'))
    .sort()
    .flatMap((file) => readCorpus(join(HANDS, file)).rows)
  return Array.from({ length: 1000 }, (_, i) => {
    const text = fillSlots(random.pick(templates).text, random)
    if (i % 100 === 0) return text.repeat(8)
    return i % 5 === 0 ? obfuscate(text, random) : text
  })
}

const inputs = goldenMessages().map(modelInput)
const models = new Map<Backend, TextModel>()
const absent: string[] = []

beforeAll(async () => {
  const artifact = loadArtifact(MODEL)
  for (const backend of BACKENDS) {
    try {
      models.set(backend, textModel(artifact, await openBackend(backend, () => {})))
    } catch (error) {
      absent.push(`${backend}: ${(error as Error).message}`)
    }
  }
})
afterAll(() => {
  for (const model of models.values()) model.close()
})

describe('the backends', () => {
  it('are wasm and cpu everywhere, native where it is installed', () => {
    expect([...models.keys()]).toEqual(expect.arrayContaining(['wasm', 'cpu']))
    // Absent for a reason that names the package, not for a fault of ours.
    for (const reason of absent) expect(reason).toMatch(/tfjs-node|tfjs_binding/)
  })

  it('score 1,000 messages alike within 1e-4', () => {
    const reference = (models.get('cpu') as TextModel).score(inputs)
    for (const [backend, model] of models) {
      const scores = model.score(inputs)
      let worst = 0
      scores.forEach((score, i) => {
        worst = Math.max(worst, Math.abs(score - (reference[i] as number)))
      })
      expect(worst, backend).toBeLessThan(1e-4)
    }
  })

  it('score a message the same in any company', () => {
    for (const [backend, model] of models) {
      const together = model.score(inputs)
      for (const i of [0, 127, 128, 500, 999]) {
        const alone = model.score([inputs[i]!])
        alone.forEach((score, k) => {
          expect(Math.abs(score - (together[i * alone.length + k] as number)), backend).toBeLessThan(1e-5)
        })
      }
    }
  })
})
