import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { mayBlock } from '../../../../src/detectors/brand-decision/decision.ts'
import type { Sign } from '../../../../src/detectors/brand-decision/signs.ts'
import { forgedBrand } from '../../../../src/detectors/forged-brand.ts'
import { asksToCallAboutAccount } from '../../../../src/detectors/shared/account-call.ts'
import { readText } from '../../../../src/text/read-text.ts'
import {
  contextOf,
  findingIn,
  registryOf,
  shippedContext,
  signatureRow,
} from '../../../helpers/detector-fixtures.ts'

const rows = readFileSync(
  new URL('../../../../corpus/brand-checks/hotline-copies.tsv', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t') as [kind: string, sender: string, brand: string, text: string])
const asks = (text: string) => asksToCallAboutAccount(readText(text).normalised.text)

describe('asksToCallAboutAccount', () => {
  it.each([
    '您尾号3308的卡于06:41在线消费4,999.00元，如非本人操作请致电400-117-6083核实',
    '您的账户今日登录新设备，非本人请致电0755-2690 4417',
    '您申请的境外支付功能已开通，若不是您本人，请拨打010-6097 3381',
    '检测到您的银行卡存在异常代扣协议，解约请拨打400-9921-063',
    '会员将按年扣费998元，取消请致电4000-815-226',
    "A payment of $649.99 is pending. Wasn't you? Call +1 (888) 204-7716",
    'iPhone order placed. If you did not authorize this call 1-855-310-4472',
  ])('yes: %s', (text) => expect(asks(text)).toBe(true))

  it.each([
    '您预约的大额取现已登记，请到经六路支行办理，网点电话0531-8602 7715',
    '住房贷款资料尚缺收入证明，请补交至城东支行，联系电话0571-8820 6643',
    '解放路网点因装修暂停营业，业务可到人民路网点办理，电话0371-6595 2218',
    '大件预约成功，如需改期请致电配送站010-5632 0947',
    '宽带移机安装时间为周六上午，如需改期请致电0512-6530 4418',
    '酒店确认：6月8日入住，酒店电话0571-8703 2266，到店报姓名',
    '您的快件因地址不详无法派送，请联系网点0769-2280 4415补充地址',
    '您的爱车违停，请立即驶离。如有疑问可致电交警大队0571-8728 3340',
    '合同纠纷一案定于6月20日开庭，书记员电话020-8319 7726',
    '计划停电检修，供电所值班电话0574-8736 1205',
    '您报修的空调已派单，网点电话0755-2218 9034，师傅上门请核对工牌',
    '您的存单将于6月20日到期，到期自动转存。如需支取请联系开户网点：025-8471 3302',
    '售后单已审核通过，请将商品寄回，收货人售后组，电话021-6928 1175',
    '您有一笔消费500元，如非本人操作请联系发卡行',
    '您的手机号6月账单87.50元，如有疑问请拨10086',
  ])('no: %s', (text) => expect(asks(text)).toBe(false))
})

describe('FORGED_BRAND of a notice with another number to call', () => {
  const COPY = '【工商银行】您尾号3308的卡在线消费4,999.00元，如非本人操作请致电400-117-6083核实。'
  const filed = contextOf(
    registryOf({ signatures: [signatureRow('工商银行', ['1069012345*'], { brand: 'icbc' })] }),
  )
  const found = (text: string, from: string, context = shippedContext()) =>
    findingIn(forgedBrand, text, { from, score: 0.98 }, context)

  it('is found from any sender that is not the brand, however harmless it reads', () => {
    for (const from of ['106801234567', '13812345678', '85261234567'])
      expect(found(COPY, from)?.evidence.speaksFor, from).toContainEqual(
        expect.stringMatching(/^contact:account/),
      )
    expect(found(COPY, '106801234567', filed)?.evidence.speaksFor).toContain('contact:account-stranger')
  })

  it('is none from the brand, nor with its own number beside', () => {
    expect(found(COPY, '106901234501', filed)).toBeUndefined()
    expect(found(COPY, '95588')).toBeUndefined()
    expect(found(COPY.replace('400-117-6083', '95588'), '106801234567')).toBeUndefined()
    expect(found(COPY.replace('核实', '，也可致电95588'), '106801234567')).toBeUndefined()
  })

  it('finds no lawful message of the checks', () => {
    const lawful = rows.filter(([kind]) => kind === 'lawful')
    expect(lawful.length).toBeGreaterThan(60)
    const from = { own: '106901234501', platform: '106550012345', mobile: '13812345678' } as Record<
      string,
      string
    >
    for (const [, sender, , text] of lawful)
      expect(found(text, from[sender] ?? '02162345678'), text).toBeUndefined()
  })

  it('may be blocked where the sender is a stranger and text or words bear it out', () => {
    const may = (...signs: Sign[]) => mayBlock(['contact:landline', ...signs])
    expect(may('contact:account-stranger', 'sender:mobile', 'text:10-30%', 'wording:2-12%')).toBe(true)
    expect(may('contact:account-stranger', 'sender:mobile', 'text:2-10%', 'wording:27-50%')).toBe(true)
    expect(may('contact:account-stranger', 'sender:mobile', 'text:2-10%', 'wording:12-27%')).toBe(false)
    expect(may('contact:account', 'sender:port', 'text:10-30%', 'wording:27-50%')).toBe(false)
  })
})
