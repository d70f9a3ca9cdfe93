import type { Code } from '../../domain/codes.ts'
import { escalating, type PlantingContext, type Span, textOf } from './planting-context.ts'
import { type PlannedMessage, type Plant, signed } from './plants.ts'
import { foreignDomain } from './texts.ts'

interface Forged {
  readonly event: string
  readonly codes: readonly Code[]
  readonly count: number
  /** Returns signature, port and link of one message. */
  readonly by: () => { readonly signature?: string; readonly from: string; readonly link?: string }
}

function forged(context: PlantingContext, span: Span, { event, codes, count, by }: Forged): PlannedMessage[] {
  const { random } = context
  const to = context.recipients(count)
  return context.times(span, count).map((ts, i) => {
    const { signature, from, link } = by()
    const text =
      link === undefined ? textOf('forgedCall', random, ts) : textOf('forgedLink', random, ts, { bad: link })
    const signedText = signature === undefined ? text : signed(signature, text)
    return { ts, from, to: to[i]!, text: signedText, label: 'fraud', codes, event }
  })
}

/** A foreign domain, from a new port each time: the state is about the domain. */
function toDomain(context: PlantingContext, brand: string, hour: number): Plant {
  const domain = foreignDomain(context.random)
  const span = context.span(hour, 20)
  const drafts = forged(context, span, {
    event: 'forged-domain',
    codes: ['FORGED_BRAND', 'SIGNATURE_WRONG_PORT'],
    count: 24,
    by: () => ({
      signature: brand,
      from: port(context),
      link: `https://${domain}/${context.random.digits(3)}`,
    }),
  })
  return escalating(drafts, 'FORGED_BRAND', { kind: 'domain', id: domain }, span)
}

/** A phone number instead of a link: the state is about the sender. */
function toSender(context: PlantingContext, brand: string, hour: number): Plant {
  const from = port(context)
  const span = context.span(hour, 15)
  const drafts = forged(context, span, {
    event: 'forged-sender',
    codes: ['FORGED_BRAND', 'SIGNATURE_WRONG_PORT'],
    count: 12,
    by: () => ({ signature: brand, from }),
  })
  return escalating(drafts, 'FORGED_BRAND', { kind: 'sender', id: `${brand}@${from}` }, span)
}

/** Sent through a stolen account of the brand: port and signature belong to the victim, so the state is about the campaign. */
function toCampaign(context: PlantingContext, brand: string, hour: number): Plant {
  const [from] = context.named(brand).ports as [string]
  const span = context.span(hour, 15)
  const drafts = forged(context, span, {
    event: 'forged-own-port',
    codes: ['FORGED_BRAND'],
    count: 20,
    by: () => ({ signature: brand, from }),
  })
  return escalating(drafts, 'FORGED_BRAND', { kind: 'campaign', id: '*' }, span)
}

function likeSignature(context: PlantingContext, claimed: string, hour: number): Plant {
  const from = port(context)
  const span = context.span(hour, 15)
  const drafts = forged(context, span, {
    event: 'lookalike-sender',
    codes: ['LOOKALIKE_SIGNATURE', 'FORGED_BRAND', 'SIGNATURE_UNFILED'],
    count: 12,
    by: () => ({ signature: claimed, from }),
  })
  return escalating(drafts, 'LOOKALIKE_SIGNATURE', { kind: 'sender', id: `${claimed}@${from}` }, span)
}

/** `host` imitates a domain of the brand; `domain` is its registered domain. */
function likeDomain(
  context: PlantingContext,
  brand: string,
  { host, domain }: { readonly host: string; readonly domain: string },
  hour: number,
): Plant {
  const span = context.span(hour, 20)
  const drafts = forged(context, span, {
    event: 'lookalike-domain',
    codes: ['LOOKALIKE_DOMAIN', 'FORGED_BRAND', 'SIGNATURE_WRONG_PORT'],
    count: 18,
    by: () => ({ signature: brand, from: port(context), link: `http://${host}/${context.random.digits(4)}` }),
  })
  return escalating(drafts, 'LOOKALIKE_DOMAIN', { kind: 'domain', id: domain }, span)
}

function port({ random }: PlantingContext): string {
  return `1068${random.digits(9)}`
}

/** Forged brands of every kind, with the target that repeated findings escalate to. */
export function forgeryPlants(context: PlantingContext): Plant[] {
  const host = (domain: string, below = '') => ({ host: below + domain, domain })
  return [
    toDomain(context, '农业银行', 8.25),
    toDomain(context, '苏宁易购', 14.25),
    toDomain(context, '中国移动', 19.25),
    toSender(context, '天猫', 10.75),
    toSender(context, '工商银行', 15.75),
    toSender(context, '支付宝', 20.75),
    toCampaign(context, '京东', 11),
    toCampaign(context, '淘宝', 16.25),
    toCampaign(context, '平安银行', 21.5),
    likeSignature(context, '支付保', 9.75),
    likeSignature(context, '唯品汇', 12.25),
    likeSignature(context, '招商银行积分中心', 14.75),
    likeSignature(context, '顺风速运', 18.25),
    likeSignature(context, '亰东', 22.25),
    likeDomain(context, '工商银行', host('icbc-login.top'), 8.75),
    likeDomain(context, '京东', host('refund-kf88.xyz', 'jd.com.'), 11.75),
    likeDomain(context, '顺丰速运', host('sf-express.vip'), 16.75),
    likeDomain(context, '支付宝', host('aiipay.cc'), 20.25),
  ]
}
