import { createHash } from 'node:crypto'

/** Simulated traffic for an upgrade: made-up senders, recipients from an unassigned range, texts from a pattern. */

const SECOND = 1_000
export const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** In the past for any clock: records ahead of the clock are refused. */
const START = Date.UTC(2025, 2, 10, 2)
/** Event time at which the earlier version stops and its successor continues, epoch ms. */
export const HANDOVER = START + 26 * HOUR
export const END = HANDOVER + 60 * MINUTE

export const OPEN_BURST = '星河超市'
export const RISING_BURST = '青山书店'
export const LATER_BURST = '海蓝旅行'
const LAWFUL = '云岭快运'
const PORTS: Readonly<Record<string, string>> = {
  [OPEN_BURST]: '106900011',
  [RISING_BURST]: '106900012',
  [LATER_BURST]: '106900013',
  [LAWFUL]: '106900014',
}
/** Ports with more signatures than allowed: before the handover, across it, and one that an analyst released. */
export const SUBLET = { open: '106900051', rising: '106900052', released: '106900053' } as const
/** Foreign domains of forgeries. */
export const FORGERIES = { open: 'jd-tuikuan01.top', rising: 'jd-lipei02.top' } as const

/** Recipients of special events; other messages go to one of a thousand. */
export const PEOPLE = {
  floodOpen: '17190009001',
  floodRising: '17190009002',
  floodAgain: '17190009003',
  refusedByReply: '17190009004',
  refusedByRow: '17190009005',
  asked: '17190009006',
  longText: '17190009007',
} as const

export interface Sms {
  readonly id: string
  readonly ts: number
  readonly from: string
  readonly to: string
  readonly text: string
  readonly part?: { readonly ref: number; readonly index: number; readonly count: number }
}

/** A registry of the senders above: no forged brand among them. */
export const REGISTRY = {
  brands: [{ id: 'jd', names: ['京东'], domains: ['jd.com'], hotlines: ['950618'] }],
  signatures: [
    { name: '京东', brand: 'jd', ports: ['1069012345*'], scope: ['notice', 'marketing'] },
    ...Object.entries(PORTS).map(([name, port]) => ({ name, ports: [port], scope: ['notice', 'marketing'] })),
  ],
}
/** Only the codes under test raise anything; the hour of the day does not. */
export const POLICY = {
  quietHours: { marketing: null, finance: null },
  codes: { SIGNATURE_UNFILED: { action: 'none' }, CAMPAIGN_BURST: { action: 'none' } },
}

class Traffic {
  readonly all: Sms[] = []

  add(at: number, from: string, to: string, text: string, more: Partial<Sms> = {}): void {
    this.all.push({ id: `u${this.all.length}`, ts: at, from, to, text, ...more })
  }
  /** Any recipient. */
  to(): string {
    return `1719${String((this.all.length * 7_919) % 1_000).padStart(7, '0')}`
  }
  advert(at: number, signature: string, to = this.to()): void {
    this.add(at, PORTS[signature]!, to, `【${signature}】本周会员日全场满199减100，到店再送精美礼品，退订回T`)
  }
  adverts(signature: string, from: number, to: number, perMinute: number): void {
    const step = Math.round(MINUTE / perMinute)
    for (let at = from; at < to; at += step) this.advert(at, signature)
  }
  codes(to: string, from: number, count: number): void {
    for (let n = 0; n < count; n++)
      this.add(
        from + n * 10 * SECOND,
        PORTS[LAWFUL]!,
        to,
        `【${LAWFUL}】您的验证码是${100_000 + n * 137}，5分钟内有效，请勿泄露。`,
      )
  }
  notices(signature: string, port: string, from: number, count: number): void {
    for (let n = 0; n < count; n++)
      this.add(
        from + n * 20 * SECOND,
        port,
        this.to(),
        `【${signature}】您的快递已到驿站，取件码${2_000 + n}，请及时领取。`,
      )
  }
  forgeries(domain: string, times: readonly number[]): void {
    for (const at of times)
      this.add(
        at,
        '106811990',
        this.to(),
        `【京东】您购买的商品因质量问题已下架，三倍理赔请点 https://${domain}/a 填写收款信息，逾期作废。`,
      )
  }
}

