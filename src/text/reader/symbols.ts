/** Character classes of the tokenizer by code unit: one table look-up per unit, as it runs on every message. */
export const SKIP = 0
export const LETTER = 1
export const DIGIT = 2
export const SPACE = 3
export const MARK = 4
export const IDEOGRAPH = 5
/** Half of a surrogate pair: emoji, rare characters. */
export const PAIR = 6

/** Unicode blocks of one class: classifying each unit in them would be most of the work. */
const BLOCKS = [
  [0x3400, 0x4dc0, IDEOGRAPH],
  [0x4e00, 0xa000, IDEOGRAPH],
  [0xac00, 0xd7b0, IDEOGRAPH],
  [0xd800, 0xe000, PAIR],
  [0xe000, 0xf900, SKIP],
] as const

const CLASS = new Uint8Array(65536)
let reached = 0
for (const [from, to, kind] of BLOCKS) {
  for (; reached < from; reached++) CLASS[reached] = classOf(reached)
  CLASS.fill(kind, from, to)
  reached = to
}
for (; reached < 65536; reached++) CLASS[reached] = classOf(reached)

function classOf(unit: number): number {
  const ch = String.fromCharCode(unit)
  if (unit >= 48 && unit <= 57) return DIGIT
  if (/\s/.test(ch)) return SPACE
  if (
    /[\u2e80-\u2fdf\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af]/.test(ch)
  ) {
    return IDEOGRAPH
  }
  if (/\p{L}/u.test(ch)) return LETTER
  if (/[\p{C}\p{M}]/u.test(ch)) return SKIP
  return MARK
}

export function unitClass(unit: number): number {
  return CLASS[unit] as number
}

/** Top-level domains that make a dotted word a link without a scheme. Fixed: the shipped weights were trained with them. */
const TLDS = new Set(
  (
    'com cn net org cc top xyz vip me io co uk in hk tw mo sg my us ru jp kr info shop club site online icu fun ltd ' +
    'link live app biz tv asia mobi pw ly gl gg la im gs hn sbs wang ink work store win bid click tech space pro ' +
    'cfd buzz life world today news email cloud dev page bond cyou rest monster gov edu to id fr de eu ph au nz za ' +
    'ng ke'
  ).split(' '),
)

export function isTopLevel(name: string): boolean {
  return TLDS.has(name)
}

/** Link shorteners. Fixed: the shipped weights were trained with them. The maintained list is in the text layer. */
const SHORTENERS = new Set(
  (
    't.cn url.cn dwz.cn suo.im bit.ly goo.gl tinyurl.com is.gd ow.ly w.url.cn u.nu t.co rb.gy cutt.ly s.id 3.ly ' +
    'sourl.cn c.nxw.so 0x9.me mrw.so rrd.me suo.nz dwz.date'
  ).split(' '),
)

export function isShortener(host: string): boolean {
  return SHORTENERS.has(host)
}
