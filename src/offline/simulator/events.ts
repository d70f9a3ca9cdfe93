import type { Code } from '../../domain/codes.ts'
import { MINUTE } from '../../domain/time.ts'
import { type Sender, shopsOf } from './cast.ts'
import { linksOf, type Plant, signed, spread, steady, subscriber, unfiledName } from './plants.ts'
import type { Random } from './random.ts'
import { disguise, FAMILIES, type FamilyName, fill, foreignDomain } from './texts.ts'

export type BurstShape = 'step' | 'ramp' | 'climb' | 'spike' | 'pulses'

/** The rate at a point of the burst as a share of its peak, 0 to 1. */
function shapeAt(shape: BurstShape, minutes: number, length: number): number {
  if (shape === 'ramp') return Math.min(1, (minutes + 1) / Math.max(1, length / 2))
  if (shape === 'climb') return (minutes + 1) / length
  if (shape === 'pulses') return minutes % 4 === 0 ? 1 : 0
  return 1
}

/** A signature that sends marketing at many times its usual rate. */
export function burst(
  sender: Sender,
  at: { readonly from: number; readonly to: number; readonly perMinute: number; readonly shape: BurstShape },
): Plant {
  const family: FamilyName = sender.says.some(([name]) => name === 'shopMarketing')
    ? 'shopMarketing'
    : 'localMarketing'
  const length = Math.round((at.to - at.from) / MINUTE)
  const event = `burst-${at.shape}`
  return {
    from: at.from,
    to: at.to,
    truth: [
      {
        event,
        code: 'MARKETING_BURST',
        target: { kind: 'signature', id: sender.signature },
        from: at.from,
        to: at.to,
      },
    ],
    drafts(minute, random) {
      const level = shapeAt(at.shape, Math.round((minute - at.from) / MINUTE), length)
      return spread(minute, random.poisson(at.perMinute * level), random, (ts) => ({
        ts,
        from: random.pick(sender.ports),
        to: subscriber(random),
        text: signed(
          sender.signature,
          fill(random.pick(FAMILIES[family].texts), random, ts, linksOf(sender)),
        ),
        label: 'marketing',
        event,
      }))
    },
  }
}

/** Forged messages of a brand, from foreign ports and with a foreign domain. */
export function forgery(
  brand: Sender,
  at: { readonly from: number; readonly to: number; readonly perMinute: number; readonly claimed?: string },
  random: Random,
): Plant {
  const domain = foreignDomain(random)
  const ports = Array.from({ length: 3 }, () => `1068${random.digits(9)}`)
  const bank = brand.says.some(([name]) => name === 'bank')
  const claimed = at.claimed ?? brand.signature
  const event = at.claimed === undefined ? 'forged-brand' : 'lookalike-signature'
  const codes: Code[] =
    at.claimed === undefined
      ? ['FORGED_BRAND', 'SIGNATURE_WRONG_PORT']
      : ['LOOKALIKE_SIGNATURE', 'FORGED_BRAND', 'SIGNATURE_UNFILED']
  // One text from this many ports is also a campaign.
  const also: Code[] = ['CAMPAIGN_BURST']
  const planted = { event, code: codes[0]!, target: { kind: 'domain', id: domain }, also, needs: 3 } as const
  return steady(at, planted, (ts, r) => {
    const link = r.chance(0.3) ? `${domain}/${r.digits(3)}` : `https://${domain}/${r.digits(4)}`
    const text = fill(r.pick(FAMILIES[bank ? 'forgedBank' : 'forgedRefund'].texts), r, ts, { bad: link })
    return {
      ts,
      from: r.pick(ports),
      to: subscriber(r),
      text: signed(claimed, text),
      label: 'fraud',
      codes,
      event,
    }
  })
}

/** A port of a small shop that is used by many signatures. */
export function sublet(
  cast: readonly Sender[],
  shop: Sender,
  at: { from: number; to: number; perMinute: number },
  random: Random,
): Plant {
  const names = Array.from({ length: 8 }, () => unfiledName(cast, random))
  const port = shop.ports[0]!
  const event = 'sublet'
  // Advertisements of many signatures from a port filed for none of them are also a campaign.
  const also: Code[] = ['CAMPAIGN_BURST']
  const planted = { event, code: 'PORT_SUBLET', target: { kind: 'port', id: port }, also, needs: 6 } as const
  return steady(at, planted, (ts, r) => ({
    ts,
    from: port,
    to: subscriber(r),
    text: signed(r.pick(names), fill(r.pick(FAMILIES.localMarketing.texts), r, ts)),
    label: 'marketing',
    codes: ['SIGNATURE_UNFILED'],
    event,
  }))
}

/** Snowshoe spam: one template over many ports and invented signatures, each below its own limit. */
export function snowshoe(
  cast: readonly Sender[],
  at: { from: number; to: number; perMinute: number; family: 'snowshoeFraud' | 'snowshoeIllicit' },
  random: Random,
): Plant {
  const { label, texts } = FAMILIES[at.family]
  const template = random.pick(texts)
  const senders = Array.from({ length: 24 }, () => ({
    port: `1065${random.digits(10)}`,
    signature: unfiledName(cast, random),
  }))
  const event = at.family === 'snowshoeFraud' ? 'snowshoe-fraud' : 'snowshoe-illicit'
  const planted = { event, code: 'CAMPAIGN_BURST', target: { kind: 'campaign', id: '*' }, needs: 60 } as const
  return steady(at, planted, (ts, r) => {
    const { port, signature } = r.pick(senders)
    const plain = fill(template, r, ts)
    const text = signed(signature, r.chance(0.3) ? disguise(plain, r) : plain)
    return { ts, from: port, to: subscriber(r), text, label, codes: ['SIGNATURE_UNFILED'], event }
  })
}

/** A recipient who is flooded with one-time passwords of many services. */
export function otpBombing(
  services: readonly Sender[],
  at: { from: number; to: number; perMinute: number; victim: string },
): Plant {
  const event = 'otp-bombing'
  const target = { kind: 'recipient', id: at.victim } as const
  return steady(at, { event, code: 'RECIPIENT_FLOOD', target, needs: 9 }, (ts, r) => {
    const service = r.pick(services)
    const text = signed(service.signature, fill(r.pick(FAMILIES.otp.texts), r, ts))
    return { ts, from: r.pick(service.ports), to: at.victim, text, label: 'notice', event }
  })
}

/** Single offences of lawful senders: wrong port, no way to opt out, no signature. */
export function offences(
  cast: readonly Sender[],
  at: { from: number; to: number; perMinute: number },
): Plant {
  const shops = shopsOf(cast)
  return steady(at, undefined, (ts, r) => {
    const shop = r.pick(shops)
    const text = fill(r.pick(FAMILIES.localMarketing.texts), r, ts)
    const own = { ts, to: subscriber(r), label: 'marketing' as const }
    switch (r.int(0, 2)) {
      case 0:
        return {
          ...own,
          from: r.pick(r.pick(shops.filter((s) => s !== shop)).ports),
          text: signed(shop.signature, text),
          codes: ['SIGNATURE_WRONG_PORT'],
          event: 'wrong-port',
        }
      case 1:
        return {
          ...own,
          from: r.pick(shop.ports),
          text: signed(shop.signature, text.replace(/[，,] ?(?:退订回\w+|回\w+退订)$/, '')),
          codes: ['OPT_OUT_MISSING'],
          event: 'no-opt-out',
        }
      default:
        return {
          ...own,
          from: r.pick(shop.ports),
          text,
          codes: ['SIGNATURE_MISSING'],
          event: 'no-signature',
        }
    }
  })
}
