import type { Draft, Plant } from './events.ts'
import { MINUTE, message, type Setting, type Span, scripted } from './setting.ts'

/** The shipped limits: one message more is a flood. */
const PER_HOUR = 10
const PER_DAY = 30

/** One recipient is advertised to by many lawful shops. `possible`: the first message beyond the limit. */
function flood(setting: Setting, span: Span, count: number, event: string, limit: number): Plant {
  const [victim] = setting.recipients(1) as [string]
  const drafts = setting.times(span, count).map((ts): Draft => {
    const shop = setting.random.pick(setting.shops)
    return message(shop, 'offer', setting.random, { ts, to: victim, event })
  })
  const over = drafts[limit]
  return scripted(drafts, {
    truth: [
      {
        event,
        code: 'RECIPIENT_FLOOD',
        target: { kind: 'recipient', id: victim },
        from: span.from,
        to: span.to,
        ...(over ? { possible: over.ts } : { raise: false }),
      },
    ],
  })
}

/** Too many advertisements in an hour, too many in a day, and just not too many. */
export function recipientPlants(setting: Setting): Plant[] {
  const hourly = (hour: number, count: number) =>
    flood(
      setting,
      setting.span(hour, 50),
      count,
      count > PER_HOUR ? 'marketing-flood' : 'marketing-below-cap',
      PER_HOUR,
    )
  return [
    hourly(9.25, 16),
    hourly(14, 15),
    hourly(19, 16),
    hourly(10, 9),
    hourly(15.25, 9),
    hourly(18, 10),
    flood(
      setting,
      { from: setting.at(8) + MINUTE, to: setting.at(20.9) },
      40,
      'marketing-flood-day',
      PER_DAY,
    ),
    flood(
      setting,
      { from: setting.at(8) + MINUTE, to: setting.at(20.9) },
      27,
      'marketing-below-day-cap',
      PER_DAY,
    ),
  ]
}
