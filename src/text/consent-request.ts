/**
 * Whether a text asks its reader to agree to advertising. Wording varies without end, so no sentence is looked for but
 * four things that such a request has to say: that messages are to be sent, that they advertise, that it is the
 * reader's choice, and how to say yes. Patterns have bounded gaps that hold no end of a sentence.
 */

/** What advertisements are about. */
const OFFER =
  /商业|营销|推广|推介|促销|展销|展卖|广告|优惠|折扣|打折|特价|特惠|特卖|让利|降价|满减|秒杀|抢购|团购|福利|礼遇|代金券|[满折]?[减扣]?券|新品|新款|新货|新茶|新机|新到|上新|上市|到货|开盘|店庆|会员日|会员活动|新菜|新书|课程|公开课|讲座|讲堂|产品|特惠套餐|机票|楼盘|户型|车型|保养|理财|荐书|样片|试听|试驾|团期|线路|年货|(?:本店|我店|本公司|我司|我们的?|本馆|商场|门店)[^。!?;,]{0,6}(?:活动|资讯|动态|信息|消息|短信|短讯|讯息)|(?:活动|排片)[^。!?;]{0,6}(?:短信|短讯|通知|信息|提醒|推送|消息|第一时间)/

/** That messages are to come, and not goods, money or a call. */
const MESSAGES =
  /短信|短讯|信息|讯息|消息|资讯|推送|推介|订阅|订户|(?:促销|优惠|折扣|降价|上新|活动|开售)[^。!?;]{0,3}(?:提醒|通知)|(?:给|向)(?:您|你|阁下|大家)[^。!?;]{0,10}(?:发|寄|介绍|分享|告知|推荐|推介)|(?:发到|发给|发您|分享给|告知)(?:您|你|阁下)?|手机上|名单|(?:告诉|通知|知会|喊|招呼|提醒)(?:您|你|大家|一声)|短信服务/

/** The choice of the reader. */
const CHOICE =
  /同意|愿意|乐意|首肯|愿(?=[收接订者])|(?:加入|订阅|登记|接受)(?:者|的|请|就){0,2}(?:回|复|覆)|认可|点头|不反对|反对[^。!?;]{0,6}(?:不|勿)|([一-龥])不\1|[可以要收想愿行好][^。!?;]{0,10}[不否]\?|(?:要|收|想|愿|行|中|可|开启|开通|需要)(?:的|者|就|您|请|可){0,2}(?:回|复|覆)|收[^。!?;,]{0,10}(?:短信|消息|资讯|信息|提醒)[^。!?;,]{0,6}(?:回|复|覆)|须经[^。!?;]{0,8}(?:确认|认可)|许可|允许|准许|应允|授权|批准|征得|征求|征询|恳请|不介意|介意吗|(?:无|没|没有)(?:异议|意见)|愿否|可否|能否|能不能|可不可以|是否|要不要|想不想|收不收|成不成|行不行|好不好|行吗|成吗|好吗|可以吗|方便(?:的话|吗|请)|感兴趣的话|的话[^。!?;]{0,8}(?:回|发)|可以[^。!?]{0,24}吗|(?:想|愿|要|需|希望|订阅|接收)[^。!?]{0,28}(?:吗|么|不\?|\?)|邀(?:请)?(?:您|你|阁下)?[^。!?;]{0,8}(?:接收|加入|订阅|登记|参加|收)|(?:订阅|接收|入会)[^。!?;]{0,4}邀请|(?:如|若|如果|倘若|要是)(?:您|你|需|想|愿|要|有意|同|允|欲|无|蒙|[^。!?;,]{1,4}(?:想|愿|同意|接受|希望))|(?:回复?|回覆|发送?|编辑)[^。!?;]{0,8}(?:即可|以|来)?(?:订阅|加入|开通|许可|登记)|(?:确认|点击)[^。!?;]{0,12}(?:订阅|接收|同意)|欢迎(?:您|你)?(?:订阅|接收)|(?:想|加入)[^。!?;]{0,16}(?:短信|消息|资讯|动态|名单)/

