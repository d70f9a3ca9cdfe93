import { describe, expect, it } from 'vitest'
import { textFraud } from '../../../../src/detection/detectors/text-fraud.ts'
import { findingIn } from '../../../helpers/detector-fixtures.ts'
import { maliciousTextSuite } from '../../../helpers/malicious-text-suite.ts'

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

  it.each<[string, number, boolean]>([
    ['昨晚火锅一共396，四个人AA，收款码我发群里了', 0.85, false],
    ['露营的帐篷钱每人收120，多退少补，收款码在群公告，不急', 0.85, false],
    ['烧烤食材我先垫了，人均68，收款码贴群里，没空的见面给现金', 0.85, false],
    ['毕业旅行的车费每家250，收款码在群里，带现金也行。孙老师', 0.85, false],
    ['昨晚火锅一共396，四个人AA，收款码我发群里了', 0.97, true],
    ['每人交班费368，收款码在群里，我换号了，先别打电话', 0.85, true],
    ['中奖名单已出，每人先交120手续费，收款码在群里', 0.85, true],
    ['刷单任务每人垫付200，收款码在群里，做完返现', 0.85, true],
    ['每人先交200押金，加微信 hd_66021 发收款码', 0.85, true],
    ['把学费转到这个收款码，今天截止', 0.85, true],
  ])(
    'of a mobile that shares a bill among people it is only what is sure: %s (%d): %s',
    (text, score, expected) => {
      const finding = findingIn(textFraud, text, { from: '13812345678', label: 'fraud', score })
      expect(finding !== undefined).toBe(expected)
    },
  )
})
