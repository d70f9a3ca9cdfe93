import type { Random } from '../../text/reader/random.ts'
import * as pools from './pools.ts'

/** Returns a new value for a slot at each call. */
type Fill = (random: Random) => string

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const MIXED = `${LOWER}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789`

const letters = (random: Random, count: number, alphabet: string) => {
  let text = ''
  for (let i = 0; i < count; i++) text += alphabet[random.below(alphabet.length)]
  return text
}
export const digits = (random: Random, count: number) => letters(random, count, '0123456789')
const two = (n: number) => String(n).padStart(2, '0')
const path = (random: Random) => letters(random, random.between(4, 8), MIXED)

const surname: Fill = (random) => random.pick(pools.SURNAMES)
const name: Fill = (random) => surname(random) + random.pick(pools.GIVEN)

const amount: Fill = (random) => {
  const whole = Math.floor(10 ** (random.next() * 3.6 + 0.5))
  const style = random.below(5)
  if (style < 2) return `${whole}.${two(random.below(100))}`
  if (style === 2 && whole >= 1000) return whole.toLocaleString('en-US')
  return String(whole)
}
const big: Fill = (random) => {
  const n = random.pick([1, 2, 3, 5, 8, 10, 15, 20, 30, 50, 100, 200])
  return random.pick([`${n}万`, `${n}0000`, `${n}万`, `${n},000`, `${n}000`])
}
const mobile: Fill = (random) => {
  const number = `1${random.pick(['3', '5', '7', '8', '9'])}${digits(random, 9)}`
  if (random.chance(0.05)) return `${number.slice(0, 3)}-${number.slice(3, 7)}-${number.slice(7)}`
  return number
}
const tel: Fill = (random) => {
  const area = random.pick(['010', '021', '020', '0755', '0571', '025', '028', '0512', '023', '0371', '0731'])
  const local = digits(random, random.pick([7, 8]))
  return random.pick([`${area}-${local}`, `${area}${local}`, local])
}
const hotline: Fill = (random) =>
  random.pick([
    `400${digits(random, 7)}`,
    `400-${digits(random, 3)}-${digits(random, 4)}`,
    `95${digits(random, 3)}`,
    `95${digits(random, 3)}`,
    `96${digits(random, 4)}`,
  ])
const date: Fill = (random) => {
  const m = random.between(1, 12)
  const d = random.between(1, 28)
  return random.pick([
    `${m}月${d}日`,
    `${m}月${d}号`,
    `${m}.${d}`,
    `${random.between(2012, 2026)}-${two(m)}-${two(d)}`,
    `${random.between(2012, 2026)}年${m}月${d}日`,
    `${m}月${d}日`,
    `${two(d)}/${two(m)}`,
  ])
}
const time: Fill = (random) => `${random.between(0, 23)}:${two(random.below(60))}`
const plateOf: Fill = (random) =>
  random.pick(pools.PLATES) + letters(random, 1, 'ABCDEF') + letters(random, 5, '0123456789ABCDEFGHJK')
const official: Fill = (random) => {
  const host = random.pick(pools.OFFICIAL_HOSTS)
  const full = random.chance(0.5) ? random.pick(pools.OFFICIAL_PREFIXES) + host : host
  const scheme = random.chance(0.2) ? 'https://' : ''
  return scheme + full + (random.chance(0.55) ? `/${path(random)}` : '')
}
const small: Fill = (random) => {
  const host = letters(random, random.between(3, 9), LOWER) + random.pick(pools.SMALL_SUFFIXES)
  const www = random.chance(0.35) ? random.pick(['www.', 'm.', 'http://www.', 'http://', 'https://']) : ''
  return www + host + (random.chance(0.4) ? `/${path(random)}` : '')
}
const short: Fill = (random) => {
  const scheme = random.chance(0.25) ? random.pick(['http://', 'https://']) : ''
  return `${scheme}${random.pick(pools.SHORT_HOSTS)}/${path(random)}`
}
const bad: Fill = (random) => {
  const style = random.below(10)
  if (style === 0) return short(random)
  if (style === 1) return small(random)
  const word = random.pick(pools.BAD_WORDS)
  const more = random.pick([
    letters(random, random.between(2, 5), LOWER),
    letters(random, random.between(1, 4), '0123456789'),
    `-${random.pick(pools.BAD_WORDS)}`,
    `${random.pick(pools.BAD_WORDS)}${letters(random, 2, LOWER)}`,
    letters(random, random.between(4, 6), `${LOWER}0123456789`),
  ])
  const core = random.chance(0.5)
    ? word + more
    : random.chance(0.6)
      ? more.replace(/^-/, '') + word
      : more + more
  const host = core.replace(/^-|-$/g, '') + random.pick(pools.BAD_SUFFIXES)
  const front = random.chance(0.45)
    ? random.pick([
        'www.',
        'wap.',
        'm.',
        'http://',
        'https://',
        'http://www.',
        `${letters(random, 2, LOWER)}.`,
      ])
    : ''
  return front + host + (random.chance(0.4) ? `/${letters(random, random.between(1, 6), MIXED)}` : '')
}
const wechat: Fill = (random) =>
  random.pick([
    letters(random, random.between(2, 5), LOWER) + digits(random, random.between(2, 6)),
    letters(random, random.between(5, 9), LOWER),
    mobile(random),
    `${letters(random, 3, LOWER)}_${digits(random, 4)}`,
  ])
