import { requestsConsent } from './consent-request.ts'

/**
 * What a text asks for or carries, by its wording. Every function reads normalised text (or lower case) and uses
 * patterns whose repetitions are bounded, behind a literal that must be there at all.
 */

/** The word to be sent: T, TD, N, 0000, … */
const WORD = '["“”\'「‘]?[a-z0-9]{1,6}["“”\'」’]?'
const REPLY = '(?:回复|回覆|回|覆|复|发送|发|编辑|致)'
const REFUSE = '(?:退订|拒收|谢绝|拒绝|退出|取消订阅|取消接收|不再接收|不再收|不接收|不收|屏蔽|免打扰)'
/** 退 alone, where no other word of giving back goes on. */
const REFUSE_SHORT = '(?:退(?![款货票税还费回换出保押给改路]))'

const ZH_AFTER = new RegExp(
  `${REFUSE}[^一-龥a-z0-9]{0,2}(?:此类|本类|该类|短信|信息|消息|服务|业务|请|可|直接|烦请|麻烦){0,3}${REPLY}{0,2}[^一-龥a-z0-9]{0,2}${WORD}(?![a-z0-9])`,
)
const ZH_BEFORE = new RegExp(
  `${REPLY}[^一-龥a-z0-9]{0,2}${WORD}[^一-龥a-z0-9]{0,2}(?:即可|可以|可|便可|则|就|表示|为|来){0,2}[^一-龥a-z0-9]{0,1}(?:${REFUSE}|${REFUSE_SHORT})`,
)
const ZH_CODE = new RegExp(
  `(?:不需要|不想收|不想看|不感兴趣|如不需|不愿|勿扰|打扰|谢绝)[^。!?]{0,12}${REPLY}[^一-龥a-z0-9]{0,2}${WORD}(?![a-z0-9])`,
)
const ZH_CHOICE =
  /退订请?回复对应|退订[^一-龥a-z0-9]{0,3}$|拒收[^一-龥a-z0-9]{0,3}$|(?:td|t|n|r)退(?:订)?[^一-龥a-z0-9]{0,3}$|(?:^|[^一-龥])退回?(?:td|t|n|r|q)(?![a-z0-9])/
const EN_WAY_OUT =
  /\b(?:reply|rply|txt|text|txting|send|sending|sms)\b[^.!?]{0,16}\bstop\b|\bstop\s{0,2}(?:to|2)\s{0,2}(?:\d{3,}|end|opt|unsub|quit|cancel|this)|\bstop2(?:end|stop)?\b|\bopt(?:ing)?[ -]{0,2}out\b|\bunsub(?:scribe)?\b|\bstop\?? ?txt\b|\bto (?:stop|end|cancel)[^.!?]{0,24}\b(?:reply|txt|text|send|sms)\b/

/** Whether the text says how to refuse further messages. */
export function hasWayOut(text: string): boolean {
  if (/[退拒谢订勿不打屏免]/.test(text)) {
    if (ZH_AFTER.test(text) || ZH_BEFORE.test(text) || ZH_CODE.test(text) || ZH_CHOICE.test(text)) return true
  }
  return (
    (text.includes('stop') ||
      text.includes('unsub') ||
      text.includes('opt') ||
      text.includes('cancel') ||
      text.includes('to end')) &&
    EN_WAY_OUT.test(text)
  )
}

