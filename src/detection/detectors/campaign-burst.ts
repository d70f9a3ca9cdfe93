import { type Match, senderId } from '../../domain/decision.ts'
import type { MemberObservation } from '../../domain/feature-store.ts'
import { isFiledHere } from '../../domain/filing.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { Registry } from '../../domain/registry.ts'
import { defineStateCode, hold, period } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import {
  ALIKE_SENDERS,
  amongAlike,
  isOffTopic,
  NOT_COMPARED,
  offTopicOf,
  sendersOf,
  takeOver,
} from './shared/alike-senders.ts'
import { isCheapSuffix } from './shared/cheap-suffixes.ts'
import { enterprisesAmong, leadOf, leadsSomewhere } from './shared/leads.ts'
import { isPersonal, senderKind } from './shared/sender-kind.ts'

/** Entity of the set of senders of one MinHash band. */
const CAMPAIGN_SENDERS = 'campaign-senders:'
/** Entity of filed senders of one band whose advertisements lead anywhere. */
const FILED_TEXT = 'campaign-text:'
/** Entity of filed senders of one band that lead to the same place, appended to it. */
const FILED_SENDERS = 'campaign-filed:'
/** Entity of filed senders that lead to the same private place, whatever the text. */
const FILED_PLACE = 'campaign-place:'
const PREFIXES = [CAMPAIGN_SENDERS, FILED_TEXT, FILED_SENDERS, FILED_PLACE, ALIKE_SENDERS]
const LISTED = 20
const NONE: readonly never[] = []

type SenderThresholds = Readonly<
  Record<'minPorts' | 'minSignatures' | 'minFiledSignatures' | 'minFiledApart' | 'minFiledAlike', number>
>

/** A threshold on senders, within the cap of the feature store's set. */
const senders = (default_: number, says: string) => ({
  default: default_,
  unit: 'senders',
  min: 2,
  max: 32,
  whole: true as const,
  says,
})

/**
 * One template over many ports or signatures, each below its own limit (a snowshoe campaign). Counts messages
 * labelled fraud or illicit, and commercial ones whose port is not filed for their signature, but not those of a
 * brand on its own filed ports, nor messages people forward. Other filed senders of advertising are counted
 * separately: since shops may share a text or a platform, they need more signatures that lead to one place, and more
 * still if each leads to its own.
 */
