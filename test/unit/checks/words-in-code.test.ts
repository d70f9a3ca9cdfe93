import { describe, expect, it } from 'vitest'
import { linesWithWords } from '../../../scripts/checks/words-in-code.ts'

const lines = (text: string) => linesWithWords('a.ts', text)

describe('words in code', () => {
  it.each([
    ["const a = '冻结'"],
    ['const a = /冻结|停用/u'],
    ['const a = `冻结`'],
    [`const a = \`\${b}冻结\${c}\``],
    ["const a = { 冻结: 1, b: '' }"],
    ["const a = { '冻结': 1 }"],
  ])('are found: %s', (text) => {
    expect(lines(`// first\n${text}`)).toEqual([2])
  })

  it('are none in comments, nor in what a code shows in Chinese', () => {
    expect(lines('/** `冻结` */\nconst a = /[a-z]/ // 停用')).toEqual([])
    expect(lines(`const a = { 'zh-CN': ({ n }) => \`冻结 \${n} 次\`, en: '' }`)).toEqual([])
    expect(lines("const a = fields.chinese('链接数', fields.count('links'))")).toEqual([])
  })
})
