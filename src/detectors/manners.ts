import type { Finding } from '../domain/decision.ts'
import { type MessageContext, type MessageDetector, threshold } from '../domain/detector.ts'
import type { AnalysedMessage } from '../domain/message.ts'

const MINUTE = 60_000
const DAY = 1440

/**
 * OPT_OUT_MISSING: commercial text of `minLength` characters or more without a way out; silent for partial messages.
 * Evidence: `label`.
 *
 * QUIET_HOURS: commercial text inside the quiet hours of its label, by event time. Evidence: `label`, `localTime`
 * (HH:MM in the zone of the policy), `quiet` (HH:MM-HH:MM).
 */
export const manners: MessageDetector = {
  codes: ['OPT_OUT_MISSING', 'QUIET_HOURS'],
  detect(message, context) {
    if (!message.commercial) return []
    const found: Finding[] = []
    const { label } = message
    if (!message.optOut && !message.partial) {
      const least = threshold(context.judge('OPT_OUT_MISSING'), 'minLength')
      if (lengthOf(message.text) >= least)
        found.push({ code: 'OPT_OUT_MISSING', score: 1, evidence: { label } })
    }
    const quiet = quietHours(message, context)
    if (quiet) found.push(quiet)
    return found
  },
}

function quietHours({ label, ts }: AnalysedMessage, context: MessageContext): Finding | undefined {
  const { spans, zone } = context.quietHours()
  const span = spans.get(label)
  if (!span || span.from === span.to) return undefined
  const minute = (((Math.floor(ts / MINUTE) + zone) % DAY) + DAY) % DAY
  const wraps = span.from > span.to
  const inside = wraps ? minute >= span.from || minute < span.to : minute >= span.from && minute < span.to
  if (!inside) return undefined
  const evidence = { label, localTime: clock(minute), quiet: `${clock(span.from)}-${clock(span.to)}` }
  return { code: 'QUIET_HOURS', score: 1, evidence }
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

/** Code points. */
function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
