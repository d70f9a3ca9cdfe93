/**
 * Writes src/detection/registry/pinyin.generated.ts: the reading, without tone, of every character of GB 2312, from pinyin-pro.
 * Run: npx tsx scripts/build-pinyin-table.ts
 */
import { writeFileSync } from 'node:fs'
import { pinyin } from 'pinyin-pro'

/** Characters whose reading in names is not their first one. */
const IN_NAMES: Readonly<Record<string, string>> = {
  行: 'hang',
  都: 'dou',
  重: 'zhong',
  乐: 'le',
  厦: 'xia',
  宿: 'su',
  会: 'hui',
}

const decoder = new TextDecoder('gb18030')
const bySyllable = new Map<string, string>()
for (let row = 0xb0; row <= 0xf7; row++) {
  for (let cell = 0xa1; cell <= 0xfe; cell++) {
    const character = decoder.decode(Uint8Array.of(row, cell))
    if (!/^\p{Script=Han}$/u.test(character)) continue
    const syllable = IN_NAMES[character] ?? pinyin(character, { toneType: 'none', v: true })
    if (!/^[a-z]+$/.test(syllable)) continue
    bySyllable.set(syllable, (bySyllable.get(syllable) ?? '') + character)
  }
}
const lines = [...bySyllable]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([syllable, all]) => `${syllable}${all}`)
writeFileSync(
  'src/detection/registry/pinyin.generated.ts',
  `/** \`<syllable><characters>\` a line, from scripts/build-pinyin-table.ts (pinyin-pro). */\nexport const PINYIN = \`\n${lines.join('\n')}\n\`\n`,
)
