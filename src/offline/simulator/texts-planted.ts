import type { TextFamily } from './texts.ts'

/** Texts for the events of a planted day. Like `FAMILIES`, they occur nowhere else. Offers are without an opt-out. */
export const PLANTED = {
  offer: {
    label: 'marketing',
    texts: [
      '老街坊看过来，整箱鲜奶买一送一，会员再减{n}元，活动截止{date}打烊前',
      '入冬添衣正当时，羊毛衫两件{n}折，进店试穿即赠围巾一条',
      '三周年答谢宴客，充{n}百得{n}百五，烫染护理任选，先约先享',
      '周末亲子套票只要{n}9元，含双人餐和停车券，限量{n}0份售完即止',
      '新店试营业，凭本短信堂食立减{n}0元，招牌菜半价尝鲜',
      '换季清仓最后三天，拖鞋睡衣{n}元起，满{n}9元加赠洗衣液',
      '全屋定制团购会，橱柜满{n}万立减{n}千，签单砸金蛋抽大奖，{date}现场见',
      '少儿游泳体验课{n}9元两节，转正课再送泳镜泳帽，名额不多速约',
    ],
  },
  billRun: {
    label: 'notice',
    texts: [
      '您{month}月的电子对账单已生成，可在手机银行“我的账单”中核对。',
      '本月代发工资{amount}元已入账，账户尾号{tail}，余额请以手机银行显示为准。',
      '您尾号{tail}的账户本季结息{amount}元，已自动转入活期。',
    ],
  },
  verification: {
    label: 'notice',
    texts: [
      '您正在核验身份，动态口令{code}，三分钟内填写，请勿外传。',
      '短信验证码：{code}，用于找回密码，非本人操作无需理会。',
    ],
  },
  askConsent: {
    label: 'notice',
    texts: [
      '想第一时间知道会员优惠吗？同意接收本店活动短信请回复Y，未回复则不再打扰。',
      '本店拟向您推送新品消息，如您愿意接收促销信息，请回复1确认，不回复视为不同意。',
    ],
  },
  parcelOffer: {
    label: 'marketing',
    texts: [
      '寄件立减{n}元券已到账，大件到付再打{n}折，会员日限时抢领',
      '年货节寄件特惠，满{n}9元返{n}元红包，多寄多返，马上下单抢购',
    ],
  },
  codeWithOffer: {
    label: 'marketing',
    texts: [
      '验证码{code}，登录即领新人大礼包：全场{n}折券三张，满百减{n}0元，今晚过期，速来抢购',
      '动态码{code}。限时秒杀开抢，爆款低至{n}折，下单再送赠品，邀好友返现{n}0元',
    ],
  },
  disguised: {
    label: 'marketing',
    texts: [
      '新.款.上.市，全.场{n}折，领⑨⑨元劵请伽徽信 {wechat}，満①⓪⓪减③⓪，限.时.抢.购',
      '特⭐价⭐清⭐仓，买①送①，加薇芯{wechat}领紅包，前⑤⓪名再逹⑧折',
    ],
  },
  forgedLink: {
    label: 'fraud',
    texts: [
      '您有一笔{amount}元退款因资料不全被退回，请于今日到 {bad} 补填收款卡号。',
      '系统检测到您的支付功能受限，请在24小时内到 {bad} 完成实名核验，以免停用。',
      '您的会员将于今晚自动续费{n}00元，如需取消请登录 {bad} 填写银行卡办理。',
    ],
  },
  forgedCall: {
    label: 'fraud',
    texts: [
      '您误开通了金牌会员，今晚将自动扣费{n}00元，如需取消请速联系退款专员 {mobile} 办理。',
      '您购买的商品抽检不合格，可获三倍赔偿，请致电理赔专员 {mobile} 登记银行卡。',
    ],
  },
  wrongNumber: {
    label: 'personal',
    texts: [
      '{surname}总您好，我是上次在茶叶展会上认识的小陈，周末还来喝茶吗',
      '{surname}总好，我是上回茶叶展会上认识的小陈，这周末还来喝茶吗',
      '{surname}哥您好，我是在茶叶展会上认识的小陈呀，周末还去喝茶吗',
    ],
  },
  newBoss: {
    label: 'personal',
    texts: [
      '小{surname}，明早九点到我办公室来一趟，我换了新号码，你先存一下',
      '小{surname}，明天上午九点来我办公室一下，换新号码了，先存着',
    ],
  },
  debtThreat: {
    label: 'fraud',
    texts: [
      '请转告{surname}某，拖欠的借款今天再不处理，就上门找通讯录里的所有人',
      '麻烦转告{surname}某，他拖欠的借款今天必须处理，否则上门找他通讯录里的人',
    ],
  },
  wedding: {
    label: 'personal',
    texts: ['我和小雨下月六号结婚，中午在东湖宾馆摆酒，恭请你们全家来喝杯喜酒！'],
  },
  classNotice: {
    label: 'notice',
    texts: ['各位家长好，明天下午两点在三楼开家长会，请准时参加，收到请回复。四（二）班{surname}老师'],
  },
  greetings: {
    label: 'personal',
    texts: ['祝您和家人节日快乐，身体健康，万事如意！小{surname}敬上'],
  },
  aboutPlatforms: {
    label: 'marketing',
    texts: [
      '本店同款已上架京东、天猫旗舰店，搜店名即可下单，到店自提再减{n}元',
      '支付宝、微信支付均享满{n}00立减，双11当天营业延长到23点，欢迎选购',
      '拼多多两人成团也能到店自提，脐橙{n}9元一箱包甜，先到先得',
      '在美团、大众点评搜本店，团购券{n}折抢，凭券加赠小菜一份',
    ],
  },
  scamWarning: {
    label: 'notice',
    texts: [
      '近日有人谎称京东、淘宝客服，以理赔为名要求共享屏幕，请立即挂断并拨打96110咨询。',
      '凡自称顺丰、中通因丢件要加好友双倍赔的都是骗子，请到官方App核实物流。',
      '防骗提示：冒充支付宝、微信客服索要验证码的均为诈骗，转账前务必与家人商量。',
      '接到“建设银行信用卡中心”来电称您逾期，先挂断，再拨卡背面号码核实，谨防上当。',
    ],
  },
  wordsInside: {
    label: 'marketing',
    texts: [
      '南京东路总店今起换季，皮鞋{n}折起，停车免费两小时',
      '今天猫粮狗粮满{n}9减20，到店免费驱虫一次',
      '重阳孝顺丰厚有礼，给爸妈办张足疗卡立减{n}0元',
      '小米粥配南瓜饼早餐{n}元管饱，办月卡再打{n}折',
      '最美团圆饭预订中，十人桌{n}99元起，订满两桌送红酒',
    ],
  },
  partnersLink: {
    label: 'marketing',
    texts: [
      '同城外送下单立减{n}元，老顾客再领一张满减券：https://m.dianping.com/shop/{code}',
      '会员双倍积分日，入口 https://u.jd.com/{code} 满{n}00减50，当天有效',
    ],
  },
  shortLink: {
    label: 'marketing',
    texts: [
      '您收藏的店铺会员日开始了，满减券包 https://t.cn/A6{code} 今晚失效，速领',
      '加购商品直降{n}0元，领券入口 dwz.cn/{tail} 先到先得',
    ],
  },
  courierCalls: {
    label: 'notice',
    texts: [
      '快递员{surname}师傅正在派送运单{parcel}，如需改放驿站请联系 {mobile}。',
      '您的到付件待取，派件员{surname}师傅电话{mobile}，请保持手机畅通。',
    ],
  },
  secondPort: {
    label: 'notice',
    texts: [
      '您预订的商品{order}已出库，预计明日送达，可在App查看配送进度。',
      '您预约的上门安装时间为{date}下午，师傅会提前半小时联系您。',
    ],
  },
} as const satisfies Record<string, TextFamily>

export type PlantedFamily = keyof typeof PLANTED

/** Opt-outs as lawful offers word them. */
export const WAYS_OUT = ['，不想收请回T退订', '，退订请回复TD', '，拒收请回R', '，回N退订'] as const
