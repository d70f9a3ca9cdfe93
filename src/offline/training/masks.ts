import type { Random } from '../../text/reader/random.ts'

/** Masks that a published corpus wrote in place of what identifies somebody, and the slots that stand for them. */
const MASK = /(?:HOTLINE|CELLPHONE|PHONE|DIGIT|NAME|PLACE|URL|QQ|WECHAT|BANK)/g
const SLOT_OF: Readonly<Record<string, string>> = {
  DIGIT: '{mask_digit}',
  CELLPHONE: '{mobile}',
  PHONE: '{tel}',
  HOTLINE: '{hotline}',
  PLACE: '{city}',
  NAME: '{mask_name}',
  URL: '{mask_url}',
  QQ: '{qq}',
  WECHAT: '{wechat}',
  BANK: '{bank}',
}

/** What sigwatch writes in place of numbers and codes in a text that it shows (src/text/redact.ts). */
const REDACTED = /<(?:number|code)>/
const NUMBERS = [
  '{code}',
  '{code}',
  '{mobile}',
  '{tel}',
  '{hotline}',
  '{account}',
  '{order}',
  '{datetime}',
  '{big}',
]
const CODES = ['{code}', '{parcel}', '{order}', '{plate}']

export function isRedacted(text: string): boolean {
  return REDACTED.test(text)
}

/** A redacted text as a template: a slot for each number and code, of a kind drawn at random. */
export function unredact(text: string, random: Random): string {
  return text
    .replaceAll('<number>', () => random.pick(NUMBERS))
    .replaceAll('<code>', () => random.pick(CODES))
}

/** Whether a corpus is masked: a share of its texts that no ordinary corpus has holds these words in capitals. */
export function isMasked(texts: readonly string[]): boolean {
  let masked = 0
  for (const text of texts) if (/DIGIT|CELLPHONE|WECHAT|HOTLINE/.test(text)) masked++
  return masked > 0.1 * texts.length
}

/**
 * A masked, word-segmented text as a template: masks become slots, the spaces that segmentation left next to them and
 * next to ideographs go.
 */
export function unmask(text: string, label: string, random: Random): string {
  const spaced = text.replace(MASK, (mask) => ` ${SLOT_OF[mask]} `)
  const joined = spaced
    .replace(/\s+/g, ' ')
    .replace(/(?<=[^\x00-\x7f}]) | (?=[^\x00-\x7f{])/g, '')
    .trim()
  return joined
    .replace(/ ?\{mask_digit\} ?/g, () =>
      random.pick(['{n}', '{n}', '{amount}', '{code}', '{big}', '{n}0', '{n}00']),
    )
    .replace(/ ?\{mask_name\} ?/g, () => random.pick(['', '', '{name}', '{shop}', '{surname}']))
    .replace(/ ?\{mask_url\}/g, () =>
      label === 'marketing' || label === 'finance'
        ? random.pick(['{short}', '{official}', '{url}'])
        : '{bad}',
    )
    .replace(/ ?(\{(?:mobile|tel|city|bank|hotline)\}) ?/g, '$1')
    .trim()
}

const STOPS = ['，', '，', '。', '！', ',', '!', ' ', '；', '：']

/** Marks put back at random where the corpus lost them, so that their absence is no feature. */
export function punctuate(text: string, random: Random): string {
  let out = ''
  let since = 0
  let depth = 0
  for (const ch of text) {
    if (ch === '{') depth++
    if (ch === '}') depth--
    out += ch
    since++
    if (depth === 0 && since > 5 && ch > '\u4dff' && random.chance(0.12)) {
      out += random.pick(STOPS)
      since = 0
    }
  }
  return out
}
