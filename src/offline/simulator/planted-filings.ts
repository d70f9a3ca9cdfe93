import type { Code } from '../../domain/codes.ts'
import type { Sender } from './cast.ts'
import {
  ESCALATES,
  escalating,
  message,
  type PlantingContext,
  type Span,
  scripted,
  textOf,
} from './planting-context.ts'
import { type PlannedMessage, type Plant, signed } from './plants.ts'

/** Messages of one signature from one port, each to another recipient. */
function sends(
  context: PlantingContext,
  span: Span,
  count: number,
  own: { readonly signature?: string; readonly from: string; readonly event: string; readonly code: Code },
): PlannedMessage[] {
  const { random } = context
  const to = context.recipients(count)
  return context.times(span, count).map((ts, i) => {
    const text = textOf('offer', random, ts)
    return {
      ts,
      from: own.from,
      to: to[i]!,
      text: own.signature === undefined ? text : signed(own.signature, text),
      label: 'marketing',
      codes: [own.code],
      event: own.event,
    }
  })
}

const senderOf = (signature: string, from: string) => ({
  kind: 'sender' as const,
  id: `${signature}@${from}`,
})

/** Messages of an invented signature from an invented port, frequent enough for a state or not. */
function unfiled(context: PlantingContext, hour: number, often: boolean): Plant {
  const signature = context.unfiledName()
  const from = `1065${context.random.digits(9)}`
  const span = context.span(hour, often ? 12 : 120)
  const event = often ? 'unfiled-sender' : 'unfiled-seldom'
  const code = 'SIGNATURE_UNFILED'
  const drafts = sends(context, span, often ? 10 : 15, { signature, from, event, code })
  return escalating(drafts, code, senderOf(signature, from), span, often ? undefined : { raise: false })
}

function lapsed(context: PlantingContext, hour: number, status: 'suspended' | 'revoked'): Plant {
  const shop = context.newShop({ status })
  const from = shop.ports[0]!
  const span = context.span(hour, 15)
  const code = 'SIGNATURE_UNFILED'
  const drafts = sends(context, span, 10, {
    signature: shop.signature,
    from,
    event: `filing-${status}`,
    code,
  })
  return { ...escalating(drafts, code, senderOf(shop.signature, from), span), senders: [shop] }
}

function wrongPort(context: PlantingContext, shop: Sender, host: Sender, hour: number): Plant {
  const from = host.ports[0]!
  const span = context.span(hour, 12)
  const event = 'wrong-port-sender'
  const code = 'SIGNATURE_WRONG_PORT'
  const drafts = sends(context, span, 10, { signature: shop.signature, from, event, code })
  return escalating(drafts, code, senderOf(shop.signature, from), span, {
    needs: ESCALATES,
    // The port also carries its own signature.
    also: ['PORT_SUBLET'],
  })
}

/** Without a signature only the port could be matched, and that belongs to a lawful sender, so no state may be raised. */
function missing(context: PlantingContext, host: Sender, hour: number): Plant {
  const from = host.ports[0]!
  const span = context.span(hour, 30)
  const drafts = sends(context, span, 20, { from, event: 'signature-missing', code: 'SIGNATURE_MISSING' })
  return scripted(drafts)
}

/** Advertisements of a sender whose signature is filed for notices only, and advertisements inside one-time passwords. */
function scope(context: PlantingContext, hour: number): Plant {
  const { random } = context
  const couriers = ['顺丰速运', '中通快递', '圆通速递'].map((name) => context.named(name))
  const to = context.recipients(40)
  const span = context.span(hour, 40)
  const drafts = context.times(span, to.length).map((ts, i) => {
    const own = { ts, to: to[i]!, codes: ['SCOPE_EXPANDED'] as const }
    return i % 2
      ? message(random.pick(couriers), 'parcelOffer', random, { ...own, event: 'scope-signature' })
      : message(random.pick(context.shops), 'codeWithOffer', random, { ...own, event: 'scope-otp' })
  })
  return scripted(drafts)
}

/** Signatures that are not filed, or filed for something else. */
export function filingPlants(context: PlantingContext): Plant[] {
  const { shops } = context
  return [9, 14, 19].flatMap((hour, i) => [
    unfiled(context, hour + 0.2, true),
    wrongPort(context, shops[66 + i]!, shops[70 + i]!, hour + 0.3),
    missing(context, shops[74 + i]!, hour + 0.4),
    scope(context, hour),
    unfiled(context, hour - 1, false),
    lapsed(context, hour + 0.6, i % 2 ? 'suspended' : 'revoked'),
  ])
}
