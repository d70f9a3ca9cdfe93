/** What a text asks of its reader, beside following a link or calling a number. */
export const REQUESTS = {
  app: 'to install an app, to share the screen or to join a meeting',
  payment: 'to pay into an account or by a payment code',
  secret: 'to tell a code, a password or the number of a card',
  scan: 'to scan a code',
  reply: 'to reply',
  search: 'to copy something, or to search for it',
  follow: 'to follow an account, a mini program or a group of a chat service',
} as const

export type Request = keyof typeof REQUESTS

/** In normalised text. Gaps are bounded and hold no end of a sentence, so that matching takes linear time. */
const PATTERNS: Readonly<Record<Request, RegExp>> = {
  app: /(?:下载|安装|打开|下個|下载并).{0,12}(?:会议|app|软件|客户端|助手|安装包|程序|apk)|\.apk|会议号|入会|群号.{0,6}会议|屏幕共享|共享屏幕|共享手机|anydesk|teamviewer|todesk|向日葵|zoho|zoom|应用商店/,
  payment:
    /(?:转账?|汇款?|打款?|存入?|付款?|缴)[^。!;]{0,24}(?:账户|帐户|专户|对公户|个人户|备用金|[62]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4})|收款[码人]|安全账户|支付宝(?:好友|账号|同号)?[^。!;]{0,12}@|(?:转|打|汇)[^。!;]{0,6}(?:我|个人)[^。!;]{0,8}(?:支付宝|微信|卡)|(?<!\d)6[ -]?2(?:[ -]?\d){14,17}(?!\d)|先(?:交|付|缴|转|打|汇)[^。!;]{0,10}(?:元|费|金|\d)|safe (?:account|wallet)|sort code|gift ?cards?/,
  secret:
    /(?:验证码|确认码|校验码|动态码|短信码|短信数字|数字码|密码|卡背后|后[三四六]位|身份证正反|那串)[^。!;]{0,16}(?:发给|发我|发到|发至|报给|报一下|报我|告诉|告知|念给|回复|俾我|填写)|(?:提供|回复|告知|报|念|输入|填写?|出示)[^。!;]{0,14}(?:验证码|确认码|密码|动态码|身份证|卡号|短信码)|(?:send|read|share|text|tell|give|reply|ready)[^.!;]{0,24}(?:code|otp|pin|password|digit)/,
  scan: /扫码|扫.{0,8}[码碼]|[码碼].{0,4}扫|扫一扫|扫我|扫下图|二维码|scan .{0,16}(?:code|qr)/,
  reply:
    /(?<!(?:拒收|退订|退定|(?<!扣[除费款][^。!;]{0,16})取消)[^。!;]{0,6})(?:回复|回覆|回短信|发送|请回)[\s“"'「【:]{0,3}(?:\d{1,3}(?![\d,.])|是|好|要|[a-z](?![a-z]))(?![”"'」】]?[^。!;]{0,4}(?:退订|退定|拒收|取消|不再))|(?:reply|text|txt|press)[^.!;]{0,6}(?:\d|y(?:es)?)(?![a-z\d])|按\s?\d\s?(?:号|键|转|接|与|咨)/,
  search:
    /(?:复制|搜索|搜一下|打开).{0,12}(?:口令|浏览器|链接|地址|网址)|口令.{0,24}(?:支付宝|打开|粘贴)|(?:搜索|搜)[^。!;]{0,12}[“"「【]|paste|copy (?:the|this) link/,
  follow:
    /公众号|小程序|企业微信|企微|服务号|(?:进|入|加|拉)[^。!;]{0,8}群|(?:福利|粉丝|微信|钉钉|飞书|接龙|实战|交流)群|(?:加|添加)[^。!;]{0,10}(?:好友|专员|助理|客服|助教|老师|顾问|经理|导师)|(?:加|添加)(?:我|一下)?的?\s?(?:qq|微信|企业微信|企微|钉钉|telegram|whatsapp)|飞书|旺旺|discord|potato|加\s?line|line\s?(?:id|好友|帳號|账号|官方|客服|群|@|:)/,
}

const ALL = Object.keys(PATTERNS) as Request[]

/** Of the text that was asked about last: several detectors ask about one message. */
let last: { readonly text: string; readonly requests: readonly Request[] } = { text: '', requests: [] }

/** What a normalised text asks for, in the order of `REQUESTS`. */
export function requestsIn(normalised: string): readonly Request[] {
  if (last.text !== normalised)
    last = { text: normalised, requests: ALL.filter((request) => PATTERNS[request].test(normalised)) }
  return last.requests
}
