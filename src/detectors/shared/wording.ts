import type { AnalysedMessage } from '../../domain/message.ts'
import { type Request, requestsIn } from './requests.ts'

/** Words with which a forger moves people to act: money back, traps, prizes. Alternatives without repetition: linear. */
const LURES =
  /退款|退费|退单|退税|理赔|赔付|赔偿|补偿金|双倍|三倍|冻结|解冻|注销|扣费|百万保障|白条|中奖|抽中|领奖|奖金|补贴|津贴|核实身份|验证身份|召回|质检|质量问题|误开|误操作|备用金|安全账户|验资|解绑|屏幕共享|共享屏幕|收款码|银行卡号|刷单|体验员|会员.{0,8}(?:关闭|取消)|(?:关闭|取消).{0,8}会员|refund|compensat|won a/

/** Pressure that banks, carriers and debt collectors put on as well: with a landline or a service number it says nothing. */
const PRESSURE =
  /清零|激活|逾期|征信|扣款|限制|违章|违规|丢失|滞留|停机|停用|失效|过期|异常|警报|异地登录|locked|suspended|verify|expire|unpaid|on hold|redeliver|frozen|restricted/

/** A brand named beside these is an employer, a shop or goods, not who speaks. */
const ABOUT =
  /刷单|兼职|招聘|诚聘|日结|佣金|代购|网店|店铺|开店|转让|出售|收购|回收|代理|贷款|股票|彩金|投注|带单|跑分/

/** Whom couriers, shops and banks let people call in earnest. */
const HONEST_ROLES =
  /快递员|派送员|派件员|配送员|派件|派送|投递|送货|小哥|取件|收件|骑手|师傅|司机|安装|维修|客户经理|理财经理|业务员|查勘员|定损员|经办人|顾问|座席|网点|驿站|代收点|快递柜|门店|店长|管家|导游|领队|前台|物业|营业厅/

/** Words of a warning against fraud. */
const WARNING = /冒充|诈骗|防骗|反诈|谨防|骗局|骗术|骗子|钓鱼网站|警惕|假冒|仿冒|scam|phishing|fraudster/

/** From here on wording is that of fraud. */
const FRAUDULENT = 0.5

/** Whether a value of `fraudWording` says fraud. */
export function isFraudWording(wording: number): boolean {
  return wording >= FRAUDULENT
}

/** Which kinds of words a normalised text has. */
export function wordsOf(text: string) {
  return {
    lure: LURES.test(text),
    pressure: PRESSURE.test(text),
    errand: HONEST_ROLES.test(text),
    warning: WARNING.test(text),
    trade: ABOUT.test(text),
  }
}

/**
 * How much the wording speaks of fraud, 0 to 1: the model's fraud score, raised by lures. A text about a visit (`the
 * courier 138… is on his way`) has no lures.
 */
export function fraudWording(message: AnalysedMessage): number {
  if (isVisit(message)) return 0
  if (message.malicious) return Math.max(0.9, message.scores.fraud)
  const { fraud } = message.scores
  if (fraud >= FRAUDULENT) return fraud
  // Commercial texts promise refunds and points as well, and people talk of them.
  if (message.commercial || message.label === 'personal') return fraud
  const { text } = message.normalised
  if (HONEST_ROLES.test(text)) return fraud
  if (LURES.test(text)) return Math.max(0.6, fraud)
  const answered = message.contacts.length > 0 && message.contacts.every(({ kind }) => SERVICE.has(kind))
  return !answered && PRESSURE.test(text) ? Math.max(0.6, fraud) : fraud
}

/** What nobody asks for who only comes to the door: money, a code, an app, a search. */
const NO_ERRAND: readonly Request[] = ['app', 'payment', 'secret', 'search']

/**
 * Somebody comes or is to be called with an honest errand, and nothing lures: there the model alone proves nothing. Who
 * asks for money, a code or an app has another errand.
 */
export function isVisit({ contacts, urls, normalised: { text } }: AnalysedMessage): boolean {
  const called = contacts.every(({ kind }) => kind === 'mobile' || SERVICE.has(kind))
  if (!called || urls.length > 0 || !HONEST_ROLES.test(text)) return false
  if (LURES.test(text) || PRESSURE.test(text)) return false
  return !requestsIn(text).some((request) => NO_ERRAND.includes(request))
}

const SERVICE: ReadonlySet<string> = new Set(['landline', 'hotline'])
