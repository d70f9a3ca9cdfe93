import type { AnyCode } from './code-spec.ts'
import type { EscalationEvidence, EvidenceOf } from './evidence-fields.ts'
import * as fields from './evidence-fields.ts'
import { ESCALATED_HOLD, isStillForeign } from './shared/escalated.ts'
import type { Locale } from './words.ts'

const EVIDENCE = {
  says: fields.chinese(
    '规则',
    fields.group(
      { en: fields.text('in English'), 'zh-CN': fields.text('in Chinese') },
      'what the rule says of the message, in both languages: readers need no file of rules',
    ),
  ),
  because: fields.chinese('理由', fields.text('why the operator has the rule')),
  signs: fields.chinese(
    '命中信号',
    fields.list(fields.text('a sign'), 'signs of its `when` that the message shows'),
  ),
  quotes: fields.chinese(
    '命中词语',
    fields.list(fields.text('a word of normalised text'), 'words that it found, masked', 5),
  ),
}

type Said = EvidenceOf<typeof EVIDENCE> & Partial<EscalationEvidence>

const SENTENCES: Readonly<Record<Locale, (evidence: Said) => string>> = {
  en: ({ says, messages, recipients, window }) =>
    messages === undefined
      ? says.en
      : `${messages} messages to ${recipients} recipients in ${window} minutes: ${says.en}`,
  'zh-CN': ({ says, messages, recipients, window }) =>
    messages === undefined
      ? says['zh-CN']
      : `${window} 分钟内 ${messages} 条短信发给 ${recipients} 个号码：${says['zh-CN']}`,
}

/** The definition common to all codes of operators' rules (`OP_…`); differences are in the evidence and the rules in force. */
export const OWN_CODES = {
  order: 1000,
  targets: ['message'],
  escalates: ['domain', 'sender'],
  action: 'review',
  mode: 'enforce',
  weight: 0.5,
  thresholds: { hold: ESCALATED_HOLD },
  evidence: EVIDENCE,
  summary: "one of the operator's own rules",
  called: { 'zh-CN': '自定义规则' },
  fires: "What the `when` of the operator's rule says holds.",
  tune: 'Change the rule; the policy overrides its action, mode and weight.',
  sentences: SENTENCES as unknown as AnyCode['sentences'],
  // A rule may apply to a sender whose port is filed.
  stillJustified: (state, registry) =>
    (state.target.kind === 'sender' && state.match.signature !== undefined) ||
    isStillForeign(state, registry),
} as const satisfies AnyCode
