import { senderId } from '../domain/decision.ts'
import { isFiledHere } from '../domain/filing.ts'
import { hash32 } from '../domain/hash32.ts'
import type { AnalysedMessage } from '../domain/message.ts'
import type { Registry } from '../domain/registry.ts'
import { defineStateCode, hold, period } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { surroundingsOf } from './shared/traces.ts'

/** Entity of the set of senders of one MinHash band. */
const CAMPAIGN_SENDERS = 'campaign-senders:'
/** Entity of the set of filed senders of one band that lead to the same place. */
const FILED_SENDERS = 'campaign-filed:'
/** Ports and signatures that the evidence lists, each. */
const LISTED = 20

/** A number of senders that the capped set of the feature store can hold. */
const senders = (default_: number, says: string) => ({
  default: default_,
  unit: 'senders',
  min: 2,
  max: 32,
  whole: true as const,
  says,
})

/**
 * One template over many ports or signatures, each below its own limit (a snowshoe). Counted are messages labelled fraud
 * or illicit, and commercial ones whose port is not filed for their signature; never those of a brand on its own filed
 * ports. Other filed senders of advertising count by themselves: shops may well share a text, so theirs must lead to the
 * same link, number or handle, and come under more signatures (shell companies).
 */
export const campaignBurst = defineStateCode({
  code: 'CAMPAIGN_BURST',
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
    minFiledSignatures: senders(
      12,
      'signatures on their own filed ports that sent one template that leads to one place, at least',
    ),
    window: period(3600, 86_400, 'seconds for which a sender counts after its last message of the template'),
    hold: hold(600, 'seconds below these numbers after which the state clears'),
  },
  evidence: {
    messages: fields.count('messages of the template in the window'),
    ports: fields.list(fields.text('a port'), 'the first 20 ports', LISTED),
    signatures: fields.list(fields.text('a signature'), 'the first 20 signatures', LISTED),
    portCount: fields.count('how many ports'),
    signatureCount: fields.count('how many signatures'),
    window: fields.amount('minutes in which they were counted'),
  },
  summary: 'one text spread over many ports and signatures',
  fires:
    'One template (digits, links and names masked) in texts labelled marketing, finance, fraud or illicit, over many ports or signatures. A brand on its own filed ports does not count. Advertising on ports that are filed for its signature counts by itself: its senders must lead to the same link, number or handle, and be `minFiledSignatures` or more. Notices, one-time passwords and personal texts are never campaigns.',
  why: 'Spreading one campaign over many senders keeps each of them below its own limit.',
  tune: 'Raise `minPorts` and `minSignatures` where resellers spread honest campaigns over a pool of ports, and `minFiledSignatures` where one enterprise advertises under many filed signatures.',
  sentences: {
    en: ({ messages, portCount, signatureCount, window }) =>
      `One template in ${messages} messages over ${portCount} ports and ${signatureCount} signatures in ${window} minutes.`,
    'zh-CN': ({ messages, portCount, signatureCount, window }) =>
      `${window} 分钟内同一模板经 ${portCount} 个端口、${signatureCount} 个签名发送 ${messages} 条。`,
  },
}).raisedBy({
  members({ message }, { registry }, { thresholds }) {
    const counted = countedAs(message, registry)
    if (!counted) return []
    const { window, minPorts, minSignatures, minFiledSignatures } = thresholds
    const member = senderId(message.signature?.name, message.from)
    const asked = { member, window: window * 1000, minCount: 1 }
    if (counted === 'filed') {
      const [band] = message.bands
      const lead = leadOf(message, registry)
      if (band === undefined || lead === undefined) return []
      const entity = `${FILED_SENDERS}${band}/${hash32(lead).toString(16)}`
      return [{ entity, ...asked, reportFrom: minFiledSignatures }]
    }
    const reportFrom = Math.min(minPorts, minSignatures)
    return message.bands.map((band) => ({ entity: `${CAMPAIGN_SENDERS}${band}`, ...asked, reportFrom }))
  },
  onMembers({ entity, members, count, total }, at, _context, { thresholds }) {
    const filed = entity.startsWith(FILED_SENDERS)
    if (!filed && !entity.startsWith(CAMPAIGN_SENDERS)) return undefined
    const id = filed
      ? entity.slice(FILED_SENDERS.length, entity.indexOf('/'))
      : entity.slice(CAMPAIGN_SENDERS.length)
    const { ports, signatures } = split(members)
    const { minMessages, minPorts, minSignatures, minFiledSignatures } = thresholds
    const level = filed
      ? signatures.length / minFiledSignatures
      : Math.max(ports.length / minPorts, signatures.length / minSignatures)
    if (level < 1) return undefined
    return {
      target: { kind: 'campaign', id },
      at,
      over: total >= minMessages,
      level: Math.max(level, total / minMessages),
      score: Math.min(1, 0.5 + 0.1 * level),
      match: { campaign: id },
      evidence: {
        messages: total,
        ports: ports.slice(0, LISTED),
        signatures: signatures.slice(0, LISTED),
        portCount: Math.max(ports.length, count > members.length ? count : 0),
        signatureCount: signatures.length,
        window: thresholds.window / 60,
      },
    }
  },
})

/** Ports and signatures of senders `<signature>@<port>`, each once. */
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

/** Whether a message counts towards a campaign, and as what. */
function countedAs(message: AnalysedMessage, registry: Registry): 'open' | 'filed' | undefined {
  if (!message.malicious && !message.commercial) return undefined
  if (!isFiledHere(message, registry)) return 'open'
  if (registry.signature(message.signature!.key)?.brand !== undefined) return undefined
  return message.malicious ? 'open' : 'filed'
}

/** Where an advertisement leads that is no brand's: the domain of its link, else a number or handle. */
function leadOf(message: AnalysedMessage, registry: Registry): string | undefined {
  const { foreignLink, foreignCallback } = surroundingsOf(message, registry)
  return foreignLink?.domain ?? foreignCallback?.value
}
