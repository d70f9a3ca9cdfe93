import type { Random } from '../../src/text/reader/random.ts'

/** Maximum length of a text in a record, in code points. */
export const LONGEST = 2000

/** Input with special treatment in the text layer: signs, digits in all forms, words, names, starts of links. */
const PIECES: readonly string[] = [
  ...' .-·_()–—/,，。！？!?:：;*+@#&=~%$^|\\[]{}【】「」（）《》<>"\'\n\t',
  ...'aqvxoliz01459一零幺①⑩⒈加微信企鹅点群号回复退订亻氵言贷款аеяαéßかア한ا',
  ...['ﷺ', '㏂', '㏘', '㍧', '¼', 'İ', '😀', '🅰', '\u200b', '\ufe0f', '\u0301', '\u20e3', '\ud800', '\udc00'],
  ...[
    'http',
    'https://',
    'hxxp',
    'www.',
    '.com',
    '.cn',
    'com',
    'dot',
    '(dot)',
    '[.]',
    ' . ',
    '。com',
    '点com',
  ],
  ...[
    't.me/',
    'qq',
    'wx',
    'vx',
    'telegram',
    '电话',
    'tel',
    'call',
    'stop',
    'reply',
    'opt',
    'code',
    'otp',
    't',
    'td',
  ],
  ...[
    '先生',
    '尊敬的',
    'dear ',
    '京东',
    '.中国',
    '转',
    '1380013',
    '86',
    '0086',
    '400',
    '010',
    '95588',
    '验证码',
  ],
  ...['同意', '接收', '退订回T', '回复', '微信', '公众号', '元', '%'],
]

/** Repeats `unit` until the text has `characters` code points. */
export function repeated(unit: string, characters = LONGEST): string {
  const points = [...unit]
  return points.length === 0
    ? ''
    : [...unit.repeat(Math.ceil(characters / points.length))].slice(0, characters).join('')
}

/** A random character, mostly of the basic plane. */
function anyCharacter(random: Random): string {
  return random.chance(0.9)
    ? String.fromCharCode(random.below(0xd800))
    : String.fromCodePoint(0x10000 + random.below(0x20000))
}

/** One to four pieces, each repeated up to a dozen times: the unit that a hostile text repeats. */
export function hostileUnit(random: Random): string {
  let unit = ''
  for (let n = random.between(1, 4); n > 0; n--) {
    const piece = random.chance(0.15) ? anyCharacter(random) : random.pick(PIECES)
    unit += random.chance(0.1) ? piece.repeat(random.between(2, 12)) : piece
  }
  return unit
}

/** A text of `characters` code points that is costly to read: a repeated unit, sometimes with one insertion in the middle. */
export function hostileText(random: Random, characters = LONGEST): string {
  if (random.chance(0.2)) {
    const half = characters >> 1
    return repeated(hostileUnit(random), half) + repeated(hostileUnit(random), characters - half)
  }
  const text = repeated(hostileUnit(random), characters)
  if (!random.chance(0.3)) return text
  const at = random.below(characters)
  return [...(text.slice(0, at) + random.pick(PIECES) + text.slice(at + 1))].slice(0, characters).join('')
}

/** A text of random pieces, up to `characters` code points. */
export function mixedText(random: Random, characters: number): string {
  let text = ''
  for (let n = random.below(Math.max(2, characters >> 1)); n > 0; n--) {
    text += random.chance(0.2) ? anyCharacter(random) : random.pick(PIECES)
  }
  return [...text].slice(0, characters).join('')
}

/**
 * Least CPU time of up to `runs` runs of `work`, ms. Stops at the first run within `limit`, so that neither a busy machine nor
 * cold code fails a test.
 */
export function leastTime(work: () => unknown, limit: number, runs = 20): number {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < runs && least > limit; run++) {
    const began = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(began)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}
