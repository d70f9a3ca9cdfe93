/**
 * Generates src/text/fold-table.generated.ts and docs/folding.md from src/text/fold-tables.ts:
 * traditional and Japanese forms by opencc-js, sound neighbours and pinyin by pinyin-pro. A neighbour that makes a word
 * of the OpenCC or pinyin-pro dictionaries, or that the hand-written corpus uses in ordinary messages, is left out.
 * A word that the table has keeps its neighbours while the corpus grows: the model is trained on texts that are folded with them.
 * Run: npx tsx scripts/build-fold-table.ts [--check] [--all]; `--check` writes nothing and fails when a file is stale, `--all`
 * computes every word from the corpus of today, before the model is trained on it.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as OpenCC from 'opencc-js'
// @ts-expect-error: the dictionaries of opencc-js have no type declarations
import stPhrases from 'opencc-js/dict/STPhrases'
import { pinyin, segment } from 'pinyin-pro'
import { REFUSED, SOUNDS } from '../src/text/fold-table.generated.ts'
import * as tables from '../src/text/fold-tables.ts'
import { entries, foldWords, neighbourMap, variantsOf } from '../src/text/fold-variants.ts'

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')

function output(path: string, content: string): void {
  if (!check) writeFileSync(join(root, path), content)
  else if (readFileSync(join(root, path), 'utf8') !== content) {
    process.stderr.write(`${path} is stale: run npx tsx scripts/build-fold-table.ts\n`)
    process.exitCode = 1
  }
}
/** A character this frequent (in 100,000) turns up next to anything: no sound neighbour in words of two, or of more. */
const TOO_FREQUENT = { two: 4, more: 25 }

const common = new Set<string>()
const gbk = new TextDecoder('gbk')
for (let high = 0xb0; high <= 0xf7; high++) {
  for (let low = 0xa1; low <= 0xfe; low++) {
    const character = gbk.decode(Uint8Array.of(high, low))
    if (character.length === 1 && character !== '\ufffd') common.add(character)
  }
}

const converters = (['t', 'tw', 'hk', 'jp'] as const).map((from) => OpenCC.Converter({ from, to: 'cn' }))
const traditional = new Map<string, string>()
for (let code = 0x3400; code < 0xa000; code++) {
  const character = String.fromCharCode(code)
  for (const [i, convert] of converters.entries()) {
    const simplified = convert(character)
    if (simplified === character || simplified.length !== 1) continue
    // Regional and Japanese forms only where the character is no ordinary simplified one (芸, 予, 著, 缶).
    if (i > 0 && (common.has(character) || !common.has(simplified))) continue
    traditional.set(character, simplified)
    break
  }
}

const folder = join(root, 'corpus', 'writers')
const ordinary = readdirSync(folder)
  .filter((file) => file.endsWith('.tsv'))
  .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
  .filter((line) => /^(notice|personal|marketing)\t/.test(line))
  .map((line) => [...line.slice(line.indexOf('\t') + 1)].map((c) => traditional.get(c) ?? c).join(''))
  .join('\n')

const frequency = new Map<string, number>()
for (const character of ordinary) frequency.set(character, (frequency.get(character) ?? 0) + 1)
const per100k = (character: string) => ((frequency.get(character) ?? 0) * 100_000) / ordinary.length

const dictionary = new Set<string>()
for (const pair of String(stPhrases).split('|')) dictionary.add(pair.split(' ')[0] as string)
const exceptions = new Set(tables.EXCEPTIONS.split(/\s+/).filter((e) => e !== ''))
const isOrdinary = (text: string) =>
  exceptions.has(text) || dictionary.has(text) || ordinary.includes(text) || segment(text).length === 1

const bySound = new Map<string, string[]>()
const sound = (character: string) => pinyin(character, { toneType: 'none', v: true })
for (let code = 0x4e00; code <= 0x9fa5; code++) {
  const character = String.fromCharCode(code)
  if (traditional.has(character)) continue
  const key = sound(character)
  if (!/^[a-z]+$/.test(key)) continue
  bySound.set(key, [...(bySound.get(key) ?? []), character])
}

const words = foldWords(tables.WORDS)
const neighbours = neighbourMap(tables.NEIGHBOURS)
const all = process.argv.includes('--all')
/** A strict word has none, and one that was strict until now has no list yet. */
const keptSounds = new Map(all ? [] : entries(SOUNDS, ':').filter(([, slots]) => /[^/]/.test(slots)))
const keptRefused = new Set(REFUSED.split(/\s+/))
const targets = new Set(words.map((w) => w.word))
const soundsOf = (word: string, strict: boolean) =>
  [...word].map((character, slot) =>
    (bySound.get(sound(character)) ?? []).filter((other) => {
      if (other === character) return false
      if (!common.has(other)) return false
      if (strict || per100k(other) > (word.length === 2 ? TOO_FREQUENT.two : TOO_FREQUENT.more)) return false
      const variant = word.slice(0, slot) + other + word.slice(slot + 1)
      return !targets.has(variant) && !isOrdinary(variant)
    }),
  )
