import { isAtOrBelow } from '../../text/shorteners.ts'

/**
 * Services that brands send their customers to, and that anybody may open an account with: a link there proves nothing
 * about its sender, neither way. What a listed brand owns (`wjx.cn`, `esign.cn`) is in the brand list.
 */
const NEUTRAL_HOSTS: ReadonlySet<string> = new Set(
  [
    // E-invoices
    'fapiao.com bwfapiao.com baiwang.com piaotong.com.cn piaozone.com 51fapiao.cn einvoice.com.cn',
    // E-signatures
    'bestsign.cn qiyuesuo.com qiyuesuo.cn docusign.com docusign.net',
    // Forms, surveys, QR pages
    'jinshuju.net jinshuju.com wenjuan.com jsform.com mikecrm.com cli.im clewm.net surveymonkey.com typeform.com tally.so',
    // Customer service and merchants' shops
    'sobot.com soboten.com udesk.cn qiyukf.com ntalker.com youzan.com weimob.com weidian.com',
    // Maps and app stores of no brand in the list
    'openstreetmap.org yingyonghui.com appchina.com',
  ].flatMap((line) => line.split(' ')),
)

/** The host is one of a service that many brands use, or lies below one. */
export function isNeutralHost(host: string): boolean {
  return isAtOrBelow(host, NEUTRAL_HOSTS)
}
