import { DAY, MINUTE } from '../../domain/time.ts'
import { defineMessageCode } from './code-spec.ts'
import * as fields from './evidence-fields.ts'

const MINUTES_OF_DAY = DAY / MINUTE

/** Quiet hours of the shipped policy by label, and their time zone, in the form of `quietHours` in policy files. */
export const SHIPPED_HOURS = { marketing: '21:00-08:00', finance: '21:00-08:00', zone: '+08:00' } as const

export const quietHours = defineMessageCode({
  code: 'QUIET_HOURS',
  order: 160,
  confirms: 'commercial',
  needs: ['time'],
  action: 'observe',
  weight: 0.2,
  thresholds: {},
  evidence: {
    label: fields.label('label of the text'),
    localTime: fields.chinese(
      '当地时间',
      fields.textLike('^\\d\\d:\\d\\d$', 'time of the message on the clock of the policy'),
    ),
    quiet: fields.chinese(
      '免打扰时段',
      fields.textLike('^\\d\\d:\\d\\d-\\d\\d:\\d\\d$', 'the quiet hours of the label'),
    ),
  },
  summary: 'advertising outside the permitted hours',
  called: { 'zh-CN': '禁扰时段营销' },
  fires: 'A commercial text in the `quietHours` of the policy, by event time in its zone.',
  tune: 'Set the hours by label and carrier; `null` switches a label off.',
  sentences: {
    en: ({ label, localTime, quiet }, say) =>
      `A ${say.label(label)} text at ${localTime}, in the quiet hours ${quiet}.`,
    'zh-CN': ({ label, localTime, quiet }, say) =>
      `在免打扰时段 ${quiet} 内（${localTime}）发送${say.label(label)}短信。`,
  },
}).detectedBy(({ commercial, label, ts }, { quietHours: { spans, zone } }) => {
  const span = commercial ? spans.get(label) : undefined
  if (!span || span.from === span.to) return undefined
  const minute = (((Math.floor(ts / MINUTE) + zone) % MINUTES_OF_DAY) + MINUTES_OF_DAY) % MINUTES_OF_DAY
  const wraps = span.from > span.to
  const inside = wraps ? minute >= span.from || minute < span.to : minute >= span.from && minute < span.to
  if (!inside) return undefined
  const quiet = `${clock(span.from)}-${clock(span.to)}`
  return { score: 1, evidence: { label, localTime: clock(minute), quiet } }
})

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
