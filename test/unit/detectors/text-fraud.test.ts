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
    ['高薪招公关，日结三千，有意回电', 0.67, true],
    ['帮人贴手机卡，一天800，不用技术，想干的打我电话', 0.79, true],
    ['收旧手机卡，长期要，想卖的来电', 0.7, true],
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
