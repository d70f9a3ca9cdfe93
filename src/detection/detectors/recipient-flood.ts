import type { TallyObservation } from '../../domain/feature-store.ts'
import { COMMERCIAL } from '../../domain/labels.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import { defineStateCode, hold } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

const messages = (default_: number, says: string) => ({
  default: default_,
  unit: 'messages',
  min: 1,
  max: 1_000_000_000,
  whole: true as const,
  says,
})

const thresholds = {
  otp10m: messages(8, 'one-time passwords to one recipient in ten minutes'),
  commercial1h: messages(10, 'commercial messages to one recipient in one hour'),
  commercial24h: messages(30, 'the same in 24 hours'),
  hold: hold(600, 'seconds below the limits after which the state clears'),
}
type Limits = Readonly<Record<keyof typeof thresholds, number>>

const NONE: readonly never[] = []

interface Flood {
  /** Kind of the tally in the feature store. */
  readonly kind: string
  readonly counts: 'otp' | 'commercial'
  /** Window, ms. */
  readonly window: number
  readonly limit: (limits: Limits) => number
}

/** Tallies kept per recipient. */
const FLOODS: readonly Flood[] = [
  { kind: 'otp-10m', counts: 'otp', window: 600_000, limit: ({ otp10m }) => otp10m },
  {
    kind: 'commercial-1h',
    counts: 'commercial',
    window: 3_600_000,
    limit: ({ commercial1h }) => commercial1h,
  },
  {
    kind: 'commercial-24h',
    counts: 'commercial',
    window: 86_400_000,
    limit: ({ commercial24h }) => commercial24h,
  },
]

/** The target is the recipient's token, never the number. */
export const recipientFlood = defineStateCode({
  code: 'RECIPIENT_FLOOD',
  order: 210,
  targets: ['recipient'],
  action: 'throttle',
  weight: 0.6,
  limit: { perMinute: 1 },
  thresholds,
  evidence: {
    kind: fields.oneOf(['otp', 'commercial'], 'what is counted, otp or commercial'),
    count: fields.count('messages in the window'),
    limit: fields.amount('messages that are allowed in it'),
    window: fields.amount('its seconds'),
  },
  summary: 'one recipient is bombed with messages',
  called: { 'zh-CN': '短信轰炸' },
  fires: 'One recipient gets more one-time passwords or commercial messages than the limits.',
  tune: 'Put your test numbers into `exemptions` (`recipient:<token>`).',
  sentences: {
    en({ kind, count, window, limit }, { duration }) {
      const what = kind === 'otp' ? 'one-time passwords' : 'commercial messages'
      return `${count} ${what} to one recipient in ${duration(window)}; ${limit} are allowed.`
    },
    'zh-CN'({ kind, count, window, limit }, { duration }) {
      const what = kind === 'otp' ? '验证码' : '商业短信'
      return `${duration(window)}内向同一号码发送${what} ${count} 条，上限 ${limit} 条。`
    },
  },
}).raisedBy({
  tallies({ message }, _context, policy) {
    // Most messages are neither.
    if (!message.otp && !message.commercial) return NONE
    const { toToken: id } = message
    // Lists are held for a whole batch, and a grown list keeps spare capacity.
    let asked: readonly TallyObservation[] = NONE
    for (const flood of FLOODS) {
      if (!counts(flood, message)) continue
      const { kind, window, limit } = flood
      const tally = { kind, id, window, reportFrom: limit(policy.thresholds) + 1 }
      asked = asked.length === 0 ? [tally] : [...asked, tally]
    }
    return asked
  },
  onTally({ kind, id, count }, at, _context, policy) {
    const flood = FLOODS.find((one) => one.kind === kind)
    if (!flood) return undefined
    const limit = flood.limit(policy.thresholds)
    if (count <= limit) return undefined
    return {
      target: { kind: 'recipient', id },
      at,
      over: true,
      level: count / limit,
      score: Math.min(1, 0.4 + (0.2 * count) / limit),
      match: { toToken: id, ...(flood.counts === 'commercial' ? { labels: COMMERCIAL } : {}) },
      evidence: { kind: flood.counts, count, limit, window: flood.window / 1000 },
    }
  },
})

function counts(flood: Flood, message: AnalysedMessage): boolean {
  return flood.counts === 'otp' ? message.otp : message.commercial
}
