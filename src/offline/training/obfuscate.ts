import { PINYIN } from '../../detection/registry/pinyin.generated.ts'
import { reading } from '../../detection/registry/skeleton.ts'
import { TRADITIONAL } from '../../text/fold-table.generated.ts'
import { NEIGHBOURS, SPLITS } from '../../text/fold-tables.ts'
import { neighbourMap, splitMap } from '../../text/fold-variants.ts'
import type { Random } from '../../text/reader/random.ts'

const SOUNDS = neighbourMap(NEIGHBOURS)
const PARTS = splitMap(SPLITS)
const TRADITIONAL_OF = new Map(
  TRADITIONAL.trim()
    .split(/\s+/)
    .map((pair) => [[...pair][1] as string, [...pair][0] as string] as const),
)

const IDEOGRAPH = /[\u4e00-\u9fff]/
const BETWEEN = ['.', '·', ' ', '*', '-', '/', '、', '_', '~', '^', '|', '+', '"', '。', '，']
/** The most common characters for each reading. */
const HOMOPHONES = new Map(
  PINYIN.trim()
    .split('\n')
    .map((line) => /^([a-z]+)(.{1,8})/u.exec(line))
    .flatMap((found) => (found ? [[found[1] as string, [...(found[2] as string)]] as const] : [])),
)
const INVISIBLE = ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad']
const CIRCLED = '⓪①②③④⑤⑥⑦⑧⑨'
const CHINESE = '零一二三四五六七八九'
const FORMAL = '〇壹贰叁肆伍陆柒捌玖'
const GREEK: Readonly<Record<string, string>> = {
  a: 'а',
  e: 'е',
  o: 'о',
  c: 'с',
  p: 'р',
  x: 'х',
  y: 'у',
  i: 'і',
}
const LEET: Readonly<Record<string, string>> = { o: '0', i: '1', e: '3', a: '4', s: '5', l: '1', t: '7' }

const EMOJI = ['🔥', '💰', '➕', '❤', '🎁', '👉', '✅', '⭐', '💋', '🉐']

type Trick = (text: string, random: Random) => string

const perIdeograph =
  (share: number, change: (ch: string, random: Random) => string): Trick =>
  (text, random) => {
    let out = ''
    for (const ch of text) out += IDEOGRAPH.test(ch) && random.chance(share) ? change(ch, random) : ch
    return out
  }

const sounds = perIdeograph(0.35, (ch, random) => {
  const neighbours = SOUNDS.get(ch)
  return neighbours ? random.pick([...neighbours.join('')]) : ch
})
const torn = perIdeograph(0.4, (ch, random) => {
  const parts = PARTS.get(ch)
  return parts ? random.pick(parts) : ch
})
const traditional = perIdeograph(0.8, (ch) => TRADITIONAL_OF.get(ch) ?? ch)
const someTraditional = perIdeograph(0.25, (ch) => TRADITIONAL_OF.get(ch) ?? ch)
const pinyin = perIdeograph(0.2, (ch) => reading(ch) ?? ch)
/** Other characters with the same reading. */
const homophones = perIdeograph(0.2, (ch, random) => random.pick(HOMOPHONES.get(reading(ch) ?? '') ?? [ch]))

/** Inserts signs or invisible characters between the characters of a passage. */
const wedged =
  (signs: readonly string[], share: number): Trick =>
  (text, random) => {
    const sign = random.pick(signs)
    const all = random.chance(0.3)
    let out = ''
    let left = 0
    for (const ch of text) {
      out += ch
      if (!IDEOGRAPH.test(ch)) continue
      if (left === 0 && random.chance(share)) left = random.between(1, 4)
      if (left > 0) {
        out += sign
        left--
      } else if (all && random.chance(0.5)) out += sign
    }
    return out
  }

const fullWidth: Trick = (text, random) =>
  [...text]
    .map((ch) =>
      /[!-~]/.test(ch) && ch !== '{' && ch !== '}' && random.chance(0.8)
        ? String.fromCharCode(ch.charCodeAt(0) + 0xfee0)
        : ch,
    )
    .join('')

const otherDigits: Trick = (text, random) => {
  const set = random.pick([CIRCLED, CHINESE, FORMAL, CIRCLED, ''])
  return text.replace(/\d/g, (d) => (set === '' ? `${d}\ufe0f\u20e3` : (set[Number(d)] as string)))
}

const lookalikes: Trick = (text, random) =>
  [...text].map((ch) => (random.chance(0.3) ? (GREEK[ch.toLowerCase()] ?? ch) : ch)).join('')
const leet: Trick = (text, random) =>
  text.replace(/[A-Za-z]{3,}/g, (word) =>
    [...word].map((ch) => (random.chance(0.3) ? (LEET[ch.toLowerCase()] ?? ch) : ch)).join(''),
  )
const spacedLatin: Trick = (text, random) =>
  text.replace(/[A-Za-z]{4,}/g, (word) =>
    random.chance(0.25) ? [...word].join(random.pick([' ', '.', '-'])) : word,
  )

/** Splits links with spaces, words and full-width dots. */
const splitLinks: Trick = (text, random) =>
  text.replace(/[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi, (host) =>
    host.replaceAll('.', random.pick([' . ', '。', '点', '[.]', ' .', '．', '(dot)', '丶'])),
  )
const emoji: Trick = (text, random) => {
  const share = random.pick([0.03, 0.08, 0.15])
  return [...text].map((ch) => (random.chance(share) ? ch + random.pick(EMOJI) : ch)).join('')
}

const TRICKS: readonly Trick[] = [
  sounds,
  sounds,
  homophones,
  torn,
  pinyin,
  traditional,
  someTraditional,
  wedged(BETWEEN, 0.15),
  wedged(BETWEEN, 0.3),
  wedged(INVISIBLE, 0.3),
  fullWidth,
  otherDigits,
  otherDigits,
  splitLinks,
  emoji,
]
const LATIN_TRICKS: readonly Trick[] = [
  lookalikes,
  leet,
  spacedLatin,
  fullWidth,
  otherDigits,
  splitLinks,
  emoji,
  wedged(INVISIBLE, 0.3),
]

/** Obfuscates a text as spammers do to evade filters, with one to three tricks. Slots must be filled before. */
export function obfuscate(text: string, random: Random): string {
  const tricks = /[\u4e00-\u9fff]/.test(text) ? TRICKS : LATIN_TRICKS
  let out = text
  for (let count = random.between(1, 3); count > 0; count--) out = random.pick(tricks)(out, random)
  return out
}

/** Converts to traditional characters, which ordinary people in the south use as well. */
export function toTraditional(text: string): string {
  let out = ''
  for (const ch of text) out += TRADITIONAL_OF.get(ch) ?? ch
  return out
}
