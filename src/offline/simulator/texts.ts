import type { Label } from '../../domain/labels.ts'
import { BEIJING, MINUTE } from '../../domain/time.ts'
import type { Random } from './random.ts'

/** Texts of one kind of sender. Slots in braces are filled by `fill`. */
export interface TextFamily {
  readonly label: Label
  readonly texts: readonly string[]
}

/** Written for the simulator only: none of these texts is in the training corpus, so the model has never seen them. */
export const FAMILIES = {
  otp: {
    label: 'notice',
    texts: [
      '验证码{code}，5分钟内有效，请勿泄露给任何人。',
      '您正在登录，动态码{code}，如非本人操作请忽略本短信。',
      '{code}是您本次注册的校验码，工作人员不会向您索要。',
      '您的短信验证码为{code}，用于修改支付密码，切勿转发。',
      '本次操作验证码：{code}。十分钟后失效。',
      '您申请绑定新设备，确认码{code}，打死也不要告诉别人哦',
    ],
  },
  bank: {
    label: 'notice',
    texts: [
      '您尾号{tail}的储蓄卡{date}{time}支出人民币{amount}元，余额{amount}元。',
      '您{tail}账户于{date}{time}转入{amount}元，活期余额{amount}元。',
      '您的信用卡（尾号{tail}）本期账单{amount}元，最低还款{amount}元，到期还款日{date}。',
      '您已成功办理一笔跨行转账，金额{amount}元，收款人*{surname}，预计2小时内到账。',
      '温馨提示：您在我行的定期存款将于{date}到期，请留意到期转存方式。',
      '您的信用卡{tail}于{date}已还款{amount}元，当前可用额度请登录手机银行查看。',
      '我行系统将于{date}凌晨升级维护，期间手机银行、网上银行暂停服务，给您带来不便敬请谅解。',
      '近期有不法分子冒充我行客服以“账户异常”为由诱导转账，请勿相信，我行不会要求您提供密码。',
    ],
  },
  courier: {
    label: 'notice',
    texts: [
      '您的快件{parcel}已到{place}，请凭取件码{pickup}于今晚22:00前领取。',
      '您有一个包裹由{surname}师傅派送中，运单号{parcel}，请保持电话畅通。',
      '快件{parcel}已签收，签收人：门卫。感谢使用，如有疑问请联系客服。',
      '您寄出的包裹{parcel}已由收件方签收，运费{amount}元。',
      '派件提醒：您的包裹今天上午送到{place}，如不便签收可在小程序改约。',
      '包裹已存入{place}丰巢柜，取件码{pickup}，超过18小时将收取保管费。',
    ],
  },
  carrier: {
    label: 'notice',
    texts: [
      '截至{date}，您本月已使用流量{n}.{n}GB，剩余{n}GB，套餐外将按量计费。',
      '您{month}月话费共{amount}元，当前余额{amount}元。',
      '您已成功充值{amount}元，感谢使用，现余额{amount}元。',
      '您的号码于{date}办理的业务已生效，如有疑问请拨打客服热线。',
      '提醒：您的账户余额不足10元，为免影响通信请及时缴费。',
      '您好，您所在小区网络将于{date}0点至6点割接，期间上网可能中断。',
    ],
  },
  government: {
    label: 'notice',
    texts: [
      '您的居住证已办结，请于工作日携带身份证到{place}窗口领取。',
      '气象台{date}{time}发布暴雨黄色预警，请减少外出，注意防范。',
      '您预约的{date}疫苗接种（第{n}号）已成功，请按时到{place}。',
      '您有一笔社保缴费将于{date}扣缴，请确保账户余额充足。',
      '您的车辆年检将于{date}到期，可在线预约检测站。',
      '反诈中心提醒：凡是要求“刷流水”“交保证金”的网络贷款都是诈骗，请勿转账。',
      '尊敬的纳税人，个人所得税年度汇算已开始，请通过官方App办理。',
    ],
  },
  order: {
    label: 'notice',
    texts: [
      '您的订单{order}已发货，由{surname}师傅承运，可在App查看物流。',
      '您购买的商品已完成退款，{amount}元将原路退回，预计1-3个工作日到账。',
      '您的订单{order}预计今日送达，请保持手机畅通，祝您生活愉快。',
      '您提交的售后申请已通过，请在7天内寄回商品并填写运单号。',
      '自提订单{order}已到店，凭提货码{pickup}领取，门店营业到21:30。',
      '您的发票已开具，可在订单详情下载，感谢惠顾。',
    ],
  },
  school: {
    label: 'notice',
    texts: [
      '家长您好，{date}上午8点半召开家长会，地点在教学楼三楼，请准时参加。',
      '{surname}老师通知：明天体育课请穿运动鞋，带好水杯和跳绳。',
      '您预约的{date}下午专家门诊已确认，请提前半小时到{place}取号。',
      '您的体检报告已出，可持身份证到健康管理中心自助机打印。',
      '本周五放学时间调整为15:40，请家长提前到校门口等候。',
      '您的检查结果已审核，请登录医院公众号查看，不适随诊。',
    ],
  },
  personal: {
    label: 'personal',
    texts: [
      '我到楼下了，你下来吧',
      '晚上吃火锅不？{surname}哥说他请客',
      '妈，钱收到了，你别再打了，我这边够用',
      '明天上班帮我带份早饭，谢啦',
      '路上堵死了，估计还要{n}0分钟',
      '行，那就周六下午见，老地方',
      '你那个文件我放你桌上了',
      '孩子发烧了今天请个假',
      '哈哈哈哈真的假的',
      '把你身份证号后四位发我，我帮你订票',
      '房租我明天转你，这两天手头紧',
      '票买好了{time}那趟，记得带充电器',
    ],
  },
  shopMarketing: {
    label: 'marketing',
    texts: [
      '双11预售开启，爆款低至{n}折，跨店每满300减50，定金可抵双倍，戳 {official} 抢先加购 退订回T',
      '亲爱的会员，您有一张{n}0元无门槛券今晚过期，速来使用 {official} 回TD退订',
      '大牌美妆第二件半价，满额再送小样礼盒，仅限今天！点击 {official} 拒收请回复R',
      '秋冬新品上架，羽绒服{n}99元起，全场包邮，会员折上折，快来逛逛吧 退订回N',
      '感恩回馈：全场家电直降{n}00元，以旧换新再补贴，速看 {official} 回复TD退订',
      '老客专享！购物车里的宝贝降价啦，叠加券后更划算，今晚24点截止 退订回T',
      '整点秒杀开抢：进口零食{n}9元任选3件，手慢无 {official} 拒收回R',
      '年度囤货节，纸品、粮油满199减100，前1000名加赠购物卡 {official} TD退订',
      '您关注的店铺上新了，到店领{n}元红包，邀请好友再得一份 退订回T',
      '直播间今晚8点，主播带货不止5折，预约抽免单 {official} 退订回T',
    ],
  },
  localMarketing: {
    label: 'marketing',
    texts: [
      '周年庆储值{n}00送{n}00，到店即送精美礼品，地址{place}，退订回T',
      '瑜伽年卡限时{n}99元，前20名送私教体验，约课请到店，退订回T',
      '本店新到海鲜大闸蟹，预订8折，{place}二楼，回T退订',
      '秋季班火热招生，名师小班，免费试听两节，退订回TD',
      '精装公寓首付{n}万起，地铁口现房，本周末来访有礼，退订回T',
      '洗牙套餐仅需{n}9元，种植牙义诊周，专家坐诊，退订回R',
    ],
  },
  financeMarketing: {
    label: 'finance',
    texts: [
      '您有一笔最高{n}0万元的备用金额度待激活，年化利率低至3.{n}%，随借随还，详见手机银行 退订回T',
      '信用卡账单分期手续费限时5折，登录手机银行办理，最长24期，回TD退订',
      '稳健型理财新品{date}起售，业绩比较基准3.{n}%，1万元起购，理财非存款，退订回T',
      '邀您办理联名信用卡，首刷有礼，新户最高返{n}00元，详询客服，退订回T',
      '为您升级重疾保障，每天不到{n}元，最高保额50万，限时投保 退订回R',
    ],
  },
  consentRequest: {
    label: 'notice',
    texts: [
      '是否愿意接收我们的优惠活动信息？同意请回复Y，不回复视为不同意。',
      '为给您推送会员活动，需征得您的同意，同意接收营销短信请回复同意，不同意请忽略。',
    ],
  },
  forgedRefund: {
    label: 'fraud',
    texts: [
      '您购买的商品因质量问题已下架，三倍理赔请点 {bad} 填写收款信息，逾期作废。',
      '您的订单{order}支付异常被冻结，需在2小时内办理退款，链接 {bad}',
      '客服通知：您误开通了会员，每月将扣{n}00元，取消请登录 {bad} 验证银行卡。',
      '您的快递在运输途中丢失，可申请双倍赔付，请到 {bad} 提交账号办理。',
      '双11订单系统故障导致重复扣款{amount}元，请尽快于 {bad} 申请退回。',
      '您的账号存在异地登录，今日内未核验将永久封停，核验：{bad}',
    ],
  },
  forgedBank: {
    label: 'fraud',
    texts: [
      '您的账户今日将被停用，请立即登录 {bad} 更新身份资料。',
      '您的积分{n}{n}60分即将清零，可兑换现金{n}60元，登录 {bad} 兑换。',
      '您的信用额度已通过审批提升至{n}0万，激活请点 {bad} 填写卡号与密码。',
      '检测到您的银行卡在外地消费{amount}元，如非本人请即访问 {bad} 冻结。',
    ],
  },
  snowshoeFraud: {
    label: 'fraud',
    texts: [
      '诚招在家兼职，手机点赞关注一单{n}元，日结{n}00-{n}00，无需押金，联系客服QQ {qq} 备注兼职领取任务，名额有限先到先得。',
      '内部渠道推荐牛股，上周三只翻倍，老师免费带单，进群名额仅剩最后{n}位，添加微信 {wechat} 领取今日代码，亏损全额包赔。',
    ],
  },
  snowshoeIllicit: {
    label: 'illicit',
    texts: [
      '亚洲顶级真人娱乐平台，首存{n}00送{n}00，百家乐体育电子应有尽有，三分钟到账，注册就送彩金，网址 {bad}',
      '代开各类增值税发票，餐饮住宿建材均可，点数优惠，可先验后付，联系 {mobile} 陈经理，量大从优长期有效。',
    ],
  },
} as const satisfies Record<string, TextFamily>

