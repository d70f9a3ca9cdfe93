import { COMPONENTS } from '../fold-tables.ts'
import { unitSet } from '../plain-tables.ts'
import { IDEOGRAPH, LETTER, MARK, unitClass } from './symbols.ts'

/** Shape features; their number is part of the model format. */
export const SHAPES = {
  bias: 0,
  signatureLeading: 1,
  signatureTrailing: 2,
  signatureNone: 3,
  link: 4,
  linkScheme: 5,
  linkShortener: 6,
  linkHyphen: 7,
  linkDigits: 8,
  linkPath: 9,
  linkLongHost: 10,
  mobile: 11,
  longNumber: 12,
  landline: 13,
  code: 14,
  manyNumbers: 15,
  noNumbers: 16,
  shouting: 17,
  invisible: 18,
  enclosed: 19,
  fullWidth: 20,
  emoji: 21,
  latin: 22,
  ideographs: 23,
  exclamations: 24,
  wedged: 25,
  wedgedMuch: 26,
  component: 27,
  mixedScript: 28,
  length: 32,
  topLevel: 64,
} as const

const isComponent = unitSet(COMPONENTS)
/** Punctuation common between characters of ordinary text. */
const isStop = unitSet('，。！？、；：,.!?;:“”‘’（）()《》【】-~…/+&%')

/** Length class of a number: 1 to 6, 7 to 9, 10 and 11, more. */
export function lengthClass(length: number): number {
  if (length < 7) return length
  return length < 10 ? 7 : length < 12 ? 8 : 9
}

/** The shape of a number of `length` digits by its first digit. */
export function numberShape(first: number, length: number): number | undefined {
  if (length === 11 && first === 0x31) return SHAPES.mobile
  if ((length === 11 || length === 12 || length === 10) && first === 0x30) return SHAPES.landline
  if (length === 10 && first === 0x34) return SHAPES.landline
  if (length >= 8) return SHAPES.longNumber
  return length === 4 || length === 6 ? SHAPES.code : undefined
}

/** Surface features removed by normalisation, from the first `limit` units of the text, in a fixed order. */
export function surfaceOf(original: string, limit: number): readonly number[] {
  const n = Math.min(original.length, limit)
  let upper = 0
  let lower = 0
  let invisible = 0
  let enclosed = 0
  let fullWidth = 0
  let emoji = 0
  let wedged = 0
  let components = 0
  let mixed = 0
  let before = 0
  let beforeThat = 0
  for (let i = 0; i < n; i++) {
    const unit = original.charCodeAt(i)
    const kind = unitClass(unit)
    if (unit < 128) {
      if (unit >= 65 && unit <= 90) upper++
      else if (unit >= 97 && unit <= 122) lower++
    } else if (kind === IDEOGRAPH) {
      if (isComponent[unit] === 1) components++
      else if (beforeThat === IDEOGRAPH && before === MARK && isStop[original.charCodeAt(i - 1)] === 0)
        wedged++
      else if (beforeThat === IDEOGRAPH && before === LETTER) mixed++
    } else if (unit >= 0x200b && unit <= 0x200f) invisible++
    else if ((unit >= 0x2460 && unit <= 0x24ff) || unit === 0x20e3 || (unit >= 0x2776 && unit <= 0x2793))
      enclosed++
    else if ((unit >= 0xff10 && unit <= 0xff19) || (unit >= 0xff21 && unit <= 0xff5a)) fullWidth++
    else if (unit >= 0xd800 && unit <= 0xdbff) emoji++
    beforeThat = before
    before = kind
  }
  const shapes: number[] = []
  if (wedged > 1) shapes.push(SHAPES.wedged)
  if (wedged > 4) shapes.push(SHAPES.wedgedMuch)
  if (components > 0) shapes.push(SHAPES.component)
  if (mixed > 0) shapes.push(SHAPES.mixedScript)
  if (upper > 5 && upper > lower) shapes.push(SHAPES.shouting)
  if (invisible > 0) shapes.push(SHAPES.invisible)
  if (enclosed > 0) shapes.push(SHAPES.enclosed)
  if (fullWidth > 0) shapes.push(SHAPES.fullWidth)
  if (emoji > 0) shapes.push(SHAPES.emoji)
  return shapes
}