const CONSENT_OBJECT = '(?:短信|信息|资讯|消息|推送|推广|营销|商业|促销|广告|优惠|活动|新品|通知)'
const ZH_CONSENT = new RegExp(
  `(?:同意|愿意|允许|授权|许可|接受)[^。!?;]{0,12}(?:接收|收取|收到|获取|订阅|推送|发送)[^。!?;]{0,16}${CONSENT_OBJECT}`,
)
/** An invitation to receive, and in another sentence how to agree to it. */
const ZH_INVITATION = new RegExp(
  `(?:邀|恳请|诚请|征求|征询|申请|请问|希望|想|拟|欲|欢迎)[^。!?;]{0,12}(?:接收|收取|收到|获取|订阅|推送|发送)[^。!?;]{0,16}${CONSENT_OBJECT}`,
)
const ZH_AGREES_BY =
  /(?:同意|愿意|接受|允许|需要|如需)[^。!?;]{0,6}(?:回复|回覆|回|覆|发送|点击|确认)[^一-龥a-z0-9]{0,3}["“']?(?:y|yes|是|1|ok|同意|ty|kt)/
const ZH_CONSENT_REPLY = new RegExp(
  `(?:回复|回覆|回|覆|发送)[^一-龥a-z0-9]{0,2}["“']?(?:y|yes|是|1|ok|同意|ty|kt)["”']?[^。!?;]{0,8}(?:同意|愿意|允许|接收|收取|订阅)[^。!?;]{0,16}${CONSENT_OBJECT}`,
)
const ZH_ANSWER =
  /(?:回复|回覆|回|覆|发送|点击|确认)[^一-龥a-z0-9]{0,3}["“']?(?:y|yes|是|1|ok|同意|ty|确认|[a-z]{0,12}\.)|是否同意/
const EN_CONSENT =
  /\breply\b[^.!?]{0,10}\b(?:y|yes|join|ok|start)\b[^.!?]{0,24}\b(?:receive|subscribe|consent|opt[ -]?in|agree|get)\b[^.!?]{0,40}\b(?:offers?|promo\w{0,10}|marketing|deals?|news\w{0,8}|updates?|texts?|messages?)\b|\b(?:consent|agree|opt[ -]?in|like)\b[^.!?]{0,24}\b(?:receiv\w{1,4}|get)\b[^!]{0,50}\breply\b[^.!?]{0,10}\b(?:y|yes|join|ok)\b|\breply\b[^.!?]{0,10}\b(?:y|yes)\b[^.!?]{0,12}\bopt[ -]?in\b/

/** Whether the text asks the recipient to agree to marketing messages, in whatever words. */
export function asksForConsent(text: string, inUsualForm = asksInUsualForm(text)): boolean {
  return inUsualForm || requestsConsent(text)
}

/**
 * Whether it asks in one of the usual forms. Only such a text advertises nothing: with free wording an advertisement may
 * ask as well.
 */
export function asksInUsualForm(text: string): boolean {
  if (/[同愿允授许接订]/.test(text)) {
    if (ZH_CONSENT.test(text) && ZH_ANSWER.test(text)) return true
    if (ZH_CONSENT_REPLY.test(text)) return true
    if (ZH_AGREES_BY.test(text) && ZH_INVITATION.test(text)) return true
  }
  return text.includes('reply') && EN_CONSENT.test(text)
}

const OTP_WORD =
  '(?:验证码|校验码|检验码|动态码|动态密码|动态口令|随机密码|随机码|确认码|激活码|认证码|授权码|登录码|安全码|短信密码|短信口令|一次性密码|临时密码|验证数字|验证号|验证密码|交易口令|(?:验证|校验)(?=[^一-龥]{0,3}\\d))'
const OTP_DIGITS =
  '(?!\\d{4,8}(?:客服|热线|电话|服务))(?:[a-z]{1,3}-)?(?:\\d{4,8}|\\d{3}[ -]\\d{3})(?![\\d元%*])'
const ZH_OTP_AFTER = new RegExp(
  `${OTP_WORD}[^一-龥0-9,。;!?]{0,4}(?:是|为|码|分别为|如下|[(（][^()（）]{1,12}[)）])?[^一-龥0-9,。;!?]{0,4}${OTP_DIGITS}`,
)
const ZH_OTP_BEFORE = new RegExp(
  `(?<![\\d*尾号])(?:[a-z]{1,3}-)?(?:\\d{4,8}|\\d{3}[ -]\\d{3})[^0-9。!?,;年]{0,14}${OTP_WORD}|(?:^|[】\\]:])\\s?\\d{4,8}(?!\\d)[,，(（ ][^。!?]{0,24}${OTP_WORD}`,
)
const ZH_OTP_FILLED =
  /(?:填写|填入|输入|提供|使用)[^0-9。!?]{0,8}\d{4,8}(?![\d元])[^0-9。!?]{0,10}(?:验证|登录|校验|完成)/
const EN_OTP =
  /\b(?:otp|passcode|pass code|pin|verification code|security code|access code|login code|log-?in code|one[ -]time (?:password|code|pin|passcode)|authentication code|confirmation code|auth code|code)\b[^0-9!?]{0,24}(?:[a-z]-)?(?:\d{4,8}|\d{3}[ -]\d{3})(?!\d)|\b(?:otp|passcode|pin|code)\b[^!?]{0,60}\bis:?\s{0,2}(?:[a-z]-)?\d{4,8}(?!\d)|(?<![\d.,*])(?:[a-z]-)?(?:\d{4,8}|\d{3}[ -]\d{3})\b[^0-9!?]{0,40}\b(?:otp|passcode|verification code|security code|access code|login code|one[ -]time|authentication code|confirmation code|code)\b/

/** Whether the text has the shape of a one-time password message: such a word and 4 to 8 digits beside it. */
export function isOtp(text: string): boolean {
  if (/[验校动随确激认授登安短一临口密填输使]/.test(text)) {
    if (ZH_OTP_AFTER.test(text) || ZH_OTP_BEFORE.test(text) || ZH_OTP_FILLED.test(text)) return true
  }
  return /\b(?:otp|pin|code|passcode|one)\b/.test(text) && EN_OTP.test(text)
}

const REPLY_WORDS = new Set(
  'td t n r 0000 00000 退订 退 拒收 取消 取消订阅 不要 不需要 不要再发 不要再发了 别发了 别再发了 不接收 拒绝 stop stopall unsubscribe unsub cancel end quit optout bk qx fd'.split(
    ' ',
  ),
)

/** Whether a subscriber's reply refuses further messages: an opt-out word alone, or with a word around it. */
export function optOutReply(text: string): boolean {
  const bare = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{P}\p{S}\p{Cf}]/gu, '')
  if (bare.length === 0 || bare.length > 40) return false
  if (REPLY_WORDS.has(bare)) return true
  if (/^(?:回复?)?(?:td|t|n|r|0{4,5})(?:退订?)?$/.test(bare)) return true
  return /^(?:请|我要|我|申请|立即|马上)?(?:退订|拒收|取消订阅|取消接收|不再接收)(?:短信|信息|此类|td|t|n|r|谢谢|了){0,3}$|^(?:please)?(?:stop|unsubscribe|optout|removeme)(?:all|me|please|now|thanks|texts|messages)?$|(?:不要|别|勿|停止)再?(?:给我)?(?:发|推送)/.test(
    bare,
  )
}
