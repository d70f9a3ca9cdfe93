import { skeletonWords } from '../rules/patterns.generated.ts'
import { PINYIN } from './pinyin.generated.ts'

/**
 * Characters easily misread as the first of their group. Curated for the characters of brand names; only neighbours that are
 * implausible in another company's name (`中` and `申` are both couriers). The last two lines have the same component next to a
 * similar radical (`讠` and `氵`, `木` and `扌`), by the decompositions of cjkvi-ids, for all such characters of registered names.
 */
const GLYPH_GROUPS = skeletonWords.glyphGroups

/** Characters split into adjacent components. */
const TORN: readonly (readonly [string, string])[] = skeletonWords.torn
  .split(' ')
  .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)

/** Bare strokes and rare two-stroke characters that readers skip between the characters of a name. */
const WEDGES = new Set([...skeletonWords.wedges].map((sign) => sign.codePointAt(0) as number))

/** Cyrillic and Greek letters, signs and digits by the Latin letter they resemble. */
const LATIN_GROUPS = `
aаαɑ bьв cсϲ dԁ eеεёє fғ gɡ hнһ iіιíìï jјϳ kкκ lӏ mм nпη oоοσøö pрρ qԛ rг sѕ tтτ uυμü vνѵ wѡω xхχ yуγ zᴢ
`

const stand = new Map<number, string>()
for (const group of `${GLYPH_GROUPS} ${LATIN_GROUPS}`.split(/\s+/)) {
  const [first, ...others] = [...group]
  for (const other of others) stand.set(other.codePointAt(0) as number, first as string)
}
for (const [digit, letter] of ['0o', '1l', '5s', 'il'].map((pair) => [...pair] as [string, string])) {
  stand.set(digit.codePointAt(0) as number, letter)
}

const TORN_FIRST = new Set(TORN.map(([parts]) => parts[0]))

/**
 * Visual skeleton of a name: letters, digits and Han characters only, each replaced by the first of its glyph group, bare strokes
 * dropped, split characters joined, `rn` read as m and `vv` as w. Names with equal skeletons cannot be distinguished at a glance.
 * Input: normalised text or a host in its Unicode form.
 */
export function skeleton(name: string): string {
  let out = ''
  for (const character of name) {
    const code = character.codePointAt(0) as number
    if (WEDGES.has(code)) continue
    const other = stand.get(code)
    if (other !== undefined) out += other
    else if (isSign(code)) out += character
  }
  for (const character of out) {
    if (!TORN_FIRST.has(character)) continue
    for (const [parts, whole] of TORN) if (out.includes(parts)) out = out.replaceAll(parts, whole)
    break
  }
  if (out.includes('rn')) out = out.replaceAll('rn', 'm')
  if (out.includes('vv')) out = out.replaceAll('vv', 'w')
  return out
}

/** Letters, digits and Han characters, components included. */
function isSign(code: number): boolean {
  if (code < 128) return (code >= 48 && code <= 57) || (code >= 97 && code <= 122)
  return isHan(code) || (code >= 0xc0 && code < 0x2000) || (code >= 0x3040 && code < 0x3100)
}

export function isHan(code: number): boolean {
  return (code >= 0x3400 && code <= 0x9fff) || (code >= 0x20000 && code <= 0x3134f)
}

const FIRST = 0x4e00
const readings = new Uint16Array(0xa000 - FIRST)
const syllables: string[] = ['']
for (const line of PINYIN.trim().split('\n')) {
  const end = line.search(/[^a-z]/)
  syllables.push(line.slice(0, end))
  for (const character of line.slice(end)) readings[character.charCodeAt(0) - FIRST] = syllables.length - 1
}

/**
 * Pronunciation of a name: pinyin without tones, Latin letters and digits unchanged, without separators. Undefined if it has no
 * Han character or one without a known reading.
 */
export function reading(name: string): string | undefined {
  let out = ''
  let han = false
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (code < 128) {
      if ((code >= 48 && code <= 57) || (code >= 97 && code <= 122)) out += name[i]
      continue
    }
    const syllable = code >= FIRST && code < 0xa000 ? (readings[code - FIRST] as number) : 0
    if (syllable === 0) return undefined
    han = true
    out += syllables[syllable]
  }
  return han ? out : undefined
}