/** How to say yes: a short word to send back, or a link to confirm by. */
const YES =
  /(?:回复|回覆|回个|回一个|回|覆|复|答复|发送|编辑(?:短信)?|(?<!下)发)(?:短信|数字|字母|一个|个)?[^一-龥a-z0-9]{0,3}(?:y|yes|ok|ty|kt|dy|jr|1|(?:是|好|行|成|中|开|要|想|准|可|收)(?![一-龥](?<![即就以表来登]))|可以|愿意|同意|许可|授权|订阅|加入|允许|接受|接收|确认|[a-mopu-z])(?![a-z0-9\d])(?!["”'」』】]?[^。!?;,一-龥]{0,2}(?:退|拒|取消|不再|谢绝))|(?:点击|点此|点开|请点|打开|登录|请按)[^。!?;]{0,24}(?:确认|同意|订阅)|(?:回复|回覆|请回|发送)[^一-龥a-z0-9]{0,2}(?!(?:t|td|r|n|q|qx|tdhf|unsub)(?![a-z]))[a-z]{2,3}(?![a-z0-9])|确认(?:订阅|接收)|请(?:您)?确认是否(?:接收|接受|同意|订阅)|(?:回复|回)["“'「].{1,4}["”'」]/

/** What else is confirmed by a reply: an appointment, an order, a transaction, a delivery. */
const ERRAND =
  /预约|预订|订购|订单|次日生效|次月生效|续订|到期|转存|课后服务|回访|保单|征信|满意|订座|就诊|复诊|取件|派送|派件|包裹|快递|快件|交易|转账|办理|看房|面试|接种|检修|停电|停水|缴费|账单|监护人|请家长|请假|报到|签收|值班/

const EN_OFFER =
  /\b(?:offers?|deals?|promo(?:s|tions?|tional)?|specials?|sales?|discounts?|marketing|coupons?|new arrivals|arrivals|newsletters?|news|latest|savings|advert\w{0,10}|perks)\b/
const EN_MESSAGES =
  /\b(?:texts?|texted|texting|messaged|sms|messages?|msgs?|alerts?|updates?|send|sending|phone|emails?|subscri\w{1,6}|list|hear|receive|notify|notified)\b/
const EN_CHOICE =
  /\b(?:would you like|would it be ok|mind if|ok to|let us (?:know|send|text)|want [^.!?]{0,24}(?:deals|offers|coupons|discounts|news)|get on our|on the list|not subscribed|may we|can we|could we|shall we|are you happy|happy for us|ok(?:ay)? (?:if|for us)|do you (?:agree|consent|want|wish)|did you mean to|fancy|want (?:first|in on)|care to|interested in|shall we|should we|you want|you wish|we need your|only (?:text|send|message) you if|please confirm|we'?d (?:like|love) to|we would (?:like|love) to|want to (?:hear|get|receive)|wish to receive|like to (?:hear|get|receive)|allow|permission|consent|agree\w{0,3}|opt(?:ing|ed)?[ -]?in|subscri\w{1,6}|sign(?:ed)?[ -]?(?:me )?up|join (?:our|the|us)|keep in touch|stay in touch)\b/
const EN_YES =
  /\b(?:repl(?:y|ying)|text|texting|answer|respond|send|sending|press|tap)\b\W{0,4}(?:with |back |us )?\W{0,2}(?:y|yes|join|ok|okay|start|in|1|agree|subscribe|sure)\b(?! to (?:stop|opt[ -]?out|unsub))|\b(?:reply|text)\W{1,3}\w{1,12}\W{1,3}to (?:get|receive|start|allow|let|hear|join|subscribe|agree|consent|opt in)\b|\byes or no by reply\b|\b(?:tap|click)\b[^.!?]{0,30}\b(?:confirm|agree|subscribe|opt[ -]?in)\b/
const EN_ERRAND =
  /\b(?:appointment|booking|reservation|parcel|delivery|transaction|purchase|payment|prescription)\b/

/** Advertising by message, named so: with a way to say yes it needs no word of choice. */
const NAMED = new RegExp(
  `(?:${OFFER.source})[^。!?;]{0,14}(?:短信(?!营业厅)|短讯|讯息|消息|资讯|推送)|(?:短信(?!营业厅)|短讯|推送)[^。!?;]{0,14}(?:${OFFER.source})`,
)
const EN_NAMED = new RegExp(
  `(?:${EN_OFFER.source})[^.!?]{0,32}\\b(?:by (?:text|sms|message)|texts?|sms|text messages?|on your phone)\\b|\\b(?:texts?|texting|sms|messages?|messaging)\\b[^.!?]{0,32}(?:${EN_OFFER.source})|\\b(?:send|receive|get) (?:you |them |any |our )?[^.!?]{0,16}(?:${EN_OFFER.source})[^!]{0,60}\\byes\\b`,
)
const EN_ANSWER =
  /\b(?:repl(?:y|ying)|answer|respond|text back)\b\W{0,3}(?!stop|end|quit)\w{1,10}\b|\by\/n\b|\byes or no\b/

/** An advertisement that says how to be rid of it asks for no consent. */
const WAY_OUT =
  /(?:退订|退定|拒收|取消订阅|取消接收)[^。!?;]{0,6}(?:回|复|发|按)|(?:回|复|发)[^。!?;]{0,6}(?:退订|退定|拒收)|\bstop\b/

function inChinese(text: string): boolean {
  if (!YES.test(text) || !OFFER.test(text) || ERRAND.test(text)) return false
  return NAMED.test(text) || (MESSAGES.test(text) && CHOICE.test(text))
}

function inEnglish(text: string): boolean {
  if (!EN_OFFER.test(text) || EN_ERRAND.test(text)) return false
  return (
    (EN_ANSWER.test(text) && EN_NAMED.test(text)) ||
    (EN_YES.test(text) && EN_CHOICE.test(text) && EN_MESSAGES.test(text))
  )
}

/** Whether a normalised text has all that a request for consent to advertising says. */
export function requestsConsent(text: string): boolean {
  return !WAY_OUT.test(text) && (inChinese(text) || inEnglish(text))
}
