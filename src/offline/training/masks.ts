import type { Random } from '../../text/reader/random.ts'

/** Masks that published corpora use for personal data, and the slots that replace them. */
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

/** Placeholders that sigwatch writes for numbers and codes in redacted texts (src/text/redact.ts). */
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

/** Turns a redacted text into a template: each number and code becomes a slot of a random kind. */
export function unredact(text: string, random: Random): string {
  return text
    .replaceAll('<number>', () => random.pick(NUMBERS))
    .replaceAll('<code>', () => random.pick(CODES))
}

/** Whether a corpus is masked: more of its texts contain these words in capitals than in any ordinary corpus. */
export function isMasked(texts: readonly string[]): boolean {
  let masked = 0
  for (const text of texts) if (/DIGIT|CELLPHONE|WECHAT|HOTLINE/.test(text)) masked++
  return masked > 0.1 * texts.length
}

/**
 * Turns a masked, word-segmented text into a template: masks become slots, and spaces left by the segmentation next to them and
 * to ideographs are removed.
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

/** Adds punctuation at random where the corpus lost it, so that its absence is not learned as a feature. */
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
