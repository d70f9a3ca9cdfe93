import { describe, expect, it } from 'vitest'
import { forgedBrand } from '../../../../src/detection/detectors/forged-brand.ts'
import {
  contextOf,
  findingIn,
  type MessageOptions,
  registryOf,
  shippedContext,
  signatureRow,
} from '../../../helpers/detector-fixtures.ts'

const shipped = shippedContext()
const filed = contextOf(
  registryOf({
    signatures: [
      signatureRow('京东', ['1069012345*'], { brand: 'jd' }),
      signatureRow('京东物流', ['1069055*'], { brand: 'jd' }),
      signatureRow('某某旗舰店', ['10690777*']),
      signatureRow('顺丰速运', ['10690888*']),
      signatureRow('招商银行', []),
    ],
  }),
)
const OWN = '106901234501'
const forged = (text: string, options: MessageOptions = {}, context = shipped) =>
  findingIn(forgedBrand, text, options, context)

describe('FORGED_BRAND with the shipped brand list', () => {
  it.each<[string, MessageOptions]>([
    ['【京东】您的订单异常已被冻结，请点击 jd-refund.com 办理退款', {}],
    ['【京东】您的包裹已送达，取件码1234，详情 kd56-s.cn/ab', {}],
    ['【京东】您购买的商品有质量问题，退款请联系客服QQ：2938471023', {}],
    ['京东客服：您的订单支付失败，请登录 http://jd.tk-ok.com 重新支付', {}],
    ['我是京东金融客服，您的白条账户需要注销，否则影响征信，请加QQ 2938471023', { from: '17012345678' }],
    ['【JD京东客服】退款通道 http://t-refund.top/a', {}],
    ['尊敬的建行客户：您的账户积分即将过期，请登录 ccb-jf.top 兑换现金【建设银行】', { from: '95533' }],
    [
      '尊敬的招商银行用户，您的积分已满8000，请登录 www.cmbcj.com 兑换',
      { label: 'fraud', from: '17012345678' },
    ],
    ['【支付宝】您的账户存在风险，请添加微信 zfb_kf88 处理，否则冻结', {}],
    ['【京东】您的京东E卡余额到账，查看 https://www.jd.com.pay-e.cn/a', { label: 'marketing' }],
    ['支付宝提醒您：账户存在风险，请立即访问 zfb-aq.com 验证', {}],
    ['您的顺丰快递丢失，理赔请加QQ：2938471023', { label: 'fraud', from: '17012345678' }],
    ['【亰东商城】您购买的电饭锅缺货，请联系售后QQ 2938471023办理退款', { label: 'fraud' }],
    ['【建设银行】您的手机银行今日到期，请登录我行网站 www.ccb-sjk8.me 更新', { from: '85261234567' }],
    ['【美团】您的骑手账户已开通代扣，月费299元，取消请联系人工 0755-2691 3308', { from: '13811112222' }],
  ])('%s', (text, options) => {
    expect(forged(text, options)).toMatchObject({ code: 'FORGED_BRAND' })
  })

  it.each<[string, MessageOptions]>([
    ['【京东】您的订单已发货，查看 https://item.jd.com/100.html', {}],
    ['【京东】您的订单已发货，查看 https://jd-app.com/a', {}],
    ['UPS alarm: power lost at DC1. http://10.0.0.9/ups', { label: 'fraud', score: 0.95 }],
    ['【顺丰速运】查看快件 https://ucmp.sf-cityrush.com/x', {}],
    ['【某商户】支付 https://open.alipay-eco.com/x', {}],
    ['【招商银行】您尾号1234的信用卡账单已出，详情 https://t.cn/abc', {}],
    ['【顺丰速运】您的快件由快递员李四 13812345678 派送，取件码 1234', {}],
    ['【顺丰速运】您的快件已由丰巢代收，取件码123456，https://s.fcbox.com/x', {}],
    ['【平安产险】您的理赔案件由查勘员李四 13812345678 处理', {}],
    ['【京东某某旗舰店】双11大促，京东搜索某某旗舰店 https://mmqj.com/a 拒收回R', { label: 'marketing' }],
    ['【某某电器】支持支付宝付款，地址：南京东路100号，电话 021-62345678 退订回T', { label: 'marketing' }],
    ['【公安反诈】近期有人冒充京东客服以注销白条为由诈骗，请勿相信，咨询96110', {}],
    ['【京东】谨防诈骗：京东客服不会以注销白条为由索要验证码', {}],
    ['在淘宝店下单的衣服到了，明天帮我拿一下 13812345678', { label: 'personal', from: '13811112222' }],
    ['【某商城】您的微信支付订单已退款，详情 https://shop-mm.com/o', {}],
    ['【阿里云】域名 qinghe-studio.cn 15天后到期，请在控制台续费', {}],
    ['【阿里云】您的网站 qinghe-studio.cn 备案信息待核验，请登录控制台办理', {}],
    ['【阿里云】您的服务器公网IP（47.98.131.16）对外攻击，请24小时内整改', { label: 'fraud' }],
    ['【国家医保局】办事请登录 https://fuwu.nhsa.gov.cn', {}],
    ['【电子社保卡】认证请登录 https://rsj.example-city.gov.cn', {}],
    ['【京东】您的验证码是1234', {}],
    ['', {}],
    ['】【【】', {}],
  ])('not: %s', (text, options) => {
    expect(forged(text, options)).toBeUndefined()
  })

  it.each([
    '我的建行卡号6217 0099 8800 1234 567，户名陈立，尾款打这里',
    '爸，生活费打我农行卡就行，6228480011223344556',
    '王哥，货款转到这张招行卡：6214831234567890，周芳',
    '工行6222021234567890123，刘波，把垫的钱转我',
    '中国银行 6216 6100 0012 3456 789 赵敏，昨天的饭钱转这个号',
    '手机坏了用同学的发，先转我工行卡两千，回头还你',
    'Please pay the rent to my ICBC card 6222 0212 3456 7890',
    '老周，卡号6217002340011223344，建行，名字周海峰，木工钱3200',
    '货款汇这里 6222081234567890123 工商银行 何志远',
    '户名赵明军，开户行交通银行，账号6222600110022334455，押金退这里',
    '农行城东支行，马丽，6228480011223344556，麻烦今天转',
    '招商银行 户名孙悦 6214830011223344，尾款收到发货',
    '中信银行账号:811020015, 收货后把余款结一下',
  ])('where an account is kept is no claim: %s', (text) => {
    expect(forged(text, { from: '13812345678', label: 'fraud', to: '13900001111' })).toBeUndefined()
  })

  it.each([
    '您的建行卡已被冻结，请转入6217009988001234567解冻',
    '建设银行风控中心：请把余额转到安全账户6217009988001234567',
    '工行监测到您的账户异常，请将资金转至国家安全账户 6222021234567890123',
    '工商银行安全账户：6222021234567890123，立即把资金转入，否则冻结',
    '我是建设银行客服，安全账户6217001234567890123',
    '工商银行提醒：账户6222021234567890123异常，点击 icbc-vip.top 验证',
    '您收到建设银行信用卡积分到期提醒，点击 ccb-jf.top 兑换',
    '您本月未还招商银行信用卡欠款，点击 cmb-hk.top 处理',
    '您的淘宝订单1234567890123456789存在质量问题，请联系客服QQ 2938471023 退款',
    '北京市公安局通知：身份证110101199001011234涉嫌洗钱，速联系QQ 2938471023',
    '您的存款有风险，请转入安全账户6217002340011223344，建设银行，户名国家清查组',
    '我们建设银行卡中心发现您欠款，点击 ccb-hk.top 处理',
    '这张招商银行卡部专员：额度可提，点击 cmb-te.top 办理',
    '建设银行账号已被停用，请登录 yhrz66.top 重新认证',
    '支付宝账号已被限制使用，请点击 rz88.top 解除限制',
    '中国银行卡号信息缺失，请登录 bxx66.top 补录',
    '工商银行账号6222021234，存在风险，请登录 gsrz.top 重新绑定',
    '农业银行：您名下账户涉嫌洗钱，请把资金转至6228480011223344556，户名监管组，农业银行',
  ])('a bank that asks for money is: %s', (text) => {
    expect(forged(text, { from: '13812345678', label: 'fraud' })).toBeDefined()
  })

  it.each([
    '大量回收抖音号，实名的价高，加V ab88213',
    '京东白条变现，秒到账，九折，QQ 2938471023',
    '本科证书，学信网可查，不过退款，加微信 xl88213',
    '住房公积金代办提取，不用到场，加微信 gj88213',
    '同城约会，学生兼职，加微信 tc88213',
    '店庆抽中二等奖华为平板一台，领取加QQ 2938471023',
  ])('what is dealt in or won is no claim: %s', (text) => {
    expect(forged(text, { from: '13812345678', label: 'illicit' })).toBeUndefined()
  })

  it.each([
    '抖音客服：您的抖音号涉嫌出租，将被封禁，申诉加QQ 2938471023',
    '京东白条提醒您：账户涉嫌套现被限制，请加QQ 2938471023 解除',
    '住房公积金管理中心：您的公积金可提取，点击 gjj-tq.top 办理',
    '同程旅行：您的航班取消，退款加QQ 2938471023',
    '中国邮政包裹可查看，因地址不详无法派送，请于 yz99.top 更新地址',
    '您的ETC账户可查询状态异常，点击 etcrz.cn/a 认证',
    '中国移动积分回收：您有8600积分将于今日作废，请登录 jf88.top 兑换',
    '京东回收中心：您的账户将被注销，请联系微信 jdjt889',
    '顺丰快件可查询，运费未付，打开 sf-yf.top 补缴',
    '抖音账号回收通知：请登录 dy-hs.top 完成实名，否则收回',
    '华为周年庆，抽中您为一等奖，领取手机请点 hw-zn.top',
  ])('who speaks of it in its own name makes one: %s', (text) => {
    expect(forged(text, { from: '13812345678', label: 'fraud' })).toBeDefined()
  })

  it.each([
    '你好，圆通快递小吴，摔坏的花瓶按80元赔您，收款码发我这个号上',
    '您好，韵达客服小贺，赔付批下来了，麻烦您把支付宝账号发给我',
    '您好，圆通客服小贺，您投诉的碎杯子我们认赔45元，您把收款码发给我',
    '您好我是中通客服老秦，您的丢件公司同意赔120元，把收款码发我就行',
    '您好，我是平安车险查勘员李强，您的车损已定，请加我微信13812345678，把行驶证和银行卡号发过来',
    '您好，我是人保车险定损员小杜，请加我微信13812345678，发一下剐蹭的照片',
  ])('who settles a claim from a mobile and leads nowhere else is reviewed at most: %s', (text) => {
    expect(forged(text, { from: '13812345678', label: 'fraud', score: 0.99 })?.cap ?? 'review').toBe('review')
  })

  it.each([
    '你好，圆通快递小吴，摔坏的花瓶按80元赔您，加微信 pf88213 发收款码',
    '您好，韵达客服小贺，赔付批下来了，扫码进群领取',
    '我是京东客服，会员要扣费500，把收款码发给我取消',
    '我是抖音客服，会员扣费，收款码发给我核实一下',
    '京东退款到账慢，短信验证码报给我，我帮你加急',
    '我是京东客服，白条要注销，加我微信13812345678办理',
    '我是顺丰客服，件丢了赔您80元，加我微信13987654321办理',
    '您好，韵达客服小贺，赔付多打了，请退到6217002340011223344',
  ])('who leads elsewhere is blocked: %s', (text) => {
    const finding = forged(text, { from: '13812345678', label: 'fraud', score: 0.99 })
    expect(finding).toBeDefined()
    expect(finding?.cap).toBeUndefined()
  })

  it.each<[string, number]>([
    ['【前程人力】京东物流招分拣员，日结200，包吃住，报名加微信 qc8899', 0.19],
    ['【恒通车服】您的车辆年检将到期，交管12123预约有疑问可加微信 htcf1212', 0.34],
    ['【宏达汽贸】您的平安车险将于12月10日到期，续保请加专员微信 hdqm6688', 0.85],
    ['【启明财税】个税汇算退税申报开始，需代办请加会计微信 qmcs001', 0.88],
    ['【优品数码】您在京东购买的耳机已到保修期，换新请加微信 ypsm2020', 0.8],
    ['【某某律所】您拖欠招商银行信用卡欠款，请尽快结清，联系电话 13712345678', 0.68],
    ['【美团骑手站】新骑手入职培训，请下载众包APP并加站长微信 zhan8899', 0.37],
    ['【安居家政】您在美团下的保洁单师傅已接，改期加微信 ajjz5566', 0.6],
  ])('who signs with a name of his own and only names a brand is reviewed at most: %s (%d)', (text, sum) => {
    const sent = { from: '106912345678', label: 'fraud', score: sum } as const
    expect(forged(text, sent)?.cap ?? 'review').toBe('review')
  })

  it('does not treat a chat service as a claimed brand when it is only a contact', () => {
    const text = '您的贷款已下款失败，请加客服企业微信 jdhk0097 缴纳认证金'
    expect(forged(text, { from: '13812345678', label: 'fraud' })).toBeUndefined()
  })

  it('says what is claimed, what was found and what is official, and names the domain to block', () => {
    const finding = forged('【京东】退款请点击 http://www.jd-refund.com/a', { from: '10690999' })
    expect(finding?.domain).toBe('jd-refund.com')
    expect(finding?.evidence).toEqual({
      brand: 'jd',
      claimedBy: 'signature',
      claimed: '京东',
      found: [{ kind: 'domain', value: 'jd-refund.com' }],
      official: {
        domains: expect.arrayContaining(['jd.com']),
        ports: [],
        hotlines: expect.arrayContaining(['950618']),
      },
      speaksFor: expect.arrayContaining(['claim:signature']),
      speaksAgainst: expect.arrayContaining(['sender:port']),
      // It goes with the signs that count.
      neutral: ['link:foreign'],
      // Which lets it block.
      rules: ['imitated-domain'],
    })
  })

  it('never puts the recipient into the evidence', () => {
    const finding = forged('【京东】13900001111用户您好，您的白条逾期，请点击 http://jd-bt.top 处理', {
      label: 'fraud',
    })
    expect(finding).toBeDefined()
    expect(JSON.stringify(finding)).not.toContain('13900001111')
  })

  it('takes no proof from a link or number that touches a missing part', () => {
    const text = '【京东】您的订单异常，请点击 jd-refund.co'
    expect(forged(text, { partial: true, seams: [text.length] })).toBeUndefined()
    expect(forged(`${text}m 办理`, { partial: true, seams: [text.length + 4] })).toBeDefined()
  })
})