export type FamilyName = keyof typeof FAMILIES

const SURNAMES = [...'王李张刘陈杨赵黄周吴徐孙马朱胡郭何林高罗']
const PLACES = [
  '幸福里小区南门',
  '中山路18号',
  '人民医院门诊楼',
  '政务服务中心',
  '世纪广场B1',
  '滨江花园西区',
  '大学城北门',
  '万和城三层',
]
const BAD_WORDS = ['vip', 'tk', 'kf', 'safe', 'shop', 'pay', 'help', 'svc', 'cn', 'bill']
const BAD_SUFFIXES = ['top', 'xyz', 'icu', 'cc', 'vip', 'club', 'shop', 'site']

export interface SlotValues {
  /** An official host of the sender's brand. */
  readonly official?: string
  /** The link of a forged message. */
  readonly bad?: string
}

/** A domain of the kind that fraudsters register; it does not belong to a brand. */
export function foreignDomain(random: Random): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz'
  let name = ''
  for (let i = random.int(3, 6); i > 0; i--) name += random.pick([...letters])
  return `${name}-${random.pick(BAD_WORDS)}${random.digits(2)}.${random.pick(BAD_SUFFIXES)}`
}

/** Fills the slots of a text. In the scenarios, people's numbers are from a range reserved for fiction. */
export function fill(template: string, random: Random, ts: number, values: SlotValues = {}): string {
  const local = new Date(ts + BEIJING * MINUTE)
  return template.replace(/\{(\w+)\}/g, (_whole, slot: string) => {
    switch (slot) {
      case 'code':
        return random.digits(random.chance(0.7) ? 6 : 4)
      case 'tail':
        return random.digits(4)
      case 'amount':
        return `${random.int(1, 4000)}.${random.digits(2)}`
      case 'date':
        return `${local.getUTCMonth() + 1}月${local.getUTCDate()}日`
      case 'time':
        return `${String(random.int(7, 22)).padStart(2, '0')}:${String(random.int(0, 59)).padStart(2, '0')}`
      case 'month':
        return String(local.getUTCMonth() + 1)
      case 'n':
        return String(random.int(2, 9))
      case 'surname':
        return random.pick(SURNAMES)
      case 'place':
        return random.pick(PLACES)
      case 'parcel':
        return `SF${random.digits(12)}`
      case 'order':
        return random.digits(12)
      case 'pickup':
        return `${random.int(1, 20)}-${random.int(1, 9)}-${random.digits(4)}`
      case 'qq':
        return `${random.int(1, 9)}${random.digits(9)}`
      case 'wechat':
        return `vx${random.digits(6)}`
      case 'mobile':
        return `199${random.digits(8)}`
      case 'official':
        return values.official ?? ''
      case 'bad':
        return values.bad ?? foreignDomain(random)
      default:
        throw new TypeError(`no such slot: ${slot}`)
    }
  })
}

/** Disguises a text as real senders do: separators inside words, circled digits, variant characters. */
export function disguise(text: string, random: Random): string {
  const swaps: Readonly<Record<string, string>> = {
    微: '徽',
    信: '亻言',
    加: '伽',
    款: '歀',
    发: '發',
    票: '嘌',
    兼: '蒹',
    职: '职',
  }
  const circled = '⓪①②③④⑤⑥⑦⑧⑨'
  let out = ''
  for (const sign of text) {
    if (swaps[sign] && random.chance(0.6)) out += swaps[sign]
    else if (/\d/.test(sign) && random.chance(0.3)) out += circled[Number(sign)]
    else if (/[\u4e00-\u9fff]/.test(sign) && random.chance(0.08)) out += `${sign}\u200b.`
    else out += sign
  }
  return out
}