const sounds: string[] = []
const refused: string[] = []
for (const { word, strict } of words) {
  const kept = strict ? undefined : keptSounds.get(word)
  const slots =
    kept ??
    soundsOf(word, strict)
      .map((slot) => slot.join(''))
      .join('/')
  sounds.push(`${word}:${slots}`)
  if (strict) continue
  for (const variant of variantsOf(word, (c) => neighbours.get(c) ?? [])) {
    const refuses = kept === undefined ? isOrdinary(variant) : keptRefused.has(variant)
    if (!targets.has(variant) && refuses) refused.push(variant)
  }
}

const syllables = new Map<string, string>()
for (const { word } of words) for (const character of word) syllables.set(character, sound(character))
const glyphs = new Set([...neighbourMap(tables.GLYPHS).values()].flat())
const bound = new Set(tables.COMPONENTS + tables.EVERYDAY_RARE)
const rare = [...new Set(syllables.values())].sort().map((syllable) => {
  const unusual = (bySound.get(syllable) ?? []).filter(
    (c) => !common.has(c) && !glyphs.has(c) && !bound.has(c),
  )
  return `${syllable}:${unusual.join('')}`
})

const lines = (items: readonly string[], width: number) => {
  const out: string[] = ['']
  for (const item of items) {
    if ((out.at(-1) as string).length + item.length > width) out.push('')
    out[out.length - 1] += out.at(-1) === '' ? item : ` ${item}`
  }
  return out.join('\n')
}
/** A list in lines that are about as long as those of the page. */
const columns = (items: readonly string[]) => lines(items, 60).replaceAll(' ', '、').replaceAll('\n', '、\n')
const pairs = [...traditional].map(([from, to]) => from + to)
output(
  'src/text/fold-table.generated.ts',
  `// Generated by scripts/build-fold-table.ts. Do not edit.

/** Traditional, regional and Japanese forms, each before its simplified form. */
export const TRADITIONAL = \`
${lines(pairs, 110)}
\`

/** Sound neighbours of each character of the words of fold-tables.ts: \`word:first/second/…\`. */
export const SOUNDS = \`
${sounds.join('\n')}
\`

/** Combinations of curated neighbours that are words or parts of ordinary text: not folded. */
export const REFUSED = \`
${lines(refused, 110)}
\`

/** Characters that ordinary text does not use, by syllable. */
export const RARE = \`
${rare.join('\n')}
\`

/** Pinyin without tones of the characters of the words. */
export const SYLLABLES = \`
${lines(
  [...syllables].map(([c, s]) => `${c}:${s}`),
  110,
)}
\`
`,
)

output(
  'docs/folding.md',
  `# Folding

Generated by \`scripts/build-fold-table.ts\` from \`src/text/words.yaml\`. Do not edit.

Before a text is classified it is brought to one form. NFKC, lower case, invisible characters and ${traditional.size} traditional, regional
and Japanese characters are plain normalisation. The rest is disguise: it is undone by
the tables of \`src/text/words.yaml\` and counted as evidence of \`OBFUSCATED_TEXT\`.

| kind | what is undone | written | read as |
|---|---|---|---|
| \`invisible\` | characters without width inside a word | 个&#8203;税 | 个税 |
| \`separator\` | marks or spaces inside a Chinese word | 贷*款 | 贷款 |
| \`spaced\` | Latin letters set apart | c a s i n o | casino |
| \`digit\` | digits in circles, in Chinese, or as letters | 加微①③⑧ | 加微信138 |
| \`lookalike\` | Cyrillic, Greek, styled letters and digits for Latin letters | раураl | paypal |
| \`glyph\` | a character of the same shape | 伱好 | 你好 |
| \`split\` | a character torn into components | 亻言用卡 | 信用卡 |
| \`word\` | a disguised word of the list below | 岱款 | 贷款 |
| \`word\` | one character in pinyin | dai款 | 贷款 |
| \`word\` | a phrase | 发漂 | 发票 |
| \`contact\` | a name for a messenger | 加薇信 | 加微信 |
| \`link\` | the dot of a host | abc点com | abc.com |

## Words

In these ${words.length} words one character may be replaced by a neighbour of the same sound (those in common use are in
\`src/text/fold-table.generated.ts\`; unusual ones always count) or by pinyin, or the whole word by pinyin. A neighbour that makes
an ordinary word is left out. With \`!\` only unusual characters, components and pinyin count.

${columns(tables.WORDS.split(/\s+/).filter((word) => word !== ''))}
`,
)
const soundCount = sounds.reduce((sum, line) => sum + line.replace(/^.*:|\//g, '').length, 0)
process.stderr.write(
  `${traditional.size} forms, ${words.length} words, ${soundCount} sound neighbours, ${refused.length} refused\n`,
)
