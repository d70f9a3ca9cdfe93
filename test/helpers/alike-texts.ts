import { borrowFreeNumbers } from '../../src/text/free-numbers.ts'
import type { Random } from '../../src/text/reader/random.ts'

/** The free numbers of a text, in a list of its own. */
export const freeNumbersOf = (text: string) => borrowFreeNumbers(text).slice()

/** Numbers with a meaning in other contexts: telephones, services, an opt-in, dates, parts of addresses. */
const MEANT =
  '13812345678 95588 10086 4008123456 02188886666 110 12345 20261127 8613912345678 1 2 0 255 192 27'.split(
    ' ',
  )

/** The same text with other free numbers, some of them from MEANT. */
export function withOtherNumbers(random: Random, text: string): string {
  const runs = freeNumbersOf(text)
  let other = ''
  let at = 0
  for (let k = 0; k < runs.length; k += 2) {
    const [start, end] = [runs[k]!, runs[k + 1]!]
    const meant = random.chance(0.4) ? random.pick(MEANT).slice(0, end - start) : ''
    const rest = Array.from({ length: end - start - meant.length }, () => random.below(10)).join('')
    other += text.slice(at, start) + meant + rest
    at = end
  }
  return other + text.slice(at)
}

/** The text with numbers inserted: alone, after letters, between signs. */
export function withNumbersIn(random: Random, text: string): string {
  let filled = text
  for (let n = random.between(1, 3); n > 0; n--) {
    const at = random.below(filled.length + 1)
    const letters = random.chance(0.3) ? random.pick(['sf', 'YT', 'qq', 'ol', 'v', 'tel', 'oLi']) : ''
    const number = random.chance(0.5) ? random.pick(MEANT) : String(random.below(10 ** random.between(1, 12)))
    const sign = random.pick(['', '', '', ' ', '-', '.', '·', '。', ':', '*', '/'])
    filled = filled.slice(0, at) + letters + number + sign + filled.slice(at)
  }
  return filled
}
