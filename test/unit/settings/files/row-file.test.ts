import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readRegistry } from '../../../../src/detection/registry/load.ts'
import { readSideFile } from '../../../../src/pipeline/side-inputs/rows.ts'
import { readRows } from '../../../../src/settings/files/row-file.ts'
import { canonicalNumber } from '../../../../src/text/canonical-number.ts'
import { useFolder } from '../../../helpers/jsonl.ts'

describe('rows of a CSV file', () => {
  const folder = useFolder()
  const written = (content: string | Buffer, name = 'rows.csv') => {
    writeFileSync(folder.file(name), content)
    return folder.file(name)
  }
  const rowsOf = (content: string | Buffer) => [...readRows(written(content))]

  it('takes the names of fields from the header, and leaves empty cells out', () => {
    expect(rowsOf('\ufeffsignature;to;proof\r\n"京东";13900000001;\r\n')).toEqual([
      { line: 2, value: { signature: '京东', to: '13900000001' } },
    ])
  })

  it('tells lists, numbers, flags and objects by their field', () => {
    const [{ value } = {}] = rowsOf(
      'ports,scope,ts,verified,campaigns,to\n106901*; 106902,notice,1794313200878,TRUE,"[{""perMinute"":5}]",13900000001\n',
    )
    expect(value).toEqual({
      ports: ['106901*', '106902'],
      scope: ['notice'],
      ts: 1_794_313_200_878,
      verified: true,
      campaigns: [{ perMinute: 5 }],
      to: '13900000001',
    })
  })

  it('takes off the apostrophe that keeps a spreadsheet from rounding a number', () => {
    expect(rowsOf("to\n'8613900000001\n")[0]!.value).toEqual({ to: '8613900000001' })
  })

  it('names the line at which a row begins, also after a cell of several lines', () => {
    expect(rowsOf('note,by\n"two\nlines",wu\nx,lin\n').map(({ line }) => line)).toEqual([2, 4])
  })

  it.each<readonly [string, string | Buffer, string]>([
    ['an empty file', '', 'is empty: the first line of a CSV file must name the fields'],
    ['a column without a name', 'a,,c\n1,2,3\n', 'column 2 of the header has no name'],
    ['a name twice', 'a,a\n1,2\n', 'the header names "a" twice'],
    ['a row of more cells', 'a,b\n1,2,3\n', 'has 3 cells, the header 2: is a comma not quoted?'],
    ['an end in the middle of a row', 'a,b,c\n1,2', 'has 2 of 3 cells and no line break after them'],
    ['an open quote', 'a\n"1\n', 'is not valid CSV'],
    ['bytes of GBK', Buffer.from([0x61, 0x0a, 0xbe, 0xa9, 0x0a]), 'save the file as CSV in UTF-8'],
    ['an object that is none', 'campaigns\n[{\n', 'is not valid JSON'],
  ])('refuses %s', (_, content, said) => {
    const [{ problem } = {}] = rowsOf(content)
    expect(problem?.message).toContain(said)
  })

  it('takes a last row that is short or has no line break behind it, as hands write them', () => {
    expect(rowsOf('a,b\n1\n').map(({ value }) => value)).toEqual([{ a: '1' }])
    expect(rowsOf('a,b\n1,2').map(({ value }) => value)).toEqual([{ a: '1', b: '2' }])
  })

  it('says that a file is missing', () => {
    const [{ problem } = {}] = readRows(folder.file('none.csv'))
    expect(problem?.message).toBe('the file does not exist')
  })

  it('makes a registry of the export of a table', () => {
    const file = written(
      'kind,name,sp,ports,scope\nsignature,星河商城,SP1,106901*;106902,notice;marketing\nport,,SP2,,\n',
    )
    const { problems } = readRegistry(file)
    expect(problems).toMatchObject([{ line: 3 }])
    const { rows } = readRegistry(written('kind,name,sp,ports\nsignature,星河商城,SP1,106901*;106902\n'))
    expect(rows.signatures).toMatchObject([{ name: '星河商城' }])
    expect(rows.signatures[0]!.filings[0]!.ports).toEqual(['106901*', '106902'])
  })

  it('makes consents of it, and shows no number where a row is wrong', () => {
    const file = written(
      'signature,to,state,ts\n京东,13900000001,in,2026-11-01T00:00:00+08:00\n京东,13900000002,perhaps,1794313200878\n',
    )
    const [good, bad] = [...readSideFile('consents', file, canonicalNumber)]
    expect(good).toMatchObject({ line: 2, row: { signature: '京东', state: 'in' } })
    expect(bad).toMatchObject({ line: 3, problem: { key: 'state' } })
    expect(JSON.stringify(bad)).not.toContain('13900000002')
  })
})