export const campaignBurst = defineStateCode({
  code: 'CAMPAIGN_BURST',
  order: 190,
  findsTemplates: true,
  targets: ['campaign'],
  action: 'review',
  weight: 0.7,
  thresholds: {
    minMessages: {
      default: 60,
      unit: 'messages',
      min: 1,
      max: 1_000_000_000,
      whole: true,
      says: 'messages of one template in the window, at least',
    },
    minPorts: senders(5, 'ports that sent it in the window, at least; or'),
    minSignatures: senders(4, 'signatures that sent it in the window, at least'),
    minFiledSignatures: senders(12, 'signatures on their own filed ports that lead to one place, at least'),
    minFiledApart: senders(16, 'the same for one template, each leading to its own link, number or handle'),
    minFiledAlike: senders(12, 'signatures with the same meaning in different words, at least'),
    minAlikeMessages: {
      default: 40,
      unit: 'messages',
      min: 1,
      max: 1_000_000_000,
      whole: true,
      says: 'such messages in the window, at least',
    },
    personalCertainty: {
      default: 0.8,
      unit: 'probability',
      min: 0,
      max: 1,
      says: 'probability of fraud and illicit together from which texts of private numbers that lead nowhere count',
    },
    window: period(3600, 86_400, 'seconds for which a sender counts after its last message of the template'),
    hold: hold(600, 'seconds below these numbers after which the state clears'),
  },
  evidence: {
    messages: fields.count('messages in the window'),
    shared: fields.optional(
      fields.oneOf(['place'], 'present: they lead to one place; absent: they are of one template'),
    ),
    ports: fields.list(fields.text('a port'), 'the first 20 ports', LISTED),
    signatures: fields.list(fields.text('a signature'), 'the first 20 signatures', LISTED),
    portCount: fields.chinese('端口数', fields.count('all ports')),
    signatureCount: fields.chinese('签名数', fields.count('all signatures')),
    window: fields.amount('minutes in which they were counted'),
    newToIt: fields.chinese(
      '首次发送此类内容的签名数',
      fields.optional(
        fields.count(
          'with the same meaning in different words: listed signatures that are known for other advertisements, or defraud',
        ),
      ),
    ),
    trades: fields.chinese(
      '签名所属行业数',
      fields.optional(fields.count('with `newToIt`: trades told by the names of the signatures')),
    ),
  },
  summary: 'one text spread over many ports and signatures',
  called: { 'zh-CN': '同文群发' },
  fires:
    'One template (digits, links and names masked) of marketing, finance, fraud or illicit texts comes from many ports or signatures. Advertising on ports filed for its signature counts only outside declared campaigns, and if\n\n' +
    '- `minFiledSignatures` lead to one mobile, handle or cheap domain in any wording, or by one template to one number or link (hosts that differ only in digits are one);\n' +
    '- `minFiledApart` lead by one template, each to its own; or\n' +
    '- `minFiledAlike` mean the same in different words, with a link or number of no brand, and [most are new to it](detection.md#texts-that-swap-their-words).\n\n' +
    'Not counted: a brand on its own ports; notices, one-time passwords and personal texts; texts of private numbers that lead nowhere, below `personalCertainty`; templates of shop platforms, and what any enterprise says (sales, points, greetings). Branches of a chain count once.\n\n' +
    'The state selects its template; of a place (campaign `place-…`), marketing and finance that link to the domain or, without one, come from the counted ports; of likeness, marketing, finance, fraud and illicit texts of the counted ports. At most 32 ports.',
  tune: 'Raise `minPorts` and `minSignatures` if resellers share ports, `minFiledSignatures` and `minFiledApart` if enterprises have many signatures or shops share templates, `minFiledAlike` if unrelated enterprises make the same offer.',
  sentences: {
    en: ({ messages, portCount, signatureCount, window, shared, newToIt, trades = 0 }) =>
      newToIt !== undefined
        ? `${messages} messages of ${signatureCount} signatures over ${portCount} ports say the same in words of their own in ${window} minutes; ${newToIt} of the signatures are known for other advertisements or defraud, and their names tell ${trades} trades.`
        : shared === 'place'
          ? `${messages} advertisements of ${signatureCount} filed signatures over ${portCount} ports lead to one number, handle or domain in ${window} minutes.`
          : `One template in ${messages} messages over ${portCount} ports and ${signatureCount} signatures in ${window} minutes.`,
    'zh-CN': ({ messages, portCount, signatureCount, window, shared, newToIt, trades = 0 }) =>
      newToIt !== undefined
        ? `${window} 分钟内 ${signatureCount} 个签名经 ${portCount} 个端口发送了 ${messages} 条内容相近、措辞各异的短信，其中 ${newToIt} 个签名此前只发送其他内容或涉嫌欺诈，签名名称涉及 ${trades} 个行业。`
        : shared === 'place'
          ? `${window} 分钟内 ${signatureCount} 个已报备签名经 ${portCount} 个端口发送的 ${messages} 条营销短信指向同一号码、账号或域名。`
          : `${window} 分钟内同一模板经 ${portCount} 个端口、${signatureCount} 个签名发送 ${messages} 条。`,
  },
}).raisedBy({
  members({ message }, { registry, alike }, { thresholds }) {
    const counted = countedAs(message, registry, thresholds.personalCertainty)
    if (!counted) return NONE
    const { window, minPorts, minSignatures, minFiledSignatures, minFiledApart, minFiledAlike } = thresholds
    const member = senderId(message.signature?.name, message.from)
    const span = window * 1000
    const isOwn = counted === 'filed' || isFiledHere(message, registry)
    const lead = isOwn ? leadOf(message, registry) : undefined
    const leads = lead !== undefined || message.urls.some(({ host }) => registry.isShortener(host))
    const where = { leads, place: lead?.place }
    const { observations: among, shared } =
      isOwn && alike
        ? amongAlike(message, where, alike, { member, window: span, reportFrom: minFiledAlike, minCount: 1 })
        : NOT_COMPARED
    if (counted === 'open') {
      const reportFrom = Math.min(minPorts, minSignatures)
      const ofBands = message.bands.map((band) => senderOf(CAMPAIGN_SENDERS + band, member, span, reportFrom))
      return among.length === 0 ? ofBands : ofBands.concat(among)
    }
    if (lead === undefined) return among
    const { place, own, domain = '' } = lead
    // Shops share the ready-made texts of their platform, and generic wording if the link leads to an established domain.
    const isPlatform = shared === 'place' || (shared === 'wording' && domain !== '' && !isCheapSuffix(domain))
    const band = isPlatform ? undefined : message.bands[0]
    const together = own ? `${FILED_PLACE}${place}/${domain}` : band && `${FILED_SENDERS}${band}/${place}`
    const observed: MemberObservation[] = []
    if (together !== undefined) observed.push(senderOf(together, member, span, minFiledSignatures))
    if (band !== undefined) observed.push(senderOf(FILED_TEXT + band, member, span, minFiledApart))
    return observed.concat(among)
  },
  onMembers(reading, at, { alike }, { thresholds }) {
    if (takeOver(reading, alike)) return undefined
    const prefix = PREFIXES.find((one) => reading.entity.startsWith(one))
    if (prefix === undefined) return undefined
    const { members, count, total } = reading
    const [key, domain] = reading.entity.slice(prefix.length).split('/') as [string, string?]
    const isAlike = prefix === ALIKE_SENDERS
    const { ports, signatures } = split(isAlike ? sendersOf(members) : members)
    const level = levelOf(prefix, { ports, signatures }, thresholds)
    const offTopic = isAlike ? offTopicOf(members, alike) : undefined
    if (level < 1 || (offTopic && !isOffTopic(offTopic, thresholds.minFiledAlike))) return undefined
    const isPlace = prefix === FILED_PLACE
    const minMessages = isAlike ? thresholds.minAlikeMessages : thresholds.minMessages
    return {
      // These ids cannot collide with a band.
      target: { kind: 'campaign', id: isPlace ? `place-${key}` : isAlike ? `alike-${key}` : key },
      at,
      over: total >= minMessages,
      level: Math.max(level, total / minMessages),
      score: Math.min(1, 0.5 + 0.1 * level),
      match: isPlace ? matchOfPlace(domain, ports) : isAlike ? matchOfAlike(ports) : { campaign: key },
      evidence: {
        messages: total,
        ...(isPlace ? { shared: 'place' as const } : {}),
        ports: ports.slice(0, LISTED),
        signatures: signatures.slice(0, LISTED),
        portCount: Math.max(ports.length, count > members.length ? count : 0),
        signatureCount: signatures.length,
        window: thresholds.window / 60,
        ...(offTopic && { newToIt: offTopic.newToIt, trades: offTopic.trades.size }),
      },
    }
  },
})