describe('FORGED_BRAND with filed ports', () => {
  it('counts the port: an official link proves no sender', () => {
    const finding = forged('【京东】订单已发货 https://item.jd.com/1', { from: '10690999' }, filed)
    expect(finding?.evidence).toMatchObject({ found: [{ kind: 'port', value: '10690999' }] })
    expect(forged('【京东】您的验证码是1234', { from: '10690999' }, filed)).toBeDefined()
    expect(forged('【京东】订单已发货 https://item.jd.com/1', { from: OWN }, filed)).toBeUndefined()
  })

  it('leaves another port of the same brand to SIGNATURE_WRONG_PORT', () => {
    expect(forged('【京东】您的验证码是1234', { from: '106905501' }, filed)).toBeUndefined()
  })

  it.each<[string, MessageOptions]>([
    ['【京东】您的订单评价有奖，详情 http://abc-tk.vip/a', {}],
    ['【京东】您的订单已退款，查看 http://abc-tk.com/a', {}],
    ['【京东】订单详情 http://jd-refund.com/a', {}],
    ['【京东】活动详情 http://abc-tk.com', { label: 'fraud', score: 0.4 }],
    ['【京东】请在 http://abc-tk.com/a 填写密码完成认证', {}],
  ])('counts a foreign link on the own port where it lures or is doubtful itself: %s', (text, options) => {
    expect(forged(text, { from: OWN, ...options }, filed)).toMatchObject({ cap: 'review' })
  })

  it.each([
    '【京东】您的入职体检预约已开放，请在 http://tijian-yy.com/s/a81 选择时间',
    '【京东】诚邀您评价本次服务，问卷 wj.survey-abc.cn/8K2 约需一分钟',
    '【京东】发票已开具，下载 jdx.cn/f/20Kq',
  ])('lets the port that is filed for the signature link to where it likes: %s', (text) => {
    expect(forged(text, { from: OWN }, filed)).toBeUndefined()
    expect(forged(text, { from: '10690999' }, filed)).toBeDefined()
    expect(forged(text, { from: '13812345678' }, filed)).toBeDefined()
  })

  it.each<[string, boolean]>([
    ['【順豐速運】閣下的快件已放入旺角智能櫃，取件時請出示通知', false],
    ['【順豐速運】您的快遞明天送達，如需改期請電 23456789', false],
    ['【SF Express】Your shipment has cleared customs.', false],
    ['【順豐速運】您的快遞已丟失，請點擊 sfx-help.com 申請退款', true],
    ['【顺丰速运】您的月结账单已生成，请致电 02188887777', true],
  ])('knows no numbers abroad: %s', (text, isReported) => {
    expect(forged(text, { from: '85261234567' }, filed) !== undefined).toBe(isReported)
  })

  it('counts a foreign number on the own port with fraud wording only', () => {
    const courier = '【京东】快递员张三 13812345678 正在派送您的包裹'
    expect(forged(courier, { from: OWN }, filed)).toBeUndefined()
    const refund = '【京东】您的订单异常，请联系客服 13812345678 退款'
    expect(forged(refund, { from: OWN, label: 'fraud' }, filed)).toBeDefined()
  })

  it('lets a known sender speak of the brand', () => {
    const shop = '【某某旗舰店】您的京东订单已发货，退款请联系店铺客服 13812345678'
    expect(forged(shop, { from: '1069077712' }, filed)).toBeUndefined()
    const courier = '【顺丰速运】您的京东订单由顺丰派送，快递员 13812345678'
    expect(forged(courier, { from: '1069088812' }, filed)).toBeUndefined()
  })

  it('lets a filed sender whose name holds that of an office speak on its own port', () => {
    const office = contextOf(registryOf({ signatures: [signatureRow('市公安局', ['10690666*'])] }))
    const text = '【市公安局】您被选为平安志愿者，请加社区民警微信群，二维码见警务室'
    expect(forged(text, { from: '1069066601', label: 'fraud', score: 0.995 }, office)).toBeUndefined()
    expect(forged(text, { from: '13812345678', label: 'fraud', score: 0.995 }, office)).toBeDefined()
  })

  it('judges no port where a filing names none', () => {
    expect(forged('【招商银行】您的验证码是1234', { from: '10690999' }, filed)).toBeUndefined()
  })

  it('is reported from the score of the policy on', () => {
    const strict = { minScore: 0.999 }
    const text = '【京东】退款请点击 http://jd-refund.com'
    expect(findingIn(forgedBrand, text, {}, shipped, strict)).toBeUndefined()
  })
})

