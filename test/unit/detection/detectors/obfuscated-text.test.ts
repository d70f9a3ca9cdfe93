import { describe, expect, it } from 'vitest'
import { obfuscatedText } from '../../../../src/detection/detectors/obfuscated-text.ts'
import { detect, findingIn, messageOf, shippedContext } from '../../../helpers/detector-fixtures.ts'

describe('OBFUSCATED_TEXT', () => {
  const folded = (count: number, length: number) => {
    const message = messageOf('a'.repeat(length))
    const normalised = { ...message.normalised, folded: count, folds: { glyph: count } }
    return detect(obfuscatedText, { ...message, normalised }, shippedContext())
  }
  it('fires from the limits of the policy on', () => {
    expect(folded(3, 60)).toMatchObject({ score: 0.5, evidence: { folded: 3, length: 60, share: 0.05 } })
    expect(folded(20, 40)?.score).toBe(1)
  })
  it('not below them, nor on an empty text', () => {
    expect(folded(2, 10)).toBeUndefined()
    expect(folded(3, 100)).toBeUndefined()
    expect(folded(0, 0)).toBeUndefined()
  })
  it('reads a text of the kind', () => {
    const text = '办-理=贷*款，加徽亻言 abc123 咨徇'
    expect(findingIn(obfuscatedText, text)).toMatchObject({ code: 'OBFUSCATED_TEXT' })
    expect(findingIn(obfuscatedText, '【京东】您的包裹已送达，请及时取件。')).toBeUndefined()
  })
})