/** A single literal: spreading into a new object costs several times as much. */
function senderOf(entity: string, member: string, window: number, reportFrom: number): MemberObservation {
  return { entity, member, window, reportFrom, minCount: 1 }
}

/** Number of senders relative to the required number. */
function levelOf(
  prefix: string,
  { ports, signatures }: ReturnType<typeof split>,
  { minPorts, minSignatures, minFiledSignatures, minFiledApart, minFiledAlike }: SenderThresholds,
): number {
  if (prefix === CAMPAIGN_SENDERS) return Math.max(ports.length / minPorts, signatures.length / minSignatures)
  const least =
    prefix === FILED_TEXT ? minFiledApart : prefix === ALIKE_SENDERS ? minFiledAlike : minFiledSignatures
  return enterprisesAmong(signatures) / least
}

/** Matches everything with a destination sent by the ports: a `match` cannot express text similarity. */
function matchOfAlike(ports: readonly string[]): Match {
  return { ports: ports.toSorted(), labels: ['marketing', 'finance', 'fraud', 'illicit'] }
}

/**
 * Matches advertising with links to the domain; without a domain, all advertising sent by the ports: a `match` cannot name
 * contacts.
 */
function matchOfPlace(domain: string | undefined, ports: readonly string[]): Match {
  const labels = ['marketing', 'finance'] as const
  return domain ? { domains: [domain], labels } : { ports: ports.toSorted(), labels }
}

/** Splits senders `<signature>@<port>` into ports and signatures, without duplicates. */
function split(senders: readonly string[]): { ports: string[]; signatures: string[] } {
  const ports = new Set<string>()
  const signatures = new Set<string>()
  for (const sender of senders) {
    const at = sender.lastIndexOf('@')
    ports.add(sender.slice(at + 1))
    if (at > 0 && sender.slice(0, at) !== '-') signatures.add(sender.slice(0, at))
  }
  return { ports: [...ports], signatures: [...signatures] }
}

/** Whether and as what a message counts towards a campaign. */
function countedAs(
  message: AnalysedMessage,
  registry: Registry,
  personalCertainty: number,
): 'open' | 'filed' | undefined {
  const { malicious, commercial, signature, scores, ts } = message
  if (!malicious && !commercial) return undefined
  if (!isFiledHere(message, registry)) {
    // People forward greetings and jokes that look like advertising.
    const forwarded = !signature && isPersonal(senderKind(message.from)) && !leadsSomewhere(message)
    return forwarded && scores.fraud + scores.illicit < personalCertainty ? undefined : 'open'
  }
  const { brand, campaigns } = registry.signature(signature!.key)!
  if (brand !== undefined) return undefined
  if (malicious) return 'open'
  return campaigns.some(({ from, to }) => from <= ts && ts < to) ? undefined : 'filed'
}
