import { MINUTE } from '../../domain/time.ts'
import { message, type PlantingContext, type Span, scripted } from './planting-context.ts'
import type { PlannedMessage, Plant } from './plants.ts'

/** Limits of the shipped policy; one more message is a flood. */
const PER_HOUR = 10
const PER_DAY = 30

/** Many lawful shops advertise to one recipient. `possible` is the time of the first message beyond the limit. */
function flood(context: PlantingContext, span: Span, count: number, event: string, limit: number): Plant {
  const [victim] = context.recipients(1) as [string]
  const drafts = context.times(span, count).map((ts): PlannedMessage => {
    const shop = context.random.pick(context.shops)
    return message(shop, 'offer', context.random, { ts, to: victim, event })
  })
  const over = drafts[limit]
  return scripted(drafts, {
    truth: [
      {
        event,
        code: 'RECIPIENT_FLOOD',
        target: { kind: 'recipient', id: victim },
        ...span,
        ...(over ? { possible: over.ts } : { raise: false }),
      },
    ],
  })
}

/** Recipients with too many advertisements in an hour, in a day, and just within the limits. */
export function recipientPlants(context: PlantingContext): Plant[] {
  const hourly = (hour: number, count: number) =>
    flood(
      context,
      context.span(hour, 50),
      count,
      count > PER_HOUR ? 'marketing-flood' : 'marketing-below-cap',
      PER_HOUR,
    )
  const day = { from: context.at(8) + MINUTE, to: context.at(20.9) }
  return [
    hourly(9.25, 16),
    hourly(14, 15),
    hourly(19, 16),
    hourly(10, 9),
    hourly(15.25, 9),
    hourly(18, 10),
    flood(context, day, 40, 'marketing-flood-day', PER_DAY),
    flood(context, day, 27, 'marketing-below-day-cap', PER_DAY),
  ]
}
