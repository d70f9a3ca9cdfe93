import { PINYIN } from './pinyin.generated.ts'

/**
 * Characters that are read as the first of their group at a glance. Curated for the characters of brand names; only
 * neighbours that are no plausible part of another company's name (`中` and `申` are both couriers). The last two lines
 * have the same component beside a radical of like shape (`讠` and `氵`, `木` and `扌`), by the decompositions of
 * cjkvi-ids, for every such character of a registered name.
 */
const GLYPH_GROUPS = `
京亰亯 东柬涷 招昭沼绍诏怊 商啇 行荇 银垠锒 工エ 建键 设殳没 农衣 业亚 国囯囻圀囗 移栘侈 动勋 联朕 通逋诵 电甩曱 信伩訁佶 淘掏啕 宝室寳 天夭 猫描锚苗 支攴攱 付忖附讨
微徽薇溦 顺顸须 丰豊沣 运纭 美羙 团囤 拼姘 百佰 平乎 安按 保堡褓 交洨 光洸 民氓 浦蒲 夏厦 抖枓 音喑 快块抉 手毛 爱暧 苏办 宁柠 滴嘀谪
社杜 税悦 车轧 果杲菓 苹萍 唯惟 铁轶 航杭舫 南喃 圆园 兔免 菜莱 鸟乌 品晶
证钲 香杳 管菅 理埋 速涑 递涕 钱饯 讯汛 优忧 浙逝 借惜 技忮 极汲 住往注 积枳 洋佯 拍怕 库厍 红讧 检捡 亿忆 桔拮 诚铖
饿锇 柜拒 箱葙 狗拘 透诱 远沅 环坏 读渎 档挡 时肘 诺锘 蓝篮 驰弛 择怿 活话 海侮诲 作怍
`

/** Characters torn into components that stand side by side. */
const TORN: readonly (readonly [string, string])[] = (
  '彳亍=行 钅艮=银 亻言=信 扌召=招 讠殳=设 亻寸=付 氵甫=浦 扌斗=抖 车关=联 米青=精 木几=机 力云=动 云力=动 禾多=移 讠兑=说 禾兑=税 ' +
  '口向=响 犭苗=猫 氵匋=淘 扌匋=掏 扌并=拼 扌隽=携 氵商=滴 彳山攵=微 纟召=绍 月券=胜 亻呆=保 忄夬=快 辶甬=通'
)
  .split(' ')
  .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const)

/** Bare strokes and rare signs of two strokes: set between the characters of a name, they are read past. */
const WEDGES = new Set([...'丶丨丿乀乁乂亅乚乛㐅㇏㇀丷'].map((sign) => sign.codePointAt(0) as number))

/** Cyrillic and Greek letters, signs and digits by the Latin letter they are read as. */
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
 * What a name looks like: letters, digits and Han characters only, each replaced by the first of its glyph group, bare
 * strokes dropped, torn characters joined, `rn` read as m and `vv` as w. Equal skeletons cannot be told apart at a glance.
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
 * How a name is read: pinyin without tones, Latin letters and digits as they are, nothing between. Undefined when it
 * has no Han character or one without a known reading.
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
