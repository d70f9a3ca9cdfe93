import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadArtifact } from '../../src/text/reader/artifact.ts'
import { BACKENDS, type Backend, openBackend } from '../../src/text/reader/backend.ts'
import { modelInput, type TextModel, textModel } from '../../src/text/reader/text-model.ts'
import { goldenMessages } from '../helpers/golden-messages.ts'

const MODEL = join(import.meta.dirname, '../../models/sms-zh/4')

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
