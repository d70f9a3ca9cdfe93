import { describe, expect, it } from 'vitest'
import { textFraud } from '../../../src/detectors/text-fraud.ts'
import { findingIn } from '../../helpers/detector-fixtures.ts'
import { maliciousTextSuite } from '../../helpers/malicious-text-suite.ts'

describe('TEXT_FRAUD', () => {
  maliciousTextSuite(textFraud, 'fraud', 'illicit')

  it.each<[string, number, boolean]>([
    ['嗨，我是阿芸，换号了，这是新号，存一下哈', 0.7, false],
    ['Hi, this is Anna, got a new number. See you on Monday', 0.7, false],
    ['嗨，我是阿芸，换号了，这是新号，存一下哈', 0.97, true],
    ['嗨，我是阿芸，换号了，加我新微信 ay88213', 0.7, true],
    ['嗨，我是阿芸，换号了，先转我2000到卡 6217002340011223344', 0.7, true],
  ])(
    'of a private mobile that leads nowhere a doubtful text is none: %s (%d): %s',
    (text, score, expected) => {
      const finding = findingIn(textFraud, text, { from: '13812345678', label: 'fraud', score })
      expect(finding !== undefined).toBe(expected)
    },
  )
})
