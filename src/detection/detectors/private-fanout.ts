import { senderId } from '../../domain/decision.ts'
import type { SignalContext } from '../../domain/detector.ts'
import type { AnalysedMessage } from '../../domain/message.ts'
import { portPrefix } from '../../domain/port-prefix.ts'
import { signsOf } from '../../domain/sketch.ts'
import { bucketEnd, DAY } from '../../domain/time.ts'
import { signsOfWords } from '../../text/sketch.ts'
import { privateFanoutWords } from '../rules/patterns.generated.ts'
import { SURE_TEXT } from './brand-decision/signs.ts'
import { defineStateCode, hold } from './code-spec.ts'
import * as fields from './evidence-fields.ts'
import { requestsIn } from './shared/requests.ts'
import { senderKind } from './shared/sender-kind.ts'
import { isHandle } from './shared/traces.ts'
import { isVisit, wordsOf } from './shared/wording.ts'

/** Window in which strangers are counted, minutes. */
const WINDOW = 60

const many = (default_: number, unit: string, says: string) => ({
  default: default_,
  unit,
  min: 2,
  max: 1_000_000_000,
  whole: true as const,
  says,
})

/**
 * Independent of the content of the text, except for festive messages: what people send to many acquaintances asks for nothing
 * and leads nowhere.
 */
export const privateFanout = defineStateCode({
  code: 'PRIVATE_FANOUT',
  order: 205,
  targets: ['sender'],
  action: 'review',
  weight: 0.5,
  thresholds: {
    minRecipients: many(
      20,
      'recipients',
      'strangers to whom one number sends alike texts within an hour; or',
    ),
    minNumbers: many(
      20,
      'numbers',
      'numbers of one series that send alike texts to two strangers or more each',
    ),
    occasionRecipients: many(
      500,
      'recipients',
      'the first for greetings, invitations, group news and announced visits',
    ),
    matureDays: {
      default: 7,
      unit: 'days',
      min: 0,
      max: 365,
      says: 'first days of a deployment, or after a gap of a day in its feed: at most `observe`',
    },
    hold: hold(1800, 'seconds without such a text after which the state clears'),
  },
  // People send mass greetings at festivals.
  atFestivals: { minRecipients: 100, minNumbers: 200 },
  evidence: {
    recipients: fields.chinese('陌生收件人数', fields.count('strangers who were sent alike texts')),
    numbers: fields.chinese(
      '同号段号码数',
      fields.optional(fields.count('numbers of the series that sent such texts to strangers')),
    ),
    window: fields.amount('minutes in which they were counted'),
  },
  summary: 'a private number writes the same to many strangers',
  called: { 'zh-CN': '个人号码群发' },
  fires:
    'Within an hour a mobile or overseas number sends alike texts to `minRecipients` strangers ([not written to](detection.md#private-numbers-that-write-to-strangers) for seven days), or `minNumbers` numbers of one series to two or more each. Not for numbers in the registry and one-time passwords. Greetings, invitations, group news and announced visits need `occasionRecipients` from one number, unless they have a link or handle, ask for something or read like fraud.',
  tune: 'Raise `minRecipients` if couriers or agents write to many, `occasionRecipients` for classes and weddings. The first and `minNumbers` are higher in festivals (`periods` of the policy). Put numbers of field staff into `exemptions` (`sender:-@13812345678`) or the registry.',
  sentences: {
    en: ({ recipients, numbers = 0, window }) =>
      `A private number sent alike texts to ${recipients} strangers in ${window} minutes${numbers > 1 ? `; ${numbers} numbers of its series did the same` : ''}.`,
    'zh-CN': ({ recipients, numbers = 0, window }) =>
      `${window} 分钟内个人号码向 ${recipients} 个陌生号码发送相似短信${numbers > 1 ? `，同号段共 ${numbers} 个号码如此` : ''}。`,
  },
}).raisedBy({
  fanout({ message }, context, { thresholds }) {
    const { from, toToken, otp, bands } = message
    const kind = senderKind(from)
    if ((kind !== 'mobile' && kind !== 'overseas') || otp) return undefined
    if (context.registry.port(from) !== undefined) return undefined
    const signs = comparedBy(message, context)
    if (signs === undefined) return undefined
    const { minRecipients: reportFrom, minNumbers } = thresholds
    const series = portPrefix(from) ?? from
    // Short texts are written identically by many people.
    const reportSeriesFrom = bands.length > 0 ? minNumbers : Number.POSITIVE_INFINITY
    return { number: from, series, toToken, signs, reportFrom, reportSeriesFrom }
  },
  onFanout({ number, strangers, numbers, since }, message, _context, { thresholds }) {
    const { minRecipients, minNumbers, occasionRecipients, matureDays } = thresholds
    const isOccasion = isOfOccasion(message)
    const level = Math.max(
      strangers / (isOccasion ? Math.max(minRecipients, occasionRecipients) : minRecipients),
      isOccasion ? 0 : numbers / minNumbers,
    )
    if (level < 1) return undefined
    return {
      target: { kind: 'sender', id: senderId(undefined, number) },
      at: bucketEnd(message.ts),
      over: true,
      level,
      score: Math.min(1, 0.5 + 0.1 * level),
      ...(message.ts - since < matureDays * DAY ? { cap: 'observe' as const } : {}),
      match: { ports: [number] },
      evidence: { recipients: strangers, ...(numbers > 1 ? { numbers } : {}), window: WINDOW },
    }
  },
})

function comparedBy(message: AnalysedMessage, { notices }: SignalContext) {
  const sketch = notices?.sketchOf(message)
  return sketch ? signsOf(sketch) : signsOfWords(message)
}

/** Whether it is a festive message: something people send to many acquaintances, without a destination. */
function isOfOccasion(message: AnalysedMessage): boolean {
  const { malicious, commercial, label, scores, urls, contacts, normalised } = message
  if (urls.length > 0 || contacts.some(isHandle)) return false
  const requests = requestsIn(normalised.text)
  const isWish = wordsOf(normalised.text).wish
  // Wishes of luck and riches read like advertising or a lure, but these name a number to call.
  if (isWish && requests.length === 0 && contacts.length === 0 && scores.fraud + scores.illicit < SURE_TEXT)
    return true
  if (malicious || commercial || label === 'fraud' || label === 'illicit') return false
  // Invitations may ask for a reply.
  if (requests.some((request) => request !== 'reply')) return false
  return isWish || privateFanoutWords.occasion.test(normalised.text) || isVisit(message)
}