describe('visits that the model takes for fraud', () => {
  it.each([
    '【顺丰速运】您有一个到付件，请准备运费18元，快递小哥电话 13818273645',
    '【圆通速递】您的快件由业务员王海 18817263544 派送，如需改址请回拨',
    '【中国平安】您的保单即将到期，续保请联系业务员陈晨13988776655，退订回T',
  ])('are no forgery: %s', (text) => {
    expect(forged(text, { label: 'fraud' })).toBeUndefined()
  })

  it('are none from the mobile of the courier', () => {
    const text = '您好中通快递，您的件放菜鸟驿站了'
    expect(forged(text, { label: 'fraud', from: '13812340004' })).toBeUndefined()
  })

  it.each([
    '【顺丰速运】您的快件丢失，快递员已登记，理赔请电 13818273645',
    '【圆通速递】快递员派送时件已破损，双倍退款加微信 ytpf2026',
    '【顺丰速运】快递员派送失败，请打开 sf-x.top/a 更改地址',
    '【顺丰速运】快递员派送前请先把运费转到我个人支付宝，电话 13818273645',
    '【圆通速递】派送员提醒您下载会议软件核对地址，电话 18817263544',
  ])('but are when something lures or leads away: %s', (text) => {
    expect(forged(text, { label: 'fraud' })).toMatchObject({ code: 'FORGED_BRAND' })
  })
})

