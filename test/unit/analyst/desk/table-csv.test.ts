import { expect, it } from 'vitest'
import { withCsv } from '../../../../src/analyst/desk/table-csv.ts'
import { table } from '../../../../src/analyst/desk/tables.ts'
import { html } from '../../../../src/analyst/words/html.ts'

const PAGE = html`<main>${[
  html`<section>${table('first', ['a'], [['one']])}</section>`,
  table('second', ['name', 'messages'], [[html`<a href="/x">甲 &amp; ${'<乙>'}</a>`, 1234567]]),
]}</main>`

function asked(search: string) {
  const answer = { status: 200, body: PAGE }
  return withCsv(answer, { path: '/overview', query: new URLSearchParams(search) } as never)
}

it('links each table to its CSV', () => {
  expect(String((asked('days=7')!.body as { text: string }).text).match(/href="[^"]+csv=\d"/g)).toEqual([
    'href="/overview?days=7&amp;csv=0"',
    'href="/overview?days=7&amp;csv=1"',
  ])
})

it('writes cells as they read, and numbers as numbers', () => {
  expect(asked('csv=0')!.body).toBe('\ufeffa\r\none\r\n')
  expect(asked('csv=1')!.body).toBe('\ufeffname,messages\r\n甲 & <乙>,1234567\r\n')
})

it('aligns counts and rates to the right, and texts to the left', () => {
  const { text } = table(
    'rates',
    ['port', 'messages', 'rate'],
    [
      ['10690001', 3, '1339.7'],
      ['-', '–', '–'],
    ],
  )
  expect(text.match(/<th scope[^>]*>/g)).toEqual([
    '<th scope="col">',
    '<th scope="col" class="n">',
    '<th scope="col" class="n">',
  ])
})

it('writes ports as texts, as spreadsheets show long numbers rounded, and no formula', () => {
  const page = html`<main>${table('ports', ['port', 'signature'], [['106900001234567', '＝cmd()']])}</main>`
  const answer = withCsv({ status: 200, body: page }, {
    path: '/overview',
    query: new URLSearchParams('csv=0'),
  } as never)
  expect(answer!.body).toBe("\ufeffport,signature\r\n'106900001234567,'＝cmd()\r\n")
})

it.each([
  [html`<span title="${'a > b'}">${'<b>'}</span>`, '<b>'],
  [html`${'a'}<br>${[html`<i>${'&lt;'}</i>`, ', ', null, 3]}`, 'a &lt;, 3'],
])('takes the values of a cell, not what they are shown in', (cell, plain) => {
  expect(cell.plain).toBe(plain)
})

it('says that there is no such table', () => {
  expect(asked('csv=2')).toBeUndefined()
})
