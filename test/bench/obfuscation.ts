// Recall on copies of labelled texts: plain, obfuscated by one kind of trick, and by two kinds mixed.
// The tricks are not those of training: they use dictionaries of pinyin and of variants.
// npx tsx test/bench/obfuscation.ts CORPUS.tsv… [--model models/sms-zh/4] [--seed 1]
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import { Converter } from 'opencc-js'
import { pinyin } from 'pinyin-pro'
import { LABELS } from '../../src/domain/labels.ts'
import { readCorpus } from '../../src/offline/training/corpus.ts'
import { heldTexts } from '../../src/offline/training/plan.ts'
import { createRandom, type Random } from '../../src/text/reader/random.ts'
import { modelInput, openTextModel } from '../../src/text/reader/text-model.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'models/sms-zh/4' },
    seed: { type: 'string', default: '1' },
  },
})
type Trick = (text: string, random: Random) => string

const HAN = /[\u4e00-\u9fff]/
const toTaiwan = Converter({ from: 'cn', to: 'tw' })

const eachHan =
  (share: number, change: (sign: string, random: Random) => string): Trick =>
  (text, random) =>
    [...text].map((sign) => (HAN.test(sign) && random.chance(share) ? change(sign, random) : sign)).join('')
const readingOf = (sign: string) => pinyin(sign, { toneType: 'none' })
/** Characters of the corpora by pronunciation. */
const bySound = new Map<string, string[]>()

const SHAPES =
  '日曰 未末 己已 人入 土士 大太 白百 木本 王玉 口囗 目自 贷货 票漂 账帐 微徽 信佶 款欵 银锒 行彳 点奌 卡咔 彩採 元兀 钱浅 领岭 奖浆'
const shapeOf = new Map(SHAPES.split(' ').map((pair) => [pair[0]!, pair[1]!] as const))
const ENCLOSED = [
  '⓪①②③④⑤⑥⑦⑧⑨',
  '🄋➀➁➂➃➄➅➆➇➈',
  '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗',
  '０１２３４５６７８９',
  '零一二三四五六七八九',
  '零壹贰叁肆伍陆柒捌玖',
]
const INVISIBLE = ['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u180e', '\u2063', '\ufe0f']
const EMOJI = ['🎉', '🧧', '💵', '🔔', '😍', '📢', '🌹', '✨', '💯', '📱']
const MARKS = ['.', '·', '*', '-', '/', '~', '|', '_', '^', '丶', '、', '＊', '•', '…']

/** Inserts signs between characters: throughout, or in stretches. */
const between =
  (signs: readonly string[]): Trick =>
  (text, random) => {
    const share = random.pick([0.15, 0.4, 1])
    const sign = random.pick(signs)
    return [...text].map((s) => (HAN.test(s) && random.chance(share) ? s + sign : s)).join('')
  }

const KINDS: Record<string, Trick> = {
  sound: eachHan(0.2, (sign, random) => random.pick(bySound.get(readingOf(sign)) ?? [sign])),
  glyph: eachHan(1, (sign) => shapeOf.get(sign) ?? sign),
  pinyin: eachHan(0.2, readingOf),
  traditional: (text) => toTaiwan(text),
  spaces: between([' ', '\u3000', '  ']),
  marks: between(MARKS),
  invisible: between(INVISIBLE),
  'full width': (text) =>
    text.replace(/[!-~]/g, (sign) => String.fromCharCode((sign.codePointAt(0) as number) + 0xfee0)),
  emoji: (text, random) =>
    [...text].map((sign) => (random.chance(0.12) ? sign + random.pick(EMOJI) : sign)).join(''),
  digits: (text, random) => {
    const set = [...random.pick(ENCLOSED)]
    return text.replace(/[0-9]/g, (digit) => set[Number(digit)]!)
  },
  links: (text, random) =>
    text.replace(/[a-z0-9-]+(?:\.[a-z0-9-]+)+/gi, (host) =>
      host.replaceAll('.', random.pick([' .', '. ', '。', '點', '点', '．', '[.]', '(.)', ' dot '])),
    ),
}
KINDS.mixed = (text, random) => {
  const kinds = Object.keys(KINDS).filter((kind) => kind !== 'mixed')
  const first = random.pick(kinds)
  const second = random.pick(kinds.filter((kind) => kind !== first))
  return KINDS[second]!(KINDS[first]!(text, random), random)
}

const corpora = positionals.map(readCorpus)
for (const sign of new Set(corpora.flatMap(({ rows }) => rows.flatMap(({ text }) => [...text])))) {
  if (!HAN.test(sign)) continue
  const sound = readingOf(sign)
  bySound.set(sound, [...(bySound.get(sound) ?? []), sign])
}
const model = await openTextModel({ dir: values.model, backend: 'wasm' })
const width = model.labels.length
const genuine = ['notice', 'personal'].map((label) => model.labels.indexOf(label))

interface Recall {
  /** Share of unsolicited texts whose unsolicited labels add up to at least one half. */
  readonly unsolicited: number
  /** Share of fraud texts classified as fraud. */
  readonly fraud: number
}
function recallOf(rows: readonly { text: string; label: string }[]): Recall {
  let [seen, fraud, called] = [0, 0, 0]
  for (let at = 0; at < rows.length; at += 256) {
    const part = rows.slice(at, at + 256)
    const scores = model.score(part.map(({ text }) => modelInput(text)))
    part.forEach(({ label }, i) => {
      const own = scores.subarray(i * width, (i + 1) * width)
      if (1 - genuine.reduce((sum, k) => sum + own[k]!, 0) >= 0.5) seen++
      if (label !== 'fraud') return
      fraud++
      if (own.indexOf(Math.max(...own)) === model.labels.indexOf('fraud')) called++
    })
  }
  return { unsolicited: seen / rows.length, fraud: fraud === 0 ? Number.NaN : called / fraud }
}

const points = (share: number) => (Number.isNaN(share) ? '    -' : (100 * share).toFixed(1).padStart(5))
for (const corpus of corpora) {
  const rows = heldTexts([{ corpus, rows: corpus.rows }], Number(values.seed)).filter(
    ({ label }) =>
      (LABELS as readonly string[]).includes(label) && label !== 'notice' && label !== 'personal',
  )
  const plain = recallOf(rows)
  console.log(
    `${basename(corpus.name)}: ${rows.length} unsolicited messages; recall of unsolicited, of fraud as fraud, %`,
  )
  console.log(`  ${'plain'.padEnd(12)} ${points(plain.unsolicited)} ${points(plain.fraud)}`)
  for (const [kind, trick] of Object.entries(KINDS)) {
    const random = createRandom(Number(values.seed))
    const { unsolicited, fraud } = recallOf(
      rows.map(({ text, label }) => ({ label, text: trick(text, random) })),
    )
    console.log(
      `  ${kind.padEnd(12)} ${points(unsolicited)} ${points(fraud)}   ${points(unsolicited - plain.unsolicited)} ${points(fraud - plain.fraud)}`,
    )
  }
}
model.close()