describe('what FORGED_BRAND may block', () => {
  const fraud = { label: 'fraud', score: 0.99 } as const

  it('is only what is certain', () => {
    const text = '【京东】您的白条账户已被冻结，请立即登录 http://jd-refund.top 核实身份，否则影响征信'
    const sure = findingIn(forgedBrand, text, { ...fraud, from: '106809999' }, filed)
    expect(sure?.score).toBeGreaterThan(0.95)
    expect(sure).not.toHaveProperty('cap')
    const doubtful = '【京东】您的订单已发货，活动详情 http://abc-shop.com/a'
    expect(findingIn(forgedBrand, doubtful, { from: '106809999' }, filed)).toMatchObject({ cap: 'review' })
    const strict = { blockFrom: 1 }
    expect(findingIn(forgedBrand, text, { ...fraud, from: '106809999' }, filed, strict)?.cap).toBe('review')
  })

  it.each([
    [
      'a courier of the brand',
      '【京东】您的包裹异常，请联系快递员 13812345678 处理，详情 https://item.jd.com/1',
    ],
    ['a refund by telephone', '【京东】您的订单退款异常，账户冻结，请速联系 17012345678 办理双倍赔付'],
  ])('is never what the brand sends from its own port without a foreign link: %s', (_, text) => {
    const finding = findingIn(forgedBrand, text, { ...fraud, from: OWN }, filed)
    expect(finding === undefined || finding.cap === 'review').toBe(true)
  })

  it('is never a brand that is not verified', () => {
    const brand = { id: 'xx', names: ['某某银行'], domains: ['xxbank.com'], hotlines: ['95000'] }
    const text = '【某某银行】您的账户已被冻结，请立即登录 http://xxbank-refund.top 核实身份，否则影响征信'
    const capOf = (verified: boolean) =>
      findingIn(
        forgedBrand,
        text,
        { ...fraud, from: '106809999' },
        contextOf(registryOf({ brands: [{ ...brand, verified }] })),
      )
    expect(capOf(true)).toMatchObject({ code: 'FORGED_BRAND' })
    expect(capOf(true)).not.toHaveProperty('cap')
    expect(capOf(false)).toMatchObject({ code: 'FORGED_BRAND', cap: 'review' })
  })

  it('is not certain of a text without link, number or account', () => {
    const text = '【京东】您的账户异常，已被冻结，请尽快处理'
    expect(findingIn(forgedBrand, text, { ...fraud, from: '10680999' }, filed)).toMatchObject({
      cap: 'review',
    })
  })
})

