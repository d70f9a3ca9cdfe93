import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wilson } from '../../../../src/domain/wilson.ts'
import { type ReviewCase, readReviewed, reviewSheet } from '../../../../src/offline/replay/review-sheet.ts'
import { csvLine, readCsv } from '../../../../src/settings/files/csv.ts'

const CASE: ReviewCase = {
  id: 'm-1',
  ts: Date.UTC(2026, 10, 11),
  from: '1069012345678',
  signature: '京东',
  to: '138****5678',
  text: '=HYPERLINK("x"), "双十一"\n满减',
  label: 'marketing',
  action: 'review',
}

/** The sheet with these judgements written into its lines, in turn. */
function judged(words: readonly string[]): string {
  const sheet = reviewSheet((code) =>
    code === 'NO_CONSENT' ? words.map((_, i) => ({ ...CASE, id: `m-${i}` })) : [],
  )
  let next = 0
  return sheet.replaceAll(/review,\r\n/g, () => `review,${words[next++]}\r\n`)
}

describe('the review sheet', () => {
  it('opens in a spreadsheet: marked as UTF-8, nothing in it is a formula or a number that loses digits', () => {
    const sheet = reviewSheet((code) => (code === 'NO_CONSENT' ? [CASE] : []))
    expect(sheet.startsWith('\uFEFFcode,id,time,from,signature,to,text,label,action,judgement\r\n')).toBe(
      true,
    )
    const [, row] = readCsv(sheet, 'sheet.csv')
    expect(row!.cells).toEqual([
      ...['NO_CONSENT', 'm-1', '2026-11-11T00:00:00.000Z', "'1069012345678", '京东', '138****5678'],
      ...[`'${CASE.text}`, 'marketing', 'review', ''],
    ])
  })

  it.each([
    ['-', '-'],
    ['-1+2', "'-1+2"],
    ['--', "'--"],
    ['＝1+1', "'＝1+1"],
    ['＋1', "'＋1"],
    ['－1', "'－1"],
    ['＠SUM(1)', "'＠SUM(1)"],
    ['京东＝', '京东＝'],
  ])('writes %s as %s', (text, cell) => {
    expect(csvLine(['k', text])).toBe(`k,${cell}\r\n`)
  })

  it('is read back into precision with its interval', () => {
    const words = [...Array(8).fill('right'), 'wrong', '', '?', 'YES', '错']
    expect(readReviewed(Buffer.from(judged(words)), 'sheet.csv')).toEqual({
      NO_CONSENT: { judged: 11, right: 9, open: 2, precision: wilson(9, 11) },
    })
  })

  it('is read as spreadsheets save it: with semicolons, without the mark, in a Chinese code page', () => {
    const rows = readCsv(judged(['对', '否']), 'sheet.csv')
    const semicolons = rows
      .map(({ cells }) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(';'))
      .join('\n')
    expect(readReviewed(Buffer.from(semicolons), 'sheet.csv').NO_CONSENT).toMatchObject({
      judged: 2,
      right: 1,
    })
    // "对" and "错" in GB18030.
    const bytes = Buffer.concat([
      Buffer.from('code,judgement\r\nNO_CONSENT,'),
      Buffer.from([0xb6, 0xd4]),
      Buffer.from('\r\nNO_CONSENT,'),
      Buffer.from([0xb4, 0xed]),
    ])
    expect(readReviewed(bytes, 'sheet.csv').NO_CONSENT).toMatchObject({ judged: 2, right: 1 })
  })

  it('says which lines it cannot read', () => {
    expect(() => readReviewed(Buffer.from(judged(['right', 'maybe'])), 'sheet.csv')).toThrow(
      /sheet\.csv:4: judgement "maybe"/,
    )
    expect(() => readReviewed(Buffer.from('code,judgement\nNO_CONSET,right\n'), 'sheet.csv')).toThrow(
      /sheet\.csv:2: "NO_CONSET" is not a reason code/,
    )
    expect(() => readReviewed(Buffer.from('a,b\n1,2\n'), 'sheet.csv')).toThrow(/columns code and judgement/)
  })

  it('reads every cell back that it writes', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '京', ' ') })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
        const head = 'x,x,x,x,x,x,x,x\r\n'
        const read = readCsv(head + rows.map((cells) => csvLine(['k', ...cells])).join(''), 'sheet.csv')
        expect(read.slice(1).map(({ cells }) => cells.slice(1))).toEqual(rows)
      }),
    )
  })
})

describe('wilson', () => {
  it('gives the interval of the tables', () => {
    // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    const rounded = (right: number, judged: number) => {
      const { low, high } = wilson(right, judged)!
      return [low, high].map((value) => Number(value.toFixed(4)))
    }
    expect(rounded(81, 263)).toEqual([0.2553, 0.3662])
    expect(rounded(15, 148)).toEqual([0.0624, 0.1605])
    expect(rounded(0, 20)).toEqual([0, 0.1611])
    expect(rounded(1, 29)).toEqual([0.0061, 0.1718])
    expect(wilson(0, 0)).toBeUndefined()
  })
})
