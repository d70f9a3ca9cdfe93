import type { Code } from '../domain/codes.ts'
import type { Draft, Plant, PlantedEvent } from './events.ts'
import { signed } from './events.ts'
import { type Setting, type Span, scripted, textOf } from './setting.ts'
import { foreignDomain } from './texts.ts'

/** Three messages to three recipients in ten minutes: the shipped policy makes a state of them. */
const ESCALATES = 3

interface Forged {
  readonly event: string
  readonly codes: readonly Code[]
  readonly count: number
  /** Signature, port and link of one message. */
  readonly by: () => { readonly signature?: string; readonly from: string; readonly link?: string }
}

function forged(setting: Setting, span: Span, { event, codes, count, by }: Forged): Draft[] {
  const { random } = setting
  const to = setting.recipients(count)
  return setting.times(span, count).map((ts, i) => {
    const { signature, from, link } = by()
    const text =
      link === undefined ? textOf('forgedCall', random, ts) : textOf('forgedLink', random, ts, { bad: link })
    const signedText = signature === undefined ? text : signed(signature, text)
    return { ts, from, to: to[i]!, text: signedText, label: 'fraud', codes, event }
  })
}

function plant(drafts: readonly Draft[], code: Code, target: PlantedEvent['target'], span: Span): Plant {
  const event = drafts[0]!.event!
  return scripted(drafts, { truth: [{ event, code, target, ...span, needs: ESCALATES }] })
}

/** A domain of its own, from a new port each time: the domain is what they have in common. */
function toDomain(setting: Setting, brand: string, hour: number): Plant {
  const domain = foreignDomain(setting.random)
  const span = setting.span(hour, 20)
  const drafts = forged(setting, span, {
    event: 'forged-domain',
    codes: ['FORGED_BRAND', 'SIGNATURE_WRONG_PORT'],
    count: 24,
    by: () => ({
      signature: brand,
      from: port(setting),
      link: `https://${domain}/${setting.random.digits(3)}`,
    }),
  })
  return plant(drafts, 'FORGED_BRAND', { kind: 'domain', id: domain }, span)
}

/** No link, only somebody to call: the sender is what they have in common. */
function toSender(setting: Setting, brand: string, hour: number): Plant {
  const from = port(setting)
  const span = setting.span(hour, 15)
  const drafts = forged(setting, span, {
    event: 'forged-sender',
    codes: ['FORGED_BRAND', 'SIGNATURE_WRONG_PORT'],
    count: 12,
    by: () => ({ signature: brand, from }),
  })
  return plant(drafts, 'FORGED_BRAND', { kind: 'sender', id: `${brand}@${from}` }, span)
}

/** Over the brand's own port, by a stolen account: port and signature are the victim's, the campaign is what remains. */
function toCampaign(setting: Setting, brand: string, hour: number): Plant {
  const [from] = setting.named(brand).ports as [string]
  const span = setting.span(hour, 15)
  const drafts = forged(setting, span, {
    event: 'forged-own-port',
    codes: ['FORGED_BRAND'],
    count: 20,
    by: () => ({ signature: brand, from }),
  })
  return plant(drafts, 'FORGED_BRAND', { kind: 'campaign', id: '*' }, span)
}

function likeSignature(setting: Setting, claimed: string, hour: number): Plant {
  const from = port(setting)
  const span = setting.span(hour, 15)
  const drafts = forged(setting, span, {
    event: 'lookalike-sender',
    codes: ['LOOKALIKE_SIGNATURE', 'FORGED_BRAND', 'SIGNATURE_UNFILED'],
    count: 12,
    by: () => ({ signature: claimed, from }),
  })
  return plant(drafts, 'LOOKALIKE_SIGNATURE', { kind: 'sender', id: `${claimed}@${from}` }, span)
}

/** `host` imitates a domain of the brand; `domain` is what was registered for it. */
function likeDomain(
  setting: Setting,
  brand: string,
  { host, domain }: { readonly host: string; readonly domain: string },
  hour: number,
): Plant {
  const span = setting.span(hour, 20)
  const drafts = forged(setting, span, {
    event: 'lookalike-domain',
    codes: ['LOOKALIKE_DOMAIN', 'FORGED_BRAND', 'SIGNATURE_WRONG_PORT'],
    count: 18,
    by: () => ({ signature: brand, from: port(setting), link: `http://${host}/${setting.random.digits(4)}` }),
  })
  return plant(drafts, 'LOOKALIKE_DOMAIN', { kind: 'domain', id: domain }, span)
}

function port({ random }: Setting): string {
  return `1068${random.digits(9)}`
}

/** Forged brands of every kind, and where the repeated finding leads. */
export function forgeryPlants(setting: Setting): Plant[] {
  const host = (domain: string, below = '') => ({ host: below + domain, domain })
  return [
    toDomain(setting, '农业银行', 8.25),
    toDomain(setting, '苏宁易购', 14.25),
    toDomain(setting, '中国移动', 19.25),
    toSender(setting, '天猫', 10.75),
    toSender(setting, '工商银行', 15.75),
    toSender(setting, '支付宝', 20.75),
    toCampaign(setting, '京东', 11),
    toCampaign(setting, '淘宝', 16.25),
    toCampaign(setting, '平安银行', 21.5),
    likeSignature(setting, '支付保', 9.75),
    likeSignature(setting, '唯品汇', 12.25),
    likeSignature(setting, '招商银行积分中心', 14.75),
    likeSignature(setting, '顺风速运', 18.25),
    likeSignature(setting, '亰东', 22.25),
    likeDomain(setting, '工商银行', host('icbc-login.top'), 8.75),
    likeDomain(setting, '京东', host('refund-kf88.xyz', 'jd.com.'), 11.75),
    likeDomain(setting, '顺丰速运', host('sf-express.vip'), 16.75),
    likeDomain(setting, '支付宝', host('aiipay.cc'), 20.25),
  ]
}