describe('FORGED_BRAND by short and imitated names', () => {
  const brand = {
    id: 'gas',
    names: ['示例燃气集团'],
    shortNames: ['燃气公司', '燃气'],
    domains: ['gas.example.com'],
    hotlines: [],
  }
  const context = contextOf(registryOf({ brands: [brand] }))
  const claimed = (text: string, score = 0.95) =>
    findingIn(forgedBrand, text, { label: 'fraud', score, from: '106809999' }, context)?.evidence.claimed

  it.each([
    ['opens with one', '燃气公司通知：您的燃气表到期，点 rq-safe.top 缴费', '燃气公司'],
    ['is signed with one', '【燃气】您的燃气表到期，点 rq-safe.top 缴费', '燃气'],
    ['opens with one of a region', '广州燃气：您的燃气表到期，点 rq-safe.top 缴费', '燃气'],
    ['introduces itself by one', '您好，我是燃气公司的，表到期了，点 rq-safe.top 缴费', '燃气公司'],
    ['opens with an imitation', '货啦啦平台通知，您的押金待退，点 hll-tui.top 领取', '货啦啦'],
    ['addresses by an imitation', '尊敬的货啦啦司机，您的押金待退，点 hll-tui.top 领取', '货啦啦'],
    ['opens with a name whose signs stand apart', '抖*音官方：您的会员将扣费，点 dy-tui.top 取消', '抖音'],
    ['opens as a chat service', '微信：您已开通直播会员，取消请点 wx-tui.top', '微信'],
  ])('finds a suspicious text that %s', (_, text, name) => {
    expect(claimed(text)).toBe(name)
  })

  it.each([
    ['only speaks of one', '小区明天检修，请各户提前准备好燃气，点 rq-safe.top 查看安排，联系燃气公司'],
    ['names none', '您的包裹待领取，点 rq-safe.top 查看'],
    ['names a chat service as a contact', '您的包裹待领取，点 rq-safe.top 或加微信 abc12345 查看'],
  ])('finds none in one that %s', (_, text) => {
    expect(claimed(text)).toBeUndefined()
  })

  it('leaves a text alone that does not read like fraud', () => {
    expect(
      findingIn(forgedBrand, '燃气公司通知：明日停气检修，详见 rq-notice.cn', { from: '106809999' }, context),
    ).toBeUndefined()
  })
})

describe('FORGED_BRAND by what it asks for', () => {
  it.each(['1-3-8-1-2-3-4-5-6-7-8', '1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣'])('sees digits that stand apart: %s', (digits) => {
    const text = `【京东】您的白条账户已被冻结，请联系 ${digits} 办理退款`
    expect(forged(text, { label: 'fraud' })?.evidence.speaksFor).toContain('contact:spaced')
    expect(
      forged(text.replace(digits, '138-1234-5678'), { label: 'fraud' })?.evidence.speaksFor,
    ).not.toContain('contact:spaced')
  })

  it('counts a request of a suspicious text as a way to those who wrote it', () => {
    const text = '【京东】您的百万保障到期，请下载会议软件输入会议号 884203117 共享屏幕办理退款'
    const finding = forged(text, { label: 'fraud', from: '106809999' })
    expect(finding?.evidence.found).toContainEqual({ kind: 'request', value: 'app' })
    expect(forged(text, { label: 'notice', from: '106809999' })).toBeUndefined()
  })
})
