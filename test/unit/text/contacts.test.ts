import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractContacts } from '../../../src/text/contacts.ts'
import { normalise } from '../../../src/text/normalise.ts'
import { extractUrls } from '../../helpers/extract-urls.ts'

const of = (text: string) => extractContacts(normalise(text), text, extractUrls(text))
const values = (text: string) => of(text).map((c) => `${c.kind}:${c.value}`)

describe('extractContacts', () => {
  it.each([
    ['电话13800138000', 'mobile:13800138000'],
    ['找138-0013-8000王经理', 'mobile:13800138000'],
    ['１３８ ００１３ ８０００', 'mobile:13800138000'],
    ['一三八零零一三八零零零', 'mobile:13800138000'],
    ['+86 13800138000', 'mobile:13800138000'],
    ['0086-138-0013-8000', 'mobile:13800138000'],
    ['详询0376-3309999', 'landline:03763309999'],
    ['(010)82345678', 'landline:01082345678'],
    ['01082345678转801', 'landline:01082345678'],
    ['热线84616949', 'landline:84616949'],
    ['如有疑问请致电95533', 'hotline:95533'],
    ['客服热线：95588', 'hotline:95588'],
    ['请拨打12345', 'hotline:12345'],
    ['可咨询10086', 'hotline:10086'],
    ['400-080-1234', 'hotline:4000801234'],
    ['致电4001234567', 'hotline:4001234567'],
    ['00852-0000-3312', 'overseas:85200003312'],
    ['+852 1234 5678', 'overseas:85212345678'],
    ['+1 (650) 555-1234', 'overseas:16505551234'],
    ['QQ:750500123', 'qq:750500123'],
    ['加Q群：232583564', 'qq:232583564'],
    ['扣扣 0071 26', 'qq:007126'],
    ['Ｑ：０００７ ７１２３', 'qq:00077123'],
    ['➕企鹅〇〇九一八七', 'qq:009187'],
    ['加威信bk520', 'wechat:bk520'],
    ['VX：abc-123', 'wechat:abc-123'],
    ['微信号：abcdef', 'wechat:abcdef'],
    ['薇♥️mm1', 'wechat:mm1'],
    ['伽薇ygd03', 'wechat:ygd03'],
    ['TG:@abc_bot', 'telegram:abc_bot'],
    ['纸飞机 @hz0', 'telegram:hz0'],
    ['进 https://t.me/Foo_Bar', 'telegram:foo_bar'],
    ['Call 09061221066 now', 'landline:09061221066'],
    ['客服热线95511-2', 'hotline:95511'],
    ['请致电95338-7咨询', 'hotline:95338'],
    ['客服电话95511(24小时)', 'hotline:95511'],
    ['服务热线950618（9:00-18:00）', 'hotline:950618'],
    ['致电10086-3', 'hotline:10086'],
    ['客服400-820-8820转3', 'hotline:4008208820'],
    ['客服400-820-8820-1', 'hotline:4008208820'],
    ['电话4008208820-12', 'hotline:4008208820'],
    ['网点电话0755-83776688-1', 'landline:075583776688'],
    ['网点电话021-53395288(8:30-17:00)', 'landline:02153395288'],
    ['客服Q 3 5 5 7 0 8 1 2 9 4', 'qq:3557081294'],
    ['加Q 917 3042 66 ,抢不到双倍退', 'qq:917304266'],
    ['群号 8 9 1 4 4 7 2 0 7', 'qq:891447207'],
    ['微:pd_jinan', 'wechat:pd_jinan'],
    ['薇 ms_zhai', 'wechat:ms_zhai'],
    ['微 X: xm_yp6621', 'wechat:xm_yp6621'],
    ['企微 hxzq-77', 'wechat:hxzq-77'],
    ['加賴 fubon8866', 'line:fubon8866'],
    ['LINE：@shp_kf21', 'line:shp_kf21'],
    ['Tele: ks_mama18', 'telegram:ks_mama18'],
    ['call 833-555-0184 now', 'overseas:18335550184'],
    ['our team (213) 555-0188 will call', 'overseas:12135550188'],
    ['Dial 0161 394 0027 to stop it', 'overseas:441613940027'],
    ['請洽客服 0912-770-418', 'overseas:886912770418'],
    ['拨打400-820-8788 8:00-20:00', 'hotline:4008208788'],
    ['如有疑问请拨打95588 2026年5月', 'hotline:95588'],
    ['取消请致电 400-0518-7742 人工座席', 'hotline:40005187742'],
    ['请拨 950 1388 0417 转 2', 'hotline:95013880417'],
    ['人工 https://wa.me/85267710042', 'overseas:85267710042'],
    ['https://api.whatsapp.com/send?phone=85267710042', 'overseas:85267710042'],
    ['加我 https://line.me/ti/p/~abcd', 'line:~abcd'],
    ['进群 https://u.wechat.com/abcdE', 'wechat:abcde'],
  ])('%s holds %s', (text, contact) => expect(values(text)).toEqual([contact]))

  it('is not led astray by other numbers', () => {
    for (const text of [
      '订单号13800138000已发货',
      '尾号1234金额10086元，余额95588.00元',
      '2026-11-25 10:30 3.14 20261125',
      '138****5678',
      '运单SF1380013800012',
      '身份证110101199003070000',
      '验证码95533，请勿泄露',
      '您有95533积分，前12345名有礼',
      '4000000000元大奖',
      '订单 40005187742 已发货，95013880417 积分',
      'https://wa.me/ https://line.me/ https://u.wechat.com/',
      '6222 0213 8001 3800 000',
      '微信支付成功，微信公众号，QQ音乐，qq邮箱',
      '飞机票，企鹅公园，加一分，VIP会员',
      '100%',
      '微笑服务，微店优惠，薇娅推荐，online: shop，hotline',
      'Q3 季度报告，Q 版玩偶 3 个',
      '共 123-456-7890 件',
      '请联系服务器45.78.90.12',
      '客服主机 203.107.45.167 维护',
    ]) {
      expect(values(text), text).toEqual([])
    }
  })

  it('takes several numbers side by side', () => {
    expect(values('电话13800138000 13900139000、010-82345678')).toEqual([
      'mobile:13800138000',
      'mobile:13900139000',
      'landline:01082345678',
    ])
  })

  it('ignores numbers inside links and names each contact once', () => {
    expect(values('http://a.com/13800138000 13900139000 13900139000')).toEqual(['mobile:13900139000'])
  })

  it('leads back to what was written', () => {
    const text = '【某店】请加 徽亻言：ab１２c 或打１３８-００１３-８０００吧'
    const spans = of(text).map(({ span }) => text.slice(span.start, span.end))
    expect(spans).toEqual(['ab１２c', '１３８-００１３-８０００'])
  })

  it('finds at most 10, inside the text, and is linear', () => {
    const many = Array.from({ length: 30 }, (_, i) => `138001380${10 + i}`).join('，')
    expect(of(many)).toHaveLength(10)
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '1',
            '38',
            '00',
            '-',
            ' ',
            '电话',
            'qq',
            '微信',
            ':',
            'ab',
            '+',
            '(',
            '.',
            '@',
            'v',
            '😀',
            '元',
          ),
          { maxLength: 40 },
        ),
        (parts) => {
          const text = parts.join('')
          for (const { span } of of(text)) {
            expect(span.start).toBeLessThan(span.end)
            expect(span.end).toBeLessThanOrEqual(text.length)
          }
        },
      ),
      { numRuns: 500 },
    )
    const began = performance.now()
    for (const part of ['1 ', '138', 'qq ', '微信', '1-', '电话1']) of(part.repeat(20_000))
    expect(performance.now() - began).toBeLessThan(3000)
  })
})
