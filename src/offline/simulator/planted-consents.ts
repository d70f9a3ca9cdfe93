import type { Code } from '../../domain/codes.ts'
import { given } from '../../domain/given.ts'
import { MINUTE } from '../../domain/time.ts'
import type { Sender } from './cast.ts'
import { message, type PlantingContext, scripted } from './planting-context.ts'
import type { PlannedMessage, Plant } from './plants.ts'
import type { ConsentRow, ReplyRow } from './side-inputs.ts'

const REFUSALS = ['T', 'TD', '退订', 'td', '回T退订', '不要再发了', ' t ', '拒收']
const CHATTER = ['好的谢谢', '几点开门', '?', '收到', '地址发我一下']
const WAIT = 30 * MINUTE

/** Recipients reply to an advertisement, some of them with a refusal, and receive another one. */
function byReply(context: PlantingContext, shop: Sender, hour: number): Plant {
  const { random } = context
  const to = context.recipients(60)
  const first = context.times(context.span(hour, 15), to.length)
  const replies: ReplyRow[] = []
  const drafts: PlannedMessage[] = []
  to.forEach((recipient, i) => {
    const refuses = i % 2 === 0
    const offer = message(shop, 'offer', random, { ts: first[i]!, to: recipient, event: 'first-offer' })
    drafts.push(offer)
    if (refuses || i % 3 === 0) {
      replies.push({
        id: `r${recipient}`,
        ts: offer.ts + random.int(20_000, 8 * MINUTE),
        from: recipient,
        to: offer.from,
        text: random.pick(refuses ? REFUSALS : CHATTER),
      })
    }
    const codes: Code[] = refuses ? ['AFTER_OPT_OUT'] : []
    const event = refuses ? 'after-reply-opt-out' : 'near-answered-or-silent'
    drafts.push(
      message(shop, 'offer', random, {
        ts: offer.ts + WAIT + random.int(0, MINUTE),
        to: recipient,
        event,
        codes,
      }),
    )
  })
  return scripted(drafts, { sides: { replies } })
}

/** A refusal in the ledger: messages after it are offences, messages before it and after a new consent are not. */
function byLedger(context: PlantingContext, shop: Sender, hour: number): Plant {
  const { random } = context
  const consents: ConsentRow[] = []
  const drafts: PlannedMessage[] = []
  const { from } = context.span(hour, 40)
  context.recipients(45).forEach((to, i) => {
    const signature = shop.signature
    const refused = from + random.int(10, 12) * MINUTE
    const before = { state: 'in', ts: from - 20 * 24 * 60 * MINUTE } as const
    consents.push({ signature, to, state: 'out', ts: refused, ...given({ was: i % 2 ? before : undefined }) })
    const returned = i % 3 === 2
    if (returned) {
      const was = { state: 'out', ts: refused } as const
      consents.push({ signature, to, state: 'in', ts: from + 20 * MINUTE, proof: 'signed at the till', was })
    }
    const send = (minute: number, event: string, codes: readonly Code[] = []) =>
      drafts.push(
        message(shop, 'offer', random, {
          ts: from + minute * MINUTE + random.int(0, 50_000),
          to,
          event,
          codes,
        }),
      )
    send(random.int(0, 8), 'near-before-refusal')
    send(random.int(14, 18), 'after-ledger-opt-out', ['AFTER_OPT_OUT'])
    if (returned) send(random.int(25, 38), 'near-consent-renewed')
  })
  return scripted(drafts, { sides: { consents } })
}

/** A signature that requires consent, with recipients who gave it, never gave it, had it ticked by default, or withdrew it. */
function required(context: PlantingContext, hour: number): Plant {
  const { random } = context
  const shop = context.newShop({ consent: 'required' })
  const { signature } = shop
  const consents: ConsentRow[] = []
  const span = context.span(hour, 45)
  const long = span.from - 40 * 24 * 60 * MINUTE
  const to = context.recipients(80)
  const drafts = context.times(span, to.length).map((ts, i): PlannedMessage => {
    const recipient = to[i]!
    const row = { signature, to: recipient, ts: long + i * MINUTE }
    const send = (event: string, codes: readonly Code[] = []) =>
      message(shop, 'offer', random, { ts, to: recipient, event, codes })
    switch (i % 4) {
      case 0:
        consents.push({ ...row, state: 'in', proof: 'form 2026-10' })
        return send('near-consented')
      case 1:
        return send('no-consent', ['NO_CONSENT'])
      case 2:
        consents.push({ ...row, state: 'in', proof: 'default' })
        return send('consent-by-default', ['NO_CONSENT'])
      default:
        consents.push({
          ...row,
          ts: span.from - 5 * MINUTE,
          state: 'out',
          was: { state: 'in', ts: row.ts },
        })
        return send('consent-withdrawn', ['NO_CONSENT', 'AFTER_OPT_OUT'])
    }
  })
  return scripted(drafts, { senders: [shop], sides: { consents } })
}

/** Repeated requests for consent: too early to count, after an answer, and without an answer. */
function asked(context: PlantingContext, shop: Sender, hour: number): Plant {
  const { random } = context
  const consents: ConsentRow[] = []
  const to = context.recipients(45)
  const drafts = context.times(context.span(hour, 20), to.length).flatMap((ts, i): PlannedMessage[] => {
    const recipient = to[i]!
    const ask = (at: number, event: string, codes: readonly Code[] = []) =>
      message(shop, 'askConsent', random, { ts: at, to: recipient, event, codes })
    const first = ask(ts, 'first-request')
    if (i % 3 === 0) return [first, ask(ts + 2 * MINUTE, 'near-retried-request')]
    if (i % 3 === 1) {
      consents.push({ signature: shop.signature, to: recipient, state: 'in', ts: ts + 5 * MINUTE })
      return [first, ask(ts + 25 * MINUTE, 'near-request-after-answer')]
    }
    return [first, ask(ts + 25 * MINUTE, 'consent-reasked', ['CONSENT_REASKED'])]
  })
  return scripted(drafts, { sides: { consents } })
}

/** Plants about consent, given in replies and in the ledger. */
export function consentPlants(context: PlantingContext): Plant[] {
  const { shops } = context
  return [9, 13, 18].flatMap((hour, i) => [
    byReply(context, shops[54 + i]!, hour + 0.5),
    byLedger(context, shops[58 + i]!, hour + 0.75),
    required(context, hour + 0.25),
    asked(context, shops[62 + i]!, hour + 0.5),
  ])
}
