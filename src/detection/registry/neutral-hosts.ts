import { isAtOrBelow } from '../../text/shorteners.ts'

/**
 * Services that brands send their customers to and that anyone may open an account with: their links prove nothing about the
 * sender either way. Services owned by a listed brand (`wjx.cn`, `esign.cn`) are in the brand list.
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

/** Whether the host belongs to a service used by many brands, or is a subdomain of one. */
export function isNeutralHost(host: string): boolean {
  return isAtOrBelow(host, NEUTRAL_HOSTS)
}
