import { type PlantingContext, type Span, scripted, textOf } from './planting-context.ts'
import type { PlannedMessage, Plant, PlantedEvent } from './plants.ts'
import { PLANTED, type PlantedFamily } from './texts-planted.ts'

/** Limits of the shipped policy: strangers per number, and numbers per series with two or more strangers each. */
const STRANGERS = 20
const NUMBERS = 20

/** Texts of one family from private numbers in turn, each to a recipient that gets nothing else. */
function drafted(
  context: PlantingContext,
  span: Span,
  event: string,
  family: PlantedFamily,
  numbers: readonly string[],
  to: readonly string[],
): PlannedMessage[] {
  return context.times(span, to.length).map((ts, i) => {
    const text = textOf(family, context.random, ts)
    const from = numbers[i % numbers.length]!
    return { ts, from, to: to[i]!, text, label: PLANTED[family].label, event }
  })
}

const target = (number: string) => ({ kind: 'sender' as const, id: `-@${number}` })

/** One number that sends similar texts to many recipients. */
function fanout(
  context: PlantingContext,
  hour: number,
  event: string,
  family: PlantedFamily,
  number: string,
  count: number,
): Plant {
  const span = context.span(hour, 40)
  const drafts = drafted(context, span, event, family, [number], context.recipients(count))
  const isRaised = !event.startsWith('near-') && count >= STRANGERS
  const more = isRaised ? { needs: STRANGERS } : { raise: false as const }
  return scripted(drafts, {
    truth: [{ event, code: 'PRIVATE_FANOUT', target: target(number), ...span, ...more }],
  })
}

/** The cards of a SIM box, each below the limit for one number. */
function simBox(context: PlantingContext, hour: number, series: string, cards: number): Plant {
  const event = 'sim-box'
  const span = context.span(hour, 45)
  const numbers = Array.from({ length: cards }, (_, i) => `${series}${String(37 * i + 11).padStart(4, '0')}`)
  const drafts = drafted(context, span, event, 'debtThreat', numbers, context.recipients(6 * cards))
  const possible = drafts[cards + NUMBERS - 1]!.ts
  const truth = numbers.map(
    (number): PlantedEvent => ({ event, code: 'PRIVATE_FANOUT', target: target(number), ...span, possible }),
  )
  return scripted(drafts, { truth })
}

/** Private numbers that write to strangers, and some that write to many people they know. */
export function fanoutPlants(context: PlantingContext): Plant[] {
  return [
    fanout(context, 9.5, 'wrong-number', 'wrongNumber', '13912340001', 34),
    fanout(context, 15.5, 'new-boss', 'newBoss', '15912340002', 28),
    fanout(context, 11, 'wrong-number', 'wrongNumber', '85291234567', 45),
    fanout(context, 14.5, 'few-strangers', 'wrongNumber', '13912340003', 14),
    fanout(context, 10.5, 'near-wedding', 'wedding', '13912340004', 80),
    fanout(context, 16, 'near-class', 'classNotice', '13912340005', 48),
    fanout(context, 19.5, 'near-greetings', 'greetings', '13912340006', 120),
    simBox(context, 18, '1671234', 24),
  ]
}