/** Everything that is sent, by event time. */
export function traffic(): readonly Sms[] {
  const t = new Traffic()
  for (const signature of [OPEN_BURST, RISING_BURST, LATER_BURST]) {
    // Normal traffic of these hours on the day before; almost nothing in between.
    t.adverts(signature, START, START + 3 * HOUR, 1.5)
    t.adverts(signature, START + 3 * HOUR, HANDOVER - 60 * MINUTE, 0.05)
    t.adverts(signature, HANDOVER - 60 * MINUTE, HANDOVER + 30 * MINUTE, 1.5)
  }
  // Events across the handover.
  t.adverts(OPEN_BURST, HANDOVER - 6 * MINUTE, HANDOVER + 12 * MINUTE, 90)
  for (let n = 0; n < 70; n++) {
    const early = n < 45
    t.advert(early ? HANDOVER - 24 * SECOND + n * 500 : HANDOVER + (n - 45) * 500, RISING_BURST)
  }
  t.adverts(LATER_BURST, HANDOVER + 6 * MINUTE, HANDOVER + 8 * MINUTE, 90)
  t.codes(PEOPLE.floodOpen, HANDOVER - 5 * MINUTE, 14)
  t.codes(PEOPLE.floodRising, HANDOVER - 2 * MINUTE, 6)
  t.codes(PEOPLE.floodRising, HANDOVER + 2 * MINUTE, 4)
  // Raised and cleared before the handover, and raised again within half an hour.
  t.codes(PEOPLE.floodAgain, HANDOVER - 40 * MINUTE, 12)
  t.codes(PEOPLE.floodAgain, HANDOVER + 2 * MINUTE, 12)
  t.notices('甲驿站', SUBLET.open, HANDOVER - 12 * MINUTE, 3)
  t.notices('乙驿站', SUBLET.open, HANDOVER - 10 * MINUTE, 3)
  t.notices('乙驿站', SUBLET.open, HANDOVER + 3 * MINUTE, 1)
  t.notices('丙驿站', SUBLET.rising, HANDOVER - 9 * MINUTE, 3)
  t.notices('丁驿站', SUBLET.rising, HANDOVER - 8 * MINUTE, 2)
  t.notices('丁驿站', SUBLET.rising, HANDOVER + 4 * MINUTE, 1)
  t.notices('戊驿站', SUBLET.released, HANDOVER - 35 * MINUTE, 3)
  t.notices('己驿站', SUBLET.released, HANDOVER - 34 * MINUTE, 3)
  t.notices('己驿站', SUBLET.released, HANDOVER + 5 * MINUTE, 3)
  t.forgeries(
    FORGERIES.open,
    [-7, -6, -5, -2, 2, 5].map((minute) => HANDOVER + minute * MINUTE),
  )
  t.forgeries(
    FORGERIES.rising,
    [-4, -3, 1].map((minute) => HANDOVER + minute * MINUTE),
  )
  t.advert(HANDOVER - 70 * MINUTE, OPEN_BURST, PEOPLE.refusedByReply)
  t.advert(HANDOVER + 9 * MINUTE, OPEN_BURST, PEOPLE.refusedByReply)
  t.advert(HANDOVER + 9 * MINUTE, RISING_BURST, PEOPLE.refusedByRow)
  for (const at of [HANDOVER - 90 * MINUTE, HANDOVER + 10 * MINUTE])
    t.add(
      at,
      PORTS[LATER_BURST]!,
      PEOPLE.asked,
      `【${LATER_BURST}】是否愿意接收我们的优惠活动信息？同意请回复Y，不回复视为不同意。`,
    )
  const long = [
    `【${LAWFUL}】尊敬的客户，您的包裹已由驿站代收，取件码`,
    '8812，请携带有效证件领取，祝您生活愉快。',
  ]
  for (const [i, text] of long.entries())
    t.add(HANDOVER + (i === 0 ? -1 : 1) * SECOND, PORTS[LAWFUL]!, PEOPLE.longText, text, {
      part: { ref: 77, index: i + 1, count: 2 },
    })
  // Moves event time past the end of every state.
  t.adverts(LAWFUL, END - 2 * MINUTE, END, 15)
  return t.all.sort((a, b) => a.ts - b.ts)
}

/** Shows that a fixture was made from this traffic. */
export function digestOf(records: readonly Sms[]): string {
  return createHash('sha256').update(JSON.stringify(records)).digest('hex').slice(0, 16)
}

export const REPLIES = [
  { id: 'r1', ts: HANDOVER - 60 * MINUTE, from: PEOPLE.refusedByReply, to: PORTS[OPEN_BURST]!, text: 'TD' },
]
export const CONSENTS = [
  { signature: RISING_BURST, to: PEOPLE.refusedByRow, state: 'out', ts: HANDOVER - 120 * MINUTE },
]
/** Feedback of an analyst on the raised port. */
export const release = (stateId: string) => ({
  stateId,
  verdict: 'release',
  until: HANDOVER + 20 * HOUR,
  by: 'lin',
  ts: HANDOVER - 30 * MINUTE,
})
