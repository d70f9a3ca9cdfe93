import { isFiledHere } from '../../domain/filing.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import type { Notices, Twin } from '../../domain/notices.ts'
import type { Registry } from '../../domain/registry.ts'
import { claimOf } from './brand-decision/claimed-brands.ts'
import { asksForAccount, strangeContacts, strangeLinks } from './brand-decision/twin.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { isStranger } from './shared/account-call.ts'
import { type Traces, tracesOf } from './shared/traces.ts'

/** Limit of links and numbers listed in evidence. */
const LISTED = 5

/** Shorter numbers (95xxx, 12xxx) are assigned to institutions only, so a caller always reaches their owner. */
const LONGEST_SHORT_NUMBER = 6

const NO_NOTICE: Pick<Twin, 'hosts' | 'numbers' | 'carries'> = {
  hosts: new Set(),
  numbers: new Set(),
  carries: new Set(),
}

export const knownTemplate = defineMessageCode({
  code: 'KNOWN_TEMPLATE',
  order: 55,
  planted: false,
  confirms: 'evidence',
  action: 'block',
  weight: 0.9,
  thresholds: {
    blockFrom: {
      default: 3,
      unit: 'people',
      min: 1,
      max: 32,
      whole: true,
      says: 'people who confirmed the wording; below, at most `review`',
    },
  },
  needs: ['sender', 'time'],
  evidence: {
    label: fields.label('what the confirmed message is'),
    similarity: fields.share('words that both have'),
    people: fields.chinese('确认人数', fields.count('people here who confirmed messages of this wording')),
    source: fields.chinese('来源', fields.text('local, or the list with which it was imported')),
    found: fields.list(
      fields.text('a domain, number or handle'),
      "where it leads that is not the brand's; empty: to an account",
      LISTED,
    ),
  },
  summary: 'a near copy of a message that was confirmed as fraud or illicit',
  called: { 'zh-CN': '已知违规模板' },
  fires: 'The text nearly copies a message confirmed as fraud or illicit ([templates.md](templates.md)).',
  tune: 'Feedback `false_positive` removes the template.',
  sentences: {
    en: ({ label, similarity, people, source }, { percent }) =>
      `A near copy (${percent(similarity)} of the words) of a message ${
        people === 0
          ? `that the list ${source} has as ${label}`
          : `that ${people === 1 ? 'one person' : `${people} people`} confirmed as ${label}`
      }.`,
    'zh-CN': ({ similarity, people, source }, { percent }) =>
      `与${people === 0 ? `名单“${source}”中` : `${people} 人已确认`}的违规短信高度相似（相同用词 ${percent(similarity)}）。`,
  },
}).detectedBy((message, { registry, notices, templates }, { thresholds }) => {
  if (!templates || templates.size === 0) return undefined
  const leads = strangeLeads(message, registry, notices)
  const met = leads && templates.nearest(message)
  if (!met) return undefined
  const { label, confirmations, source } = met.template
  const people = confirmations.length
  return {
    score: Math.min(1, 0.5 + met.similarity / 2),
    evidence: {
      label,
      similarity: Math.round(met.similarity * 1000) / 1000,
      people,
      source,
      found: leads.slice(0, LISTED),
    },
    ...(people < thresholds.blockFrom ? { cap: 'review' as const } : {}),
  }
})

/** Whether a message comes from a port filed for its sender, or from a number of a registered brand. */
export function isFromOwner(message: AnalysedMessage, registry: Registry, traces?: Traces): boolean {
  const { ownPort } = traces ?? tracesOf(claimOf(message, registry)?.brand, message, registry)
  return ownPort || isFiledHere(message, registry) || registry.brandByHotline(message.from) !== undefined
}

/** Destinations of a message that are not the brand's; undefined if there are none or the sender is the brand. */
function strangeLeads(
  message: AnalysedMessage,
  registry: Registry,
  notices: Notices | undefined,
): readonly string[] | undefined {
  const isPaid = asksForAccount(message)
  if (message.urls.length === 0 && message.contacts.length === 0 && !isPaid) return undefined
  const brand = claimOf(message, registry)?.brand
  const traces = tracesOf(brand, message, registry)
  if (isFromOwner(message, registry, traces)) return undefined
  const notice = (brand && notices?.twinOf(brand.id, message, registry)) ?? NO_NOTICE
  const isOfOther = brand === undefined || isStranger(traces)
  const contacts = strangeContacts(notice, message, registry).filter(
    ({ kind, value }) =>
      // A brand may name unlisted branches, unless someone else is the sender.
      (kind !== 'landline' && kind !== 'hotline') || (isOfOther && value.length > LONGEST_SHORT_NUMBER),
  )
  const leads = [
    ...strangeLinks(notice, message, registry, notices),
    ...contacts.map(({ value }) => value),
    // A brand may also use a public shortener.
    ...(isOfOther && traces.shortener ? [traces.shortener.domain] : []),
  ]
  return leads.length > 0 || isPaid ? leads : undefined
}