const shop: Fill = (random) => {
  const base = random.pick(pools.SHOP_NAMES)
  return random.chance(0.5) ? base + random.pick(pools.SHOP_KINDS) : base
}
const company: Fill = (random) => {
  const city = random.chance(0.4) ? random.pick(pools.CITIES) : ''
  const tail = random.chance(0.5) ? '有限公司' : random.chance(0.5) ? '公司' : ''
  return city + random.pick(pools.COMPANY_NAMES) + random.pick(pools.COMPANY_KINDS) + tail
}
const address: Fill = (random) =>
  random.pick([
    `${random.pick(pools.ROADS)}路${random.between(1, 999)}号`,
    `${random.pick(pools.ROADS)}路与${random.pick(pools.ROADS)}路交叉口`,
    `${random.pick(pools.DISTRICTS)}区${random.pick(pools.ROADS)}路${random.between(1, 300)}号`,
    random.pick(pools.PLACES),
    `${random.pick(pools.ROADS)}街${random.between(1, 60)}号${random.between(1, 5)}楼`,
    `${random.pick(pools.ROADS)}小区${random.between(1, 30)}栋`,
  ])

/** The slots described in corpus/README.md. */
export const SLOTS: Readonly<Record<string, Fill>> = {
  code: (r) => digits(r, r.pick([4, 6, 6, 6, 5, 8])),
  amount,
  big,
  n: (r) => String(r.between(1, r.pick([9, 9, 30, 99]))),
  percent: (r) => (r.chance(0.5) ? String(r.between(1, 80)) : `${r.between(1, 12)}.${r.between(1, 99)}`),
  discount: (r) => r.pick([`${r.between(1, 9)}折`, `${r.between(1, 9)}.${r.between(1, 9)}折`]),
  name,
  surname,
  nick: (r) => r.pick(pools.NICKS),
  date,
  time,
  datetime: (r) =>
    r.pick([
      `${date(r)}${time(r)}`,
      `${date(r)} ${time(r)}`,
      `${date(r)}${r.between(0, 23)}时${r.below(60)}分`,
    ]),
  month: (r) => String(r.between(1, 12)),
  year: (r) => String(r.between(2012, 2026)),
  tail: (r) => digits(r, 4),
  account: (r) => (r.chance(0.2) ? `${digits(r, 4)}****${digits(r, 4)}` : digits(r, r.between(8, 19))),
  mobile,
  tel,
  hotline,
  official,
  url: small,
  bad,
  short,
  order: (r) => (r.chance(0.3) ? letters(r, 2, 'ABCDEFJKXZ') : '') + digits(r, r.between(8, 18)),
  parcel: (r) => r.pick(['SF', 'YT', 'ZTO', 'JT', '', '', 'JD', '77', '']) + digits(r, r.between(10, 13)),
  pickup: (r) =>
    r.pick([
      `${r.between(1, 20)}-${r.between(1, 9)}-${digits(r, 4)}`,
      digits(r, 6),
      digits(r, 8),
      letters(r, 1, 'ABCD') + digits(r, 4),
    ]),
  plate: plateOf,
  flight: (r) => r.pick(pools.AIRLINES) + digits(r, r.pick([3, 4])),
  train: (r) => r.pick(['G', 'D', 'K', 'T', 'Z', 'C']) + digits(r, r.pick([2, 3, 4])),
  seat: (r) =>
    r.pick([
      `${r.between(1, 16)}车${two(r.between(1, 19))}${letters(r, 1, 'ABCDF')}号`,
      `${r.between(1, 60)}${letters(r, 1, 'ABCDEF')}`,
    ]),
  city: (r) => r.pick(pools.CITIES),
  district: (r) => r.pick(pools.DISTRICTS),
  address,
  shop,
  company,
  bank: (r) => r.pick(pools.BANKS),
  carrier: (r) => r.pick(pools.CARRIERS),
  courier: (r) => r.pick(pools.COURIERS),
  platform: (r) => r.pick(pools.PLATFORMS),
  insurer: (r) => r.pick(pools.INSURERS),
  school: (r) =>
    r.pick([r.pick(pools.CITIES), r.pick(pools.ROADS), r.pick(pools.DISTRICTS)]) + r.pick(pools.SCHOOL_KINDS),
  hospital: (r) => r.pick([r.pick(pools.CITIES), r.pick(pools.DISTRICTS)]) + r.pick(pools.HOSPITAL_KINDS),
  game: (r) => r.pick(pools.GAMES),
  product: (r) => r.pick(pools.PRODUCTS),
  qq: (r) => String(r.between(1, 9)) + digits(r, r.between(5, 9)),
  wechat,
  stock: (r) => (r.chance(0.7) ? r.pick(pools.STOCKS) : r.pick(['60', '00', '30']) + digits(r, 4)),
  optout: (r) => r.pick(pools.OPT_OUTS).replaceAll('_', ' '),
}

const SLOT = /\{([a-z]+)\}/g

export function unknownSlots(template: string): string[] {
  return [...template.matchAll(SLOT)].map((m) => m[1] as string).filter((slot) => !Object.hasOwn(SLOTS, slot))
}

export function hasSlots(text: string): boolean {
  return [...text.matchAll(SLOT)].some((m) => Object.hasOwn(SLOTS, m[1] as string))
}

/**
 * Generates a message from a template. Unknown slots are left as they are. The simulator has its own slots
 * (src/offline/simulator/texts.ts), so that its traffic does not resemble the training data.
 */
export function fillSlots(template: string, random: Random): string {
  return template.replace(SLOT, (whole, slot: string) =>
    Object.hasOwn(SLOTS, slot) ? SLOTS[slot]!(random) : whole,
  )
}

/** Fills name slots with English first names, for texts in Latin script. */
export function fillEnglish(template: string, random: Random): string {
  return template
    .replaceAll('{name}', () => random.pick(pools.ENGLISH_NAMES))
    .replaceAll('{nick}', () => random.pick(pools.ENGLISH_NAMES))
}
