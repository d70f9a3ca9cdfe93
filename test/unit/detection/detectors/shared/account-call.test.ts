import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { blockDecision } from '../../../../../src/detection/detectors/brand-decision/evidence.ts'
import type { Sign } from '../../../../../src/detection/detectors/brand-decision/signs.ts'
import { forgedBrand } from '../../../../../src/detection/detectors/forged-brand.ts'
import { asksToCallAboutAccount } from '../../../../../src/detection/detectors/shared/account-call.ts'
import { SHIPPED_RULES } from '../../../../../src/detection/rules/shipped.ts'
import { readText } from '../../../../../src/text/read-text.ts'
import {
  contextOf,
  findingIn,
  registryOf,
  shippedContext,
  signatureRow,
} from '../../../../helpers/detector-fixtures.ts'

const rows = readFileSync(
  new URL('../../../../../corpus/brand-checks/hotline-copies.tsv', import.meta.url),
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
    '您已成功办理账单分期36期，手续费7,214元，未办理请立即致电021-3105 8824撤销',
    '您有一笔分期申请，若未授权请联系专员0571-8600 1234',
    '您已开通分期，未办理致电021-3105 8824',
    '您的账户变更手机号，如非本人操作请致电0571-86001234分机1',
    '您名下新增贷款，未经本人申请请拨400-117-6083',
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
    '您的按揭贷款材料未办理完，请联系支行个贷中心0571-87651234预约面签',
    '您的社保卡未申请制卡，办理请联系0571-8600 1234',
    '您的宽带未开通，安装请联系装机中心0512-6530 4418',
    '您的ETC未办理注销手续，如有疑问请咨询0571-8600 1234',
    '您的贷款合同未同意变更，请联系信贷部010-5632 0947面谈',
    '您的订单没下单成功，会员请咨询0571-8600 1234',
    '您的车险未授权查询，请联系010-6440 1873补签协议',
    '如非本人办理贷款请联系客服，2026-01-05前有效',
    '如非本人操作请联系客服，1234 号工单交易已登记',
    '您的卡消费10.5 (元)，如非本人操作请联系客服10.5 (元) 已返还',
    '会员年费100000积分，如非本人申请请联系客服，100000积分已冻结',
    '套餐变更如非本人申请请咨询客服，12-27 18:00生效',
    '如非本人登录请联系客服，2026/01/05 18:00登录于杭州',
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

  it('does not apply to the brand itself, nor with its own number in the text', () => {
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

  const PORT = '1069123412345'
  it.each([
    '【京东】您的订单已申请取消,若未操作请联系商家客服0571-86001234。',
    '【中国电信】宽带协议到期,如不同意自动续约,请联系网格经理18900000000。',
    '【中国平安】保费已扣款,退保请咨询业务员0571-86001234。',
    '【中国农业银行】您的账户已停用,恢复请联系开户网点010-66668888。',
    '【中国建设银行】您的按揭贷款材料未办理完,请联系支行个贷中心 0571-87651234 预约面签。',
    '【中国移动】您的号码即将停机，恢复请联系网格经理小李 0571-86001234。',
    '【招商银行】您的分期申请已受理，如非本人办理请联系客户经理0755-26904417。',
    '【中国工商银行】您的账户因证件过期限制交易，解除请联系开户网点：0531-86027715。',
    '【中国银行】您的电话银行因长期不用已锁定，恢复请联系支行028-87743106。',
    '【淘宝】您的订单已申请退款，若未申请请联系商家0571-86001234。',
    '【太平洋保险】您的保单即将扣款，如需延期请咨询您的业务员王女士，电话0571-86001234。',
    '【中国联通】您的副卡已停机，恢复请致电网点0571-86001234。',
    '【中国建设银行】您的贷款已申请延期，若未同意请联系您的客户经理0571-86001234。',
    '【中国邮政储蓄银行】您的账户被限制，解除请联系开户支行0371-65952218。',
    '【拼多多】您的会员订单已扣款，取消请联系商家客服0571-86001234。',
  ])('is none where a branch or an agent is to be called: %s', (text) => {
    expect(found(text, PORT)).toBeUndefined()
  })

  it.each([
    '【中国联通】您有一张副卡即将停机,如需恢复请联系所属网格经理 0571-86001234。',
    '【中国人寿】您的保单未授权自动扣款,请联系服务专员 010-66668888 办理续期缴费。',
    '【招商银行】您的账户已限制交易，解除请致电0755-26904417。',
    '【中国电信】您的宽带欠费停机，恢复请拨打0571-86001234。',
    '【中国平安】您的保费扣款异常，退保请联系服务专员010-66668888。',
    '【京东】您的订单扣款异常，取消请致电010-56320947。',
    '【中国移动】您的套餐变更已生效，如非本人办理请致电0571-86001234。',
    '【中国工商银行】您的卡已停用，恢复请联系0531-86027715。',
    '【支付宝】您的账户登录异常，如非本人操作请拨打0571-86001234。',
    '【美团】您的账户已锁定，解锁请致电010-84472019。',
    '【中国银行】您的贷款还款异常，延期请联系贷后中心028-87743106。',
    '【太平洋保险】您的保单即将失效，恢复请致电服务专员021-51083347。',
  ])('is at most for review where nothing but the call speaks against the sender: %s', (text) => {
    for (const fraud of [0.5, 0.92, 0.97]) {
      const finding = findingIn(
        forgedBrand,
        text,
        { from: PORT, label: 'fraud', score: fraud },
        shippedContext(),
      )
      expect([undefined, 'review']).toContain(finding === undefined ? undefined : (finding.cap ?? 'block'))
    }
  })

  it('counts a branch or an agent of a stranger', () => {
    const text = '【工商银行】您的卡已停用，恢复请联系开户网点0531-8602 7715。'
    expect(found(text, '13812345678')?.evidence.speaksFor).toContain('contact:account-stranger')
    expect(found(text, '106801234567', filed)?.evidence.speaksFor).toContain('contact:account-stranger')
  })

  it('may be blocked where the sender is a stranger and text or words bear it out', () => {
    const may = (...signs: Sign[]) => {
      const shown = SHIPPED_RULES.with('', ['claim:signature', 'contact:landline', ...signs])
      return blockDecision('FORGED_BRAND', { shown, certaintyToBlock: 1 }, 0).cap.cap === undefined
    }
    expect(may('contact:account-stranger', 'sender:mobile', 'text:10-30%', 'wording:2-12%')).toBe(true)
    expect(may('contact:account-stranger', 'sender:mobile', 'text:2-10%', 'wording:27-50%')).toBe(true)
    expect(may('contact:account-stranger', 'sender:mobile', 'text:2-10%', 'wording:12-27%')).toBe(false)
    expect(may('contact:account', 'sender:port', 'text:10-30%', 'wording:27-50%')).toBe(false)
  })
})
