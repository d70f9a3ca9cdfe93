import { MINUTE } from '../../domain/time.ts'
import type { Sender } from './cast.ts'
import { message, type PlantingContext, scripted } from './planting-context.ts'
import type { PlannedMessage, Plant } from './plants.ts'
import type { ComplaintRow } from './side-inputs.ts'

/** The shipped policy needs this many complaints to raise a state. */
const LEAST = 5
const WORDS = [
  '一天好几条，早就说了不要',
  '骚扰短信，没订过',
  '退订了还在发',
  '虚假优惠，投诉',
  '不认识的商家',
]

interface Complained {
  /** The member that the rows name: signature or port. */
  readonly about: 'signature' | 'port'
  readonly sent: number
  readonly complaints: number
  /** Number of repetitions of the first row, which must count once. */
  readonly repeats?: number
}

/** A shop advertises for an hour, and some recipients complain during the following two hours. */
function complaints(
  context: PlantingContext,
  shop: Sender,
  hour: number,
  { about, sent, complaints: count, repeats = 0 }: Complained,
): Plant {
  const { random } = context
  const event = count < LEAST ? 'few-complaints' : `complaints-${about}`
  const port = shop.ports[0]!
  const to = context.recipients(sent)
  const drafts = context.times(context.span(hour, 60), sent).map(
    (ts, i): PlannedMessage => ({
      ...message(shop, 'offer', random, { ts, to: to[i]!, event }),
      from: port,
    }),
  )
  const span = context.span(hour + 1.1, 110)
  const rows = context.times(span, count).map((ts, i): ComplaintRow => {
    const { to: by, text } = drafts[i * Math.floor(sent / count)]!
    return {
      id: `c${port}.${i}`,
      ts,
      ...(about === 'signature' ? { signature: shop.signature } : { from: port }),
      to: by,
      text: `${text} ${random.pick(WORDS)}`,
      source: i % 3 === 2 ? 'hotline' : '12321',
      category: 'marketing',
    }
  })
  const again = Array.from({ length: repeats }, (_, i) => ({ ...rows[0]!, ts: span.to - i * MINUTE }))
  const fifth = rows[LEAST - 1]
  return scripted(drafts, {
    sides: { complaints: [...rows, ...again] },
    truth: [
      {
        event,
        code: 'COMPLAINT_SPIKE',
        target: { kind: about, id: about === 'signature' ? shop.signature : port },
        from: rows[0]!.ts,
        to: span.to + MINUTE,
        ...(fifth ? { possible: fifth.ts } : { raise: false }),
      },
    ],
  })
}

/** Complaints about a signature, complaints about a port, and too few complaints for a state. */
export function complaintPlants(context: PlantingContext): Plant[] {
  const { shops } = context
  const on = (i: number, hour: number, complained: Complained) =>
    complaints(context, shops[i]!, hour, complained)
  return [
    on(16, 8.5, { about: 'signature', sent: 400, complaints: 8 }),
    on(17, 9, { about: 'port', sent: 300, complaints: 7 }),
    on(18, 9.5, { about: 'signature', sent: 300, complaints: 4, repeats: 3 }),
    on(19, 13.5, { about: 'signature', sent: 600, complaints: 12 }),
    on(20, 14, { about: 'port', sent: 300, complaints: 9 }),
    on(21, 15, { about: 'port', sent: 300, complaints: 3, repeats: 2 }),
    on(22, 18, { about: 'signature', sent: 400, complaints: 6 }),
    on(23, 18.25, { about: 'port', sent: 400, complaints: 6 }),
    on(24, 17, { about: 'signature', sent: 300, complaints: 4 }),
  ]
}
