import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readExport } from '../../../../src/analyst/complaints/export-file.ts'
import { loadMapping } from '../../../../src/analyst/complaints/mapping.ts'
import { readComplaintCsv } from '../../../../src/analyst/complaints/read-csv.ts'

const SHIPPED = 'config/complaints-12321.yaml'
const dir = mkdtempSync(join(tmpdir(), 'sigwatch-complaints-'))
const gbk = (text: string) => execFileSync('iconv', ['-f', 'utf-8', '-t', 'gbk'], { input: text })
const mappingOf = (text: string) => {
  const file = join(dir, 'mapping.yaml')
  writeFileSync(file, text)
  return loadMapping(file)
}

const CSV = `举报编号,举报时间,转办时间,办结时间,被举报号码,举报号码,短信内容,举报类型
A1,2026-11-02 09:30:00,2026-11-03 10:00:00,,10690200001,13800138000,"【某贷款】额度30万，""当天""放款，
退订回T",商业营销
A2,2026-11-02 25:30:00,,,10690200001,13800138000,又来了,商业营销
,2026-11-04 08:00:00,,2026-11-05 08:00:00,10690200002,13800138000,没有编号,
`

describe('an export of complaints', () => {
  it.each([
    ['UTF-8 with a mark', () => Buffer.from(`\ufeff${CSV}`), 'utf-8'],
    ['GBK', () => gbk(CSV), 'gbk'],
  ])('is read in %s', (_name, bytes, encoding) => {
    const read = readComplaintCsv(bytes(), loadMapping(SHIPPED), 'x.csv')
    expect(read.encoding).toBe(encoding)
    expect(read.complaints[0]).toEqual({
      record: {
        id: '12321-A1',
        ts: Date.parse('2026-11-02T09:30:00+08:00'),
        from: '10690200001',
        to: '13800138000',
        text: '【某贷款】额度30万，"当天"放款，\n退订回T',
        category: '商业营销',
        source: '12321',
      },
      receivedAt: Date.parse('2026-11-03T10:00:00+08:00'),
      line: 2,
    })
    expect(read.refused).toEqual([{ line: 4, message: 'ts: is not a time of the form yyyy-MM-dd HH:mm:ss' }])
    expect(read.complaints[1]).toMatchObject({
      record: { id: expect.stringMatching(/^12321-[0-9a-f]{24}$/) },
      answeredAt: Date.parse('2026-11-05T08:00:00+08:00'),
    })
    expect(read.absent).toEqual(['signature'])
    const again = readComplaintCsv(bytes(), loadMapping(SHIPPED), 'x.csv')
    expect(again.complaints.map(({ record }) => record.id)).toEqual(
      read.complaints.map(({ record }) => record.id),
    )
  })

  it('reads full-width digits as digits, and refuses an id that holds the number of the complainant', () => {
    const rows = [
      'A1,2026-11-02 09:30:00,１０６９０２００００１,＋８６１３８００１３８０００',
      '13800138000,2026-11-02 09:30:00,10690200001,13800138000',
      'N-13800138000-2,2026-11-02 09:30:00,10690200001,+86 138 0013 8000',
      '10690200001-7,2026-11-02 09:30:00,10690200001,13800138000',
    ]
    const bytes = Buffer.from(`举报编号,举报时间,被举报号码,举报号码\n${rows.join('\n')}\n`)
    const { complaints, refused } = readComplaintCsv(bytes, loadMapping(SHIPPED), 'x.csv')
    expect(complaints.map(({ record: { from, to }, line }) => ({ from, to, line }))).toEqual([
      { from: '10690200001', to: '+8613800138000', line: 2 },
      { from: '10690200001', to: '13800138000', line: 5 },
    ])
    const message =
      'id: contains the number of the complainant, and ids are shown in clear: map another column'
    expect(refused).toEqual([
      { line: 3, message },
      { line: 4, message },
    ])
  })

  it('refuses a receipt or an answer before the complaint, as of swapped columns', () => {
    const rows = [
      'A1,2026-11-02 09:30:00,2026-11-02 09:30:00,2026-11-02 09:30:00',
      'A2,2026-11-02 09:30:00,2026-11-02 09:29:59,',
      'A3,2026-11-02 09:30:00,,2026-11-01 09:30:00',
    ]
    const bytes = Buffer.from(`举报编号,举报时间,转办时间,办结时间\n${rows.join('\n')}\n`)
    const { complaints, refused } = readComplaintCsv(bytes, loadMapping(SHIPPED), 'x.csv')
    expect(complaints.map(({ line }) => line)).toEqual([2])
    expect(refused).toEqual([
      { line: 3, message: 'received: lies before the complaint' },
      { line: 4, message: 'answered: lies before the complaint' },
    ])
  })

  it('has columns and times as its mapping says', () => {
    const mapping = mappingOf(
      'source: hotline\ndelimiter: ";"\ntime: {form: dd/MM/yyyy HH:mm, zone: "+00:00"}\ncolumns: {ts: When, signature: [Who], text: What}\n',
    )
    const read = readComplaintCsv(
      Buffer.from('Who;When;What\n【京东】;02/11/2026 09:30;x\n'),
      mapping,
      'x.csv',
    )
    expect(read.complaints[0]!.record).toMatchObject({
      ts: Date.parse('2026-11-02T09:30:00Z'),
      signature: '京东',
      source: 'hotline',
    })
    expect(mapping.verified).toBe(false)
  })

  it.each([
    ['bytes of neither encoding', Buffer.from([0xff, 0xff, 0x80, 0x0a]), /neither UTF-8 nor GBK/],
    [
      'no column of the time',
      Buffer.from('a,b\n1,2\n'),
      /x\.csv:1: has no column 举报时间 or 受理时间 for ts: .*2 columns.*举报编号/,
    ],
    ['a quote that does not end', Buffer.from('举报时间,a\n"2026,b\n'), /x\.csv:\d+: is not valid CSV/],
    ['nothing', Buffer.from(''), /is empty/],
  ])('is refused with the reason: %s', (_name, bytes, message) => {
    expect(() => readComplaintCsv(bytes, loadMapping(SHIPPED), 'x.csv')).toThrow(message)
  })

  it('shows no cell of a file without headings', () => {
    const bytes = Buffer.from('张三,13800138000,110101199003074514\n李四,13900139000,x\n')
    const read = () => readComplaintCsv(bytes, loadMapping(SHIPPED), 'x.csv')
    expect(read).toThrow(/^x\.csv:1: has no column .*3 columns/)
    expect(read).not.toThrow(/张三|13800138000|1101/)
  })

  it.each(['1.38E+10', '1.06902E+12', '1,38e+10', '1E10'])('refuses the rounded number %s', (number) => {
    const lines = [
      '举报时间,被举报号码,举报号码',
      `2026-11-02 09:30:00,10690200001,"${number}"`,
      `2026-11-02 09:30:00,"${number}",13800138000`,
    ]
    const { complaints, refused } = readComplaintCsv(
      Buffer.from(lines.join('\n')),
      loadMapping(SHIPPED),
      'x.csv',
    )
    expect(complaints).toEqual([])
    const message = 'the spreadsheet has rounded the number: export the column as text'
    expect(refused).toEqual([
      { line: 2, message: `to: ${message}` },
      { line: 3, message: `from: ${message}` },
    ])
  })

  it('refuses an id that a spreadsheet has rounded', () => {
    const lines = ['举报编号,举报时间,举报号码', '1.23E+15,2026-11-02 09:30:00,13800138000']
    const { complaints, refused } = readComplaintCsv(
      Buffer.from(lines.join('\n')),
      loadMapping(SHIPPED),
      'x.csv',
    )
    expect(complaints).toEqual([])
    expect(refused).toEqual([
      { line: 2, message: 'id: the spreadsheet has rounded the number: export the column as text' },
    ])
  })

  it('refuses all complaints of one file that share an id, and takes the same row twice', () => {
    const lines = [
      '举报编号,举报时间,举报号码',
      '1234567890123450,2026-11-02 09:30:00,13800138000',
      'B1,2026-11-02 09:30:00,13800138002',
      '1234567890123450,2026-11-02 09:31:00,13800138001',
      'B1,2026-11-02 09:30:00,13800138002',
      'B2,yesterday,13800138002',
    ]
    const { complaints, refused } = readComplaintCsv(
      Buffer.from(lines.join('\n')),
      loadMapping(SHIPPED),
      'x.csv',
    )
    expect(complaints.map(({ record }) => record.id)).toEqual(['12321-B1', '12321-B1'])
    expect(refused).toEqual([
      {
        line: 2,
        message: expect.stringMatching(/^id: line 4 has it too, for another complaint: .*as text$/),
      },
      { line: 4, message: expect.stringMatching(/^id: line 2 has it too/) },
      { line: 6, message: expect.stringMatching(/^ts: /) },
    ])
  })

  it('is refused by its size before it is read', () => {
    const file = join(dir, 'large.csv')
    writeFileSync(file, CSV)
    expect(readExport(file, loadMapping(SHIPPED)).complaints).toHaveLength(2)
    truncateSync(file, 256_000_001)
    const before = process.memoryUsage().arrayBuffers
    expect(() => readExport(file, loadMapping(SHIPPED))).toThrow(
      /large\.csv: has 257 MB, more than the 256 MB .*split/,
    )
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000)
    rmSync(file)
  })

  it('says what is wrong with a mapping, by line', () => {
    expect(() => mappingOf('source: a\ncolumns: {text: b}\n')).toThrow(/mapping\.yaml:2: columns.*ts/)
    expect(() => mappingOf('source: a\nencoding: big5\ncolumns: {ts: b}\n')).toThrow(/:2: encoding/)
    expect(() => mappingOf('source: a\ntime: {form: yyyy}\ncolumns: {ts: b}\n')).toThrow(/:2: time\.form/)
    expect(() => mappingOf('source: a\ncolumns: {ts: b, sender: c}\n')).toThrow(/sender/)
  })
})
