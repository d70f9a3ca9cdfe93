import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../../..')
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm
/** A comment at the end of a command is for people, and translated. */
const withoutComments = (code: string) => code.replace(/[ \t]+#.*$/gm, '')

/** What two languages of a page have in common, whatever their sentences say. */
function shapeOf(page: string) {
  const prose = read(page).replace(FENCE, '')
  const lines = prose.split('\n')
  const all = (pattern: RegExp) => [...prose.matchAll(pattern)].map(([, found]) => found!)
  return {
    headings: all(/^(#+) /gm).map((marks) => marks.length),
    code: [...read(page).matchAll(FENCE)].map(([, language, code]) => [language, withoutComments(code!)]),
    // Chinese puts the words of a sentence into another order.
    names: all(/`([^`\n]+)`/g).sort(),
    links: all(/\]\(([^)]+)\)/g)
      .map((link) => link.replace('.zh-CN.md', '.md'))
      .filter((link) => link !== basename(page).replace('.zh-CN.md', '.md'))
      .sort(),
    // Cells of the rows of tables, in order.
    tables: lines.filter((line) => line.startsWith('|')).map((line) => line.split(/(?<!\\)\|/).length),
    bullets: lines.filter((line) => line.startsWith('- ')).length,
    steps: lines.flatMap((line) => /^(\d+)\. /.exec(line)?.[1] ?? []),
    questions: lines.filter((line) => line.startsWith('**')).length,
  }
}

describe.each(['README.md', 'docs/blocking.md'])('%s in Chinese', (english) => {
  const chinese = english.replace(/\.md$/, '.zh-CN.md')

  it.each(Object.keys(shapeOf(english)) as (keyof ReturnType<typeof shapeOf>)[])(
    'has the same %s as in English',
    (part) => expect(shapeOf(chinese)[part]).toEqual(shapeOf(english)[part]),
  )

  it('and the English page lead to each other', () => {
    expect(read(english)).toContain(`](${basename(chinese)})`)
    expect(read(chinese)).toContain(`](${basename(english)})`)
  })

  it('leads to Chinese pages where there are some', () => {
    const links = [...read(chinese).matchAll(/\]\(([^)#]+)/g)].map(([, link]) => link!)
    const translated = links.filter(
      (link) => link !== basename(english) && /(?:^|\/)(?:README|blocking)\.md$/.test(link),
    )
    expect(translated).toEqual([])
    expect(dirname(chinese)).toBe(dirname(english))
  })

  it('is Chinese, paragraph by paragraph', () => {
    const prose = read(chinese).replace(FENCE, '').split('\n\n')
    const foreign = prose.filter(
      (block) => /[A-Za-z]{2}/.test(block.replace(/`[^`]+`/g, '')) && !/\p{Script=Han}/u.test(block),
    )
    expect(foreign).toEqual(english === 'README.md' ? ['# sigwatch'] : [])
  })
})
