import { describe, expect, it } from 'vitest'
import { logitsOf } from '../../../../src/offline/training/encode.ts'
import { merge } from '../../../../src/offline/training/ensemble.ts'
import { type NetworkShape, PARTS, partSize, type Weights } from '../../../../src/text/reader/network.ts'
import { createRandom } from '../../../../src/text/reader/random.ts'

const shape: NetworkShape = { rows: 16, embedding: 3, hidden: 4, labels: 2 }

function network(seed: number) {
  const random = createRandom(seed)
  const weights = Object.fromEntries(
    PARTS.map((part) => [
      part,
      Float32Array.from({ length: partSize(shape, part) }, () => random.next() - 0.5),
    ]),
  ) as unknown as Weights
  return { shape, weights }
}

describe('merged networks', () => {
  it('give the mean of the logits', () => {
    const members = [network(1), network(2), network(3)]
    const texts = { rows: Int32Array.of(0, 3, 5, 7, 15, 2), starts: Int32Array.of(0, 4, 6), bags: 1 }
    const merged = merge(members)
    expect(merged.shape).toEqual({ rows: 16, embedding: 9, hidden: 12, labels: 2 })
    const each = members.map((member) => logitsOf(member, texts))
    logitsOf(merged, texts).forEach((logit, i) => {
      const mean = each.reduce((sum, logits) => sum + (logits[i] as number), 0) / 3
      expect(logit).toBeCloseTo(mean, 5)
    })
  })

  it('weigh the logits by the shares given', () => {
    const members = [network(1), network(2)]
    const texts = { rows: Int32Array.of(0, 3, 5, 7, 15, 2), starts: Int32Array.of(0, 4, 6), bags: 1 }
    const [one, other] = members.map((member) => logitsOf(member, texts)) as [Float32Array, Float32Array]
    logitsOf(merge(members, [0.2, 0.8]), texts).forEach((logit, i) => {
      expect(logit).toBeCloseTo(0.2 * one[i]! + 0.8 * other[i]!, 5)
    })
  })

  it('of one is itself', () => {
    const one = network(4)
    expect(merge([one])).toEqual(one)
  })
})
