import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../src/domain/errors.ts'
import { runCheck } from '../../../src/service/check.ts'

const NOW = Date.parse('2026-11-26T08:00:05+08:00')

/** What `check` prints about these files, without the folder: faults, and warnings about places of maps. */
async function checked(files: Readonly<Record<string, string>>, sample?: string) {
  const folder = mkdtempSync(join(tmpdir(), 'check-map-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const options = sample === undefined ? {} : { sample: join(folder, sample) }
  const { problems, summary } = await runCheck(options, { env: {}, folder })
  const plain = (line: string) => line.replaceAll(`${folder}/`, '')
  return {
    faults: problems.map((problem) => plain(formatProblem(problem))),
    warnings: summary.map(plain).filter((line) => line.includes('warning: ')),
  }
}

describe('the columns of a mapped sheet', () => {
  const filings = (header: string, row = '木森地产,SP1,1069012345*') => ({
    'sigwatch.yaml':
      'registry: {file: filings.csv, map: {kind: {value: signature}, name: /签名, sp: /企业, ports: /端口}}\n',
    'filings.csv': `${header}\n${row}\n`,
  })

  it('raise no warning if the header has them', async () => {
    expect(await checked(filings('签名,企业,端口'))).toEqual({ faults: [], warnings: [] })
  })

  it('raise a warning if the header lacks an optional one', async () => {
    expect(await checked(filings('签名,企业,端口号'))).toEqual({
      faults: [],
      warnings: [
        'filings.csv: warning: ports (/端口): the header has no such column; did you mean "端口号"? (columns: 签名, 企业, 端口号)',
      ],
    })
  })

  it('raise a warning if an optional one is empty in all rows', async () => {
    expect(await checked(filings('签名,企业,端口', '木森地产,SP1,'))).toEqual({
      faults: [],
      warnings: ['filings.csv: warning: ports (/端口) is empty in all rows'],
    })
  })

  it('are one fault each, not one a row, if the header lacks what every row needs', async () => {
    const { faults } = await checked({
      'sigwatch.yaml':
        'consents: {file: c.csv, map: {signature: /签名, to: /手机, state: {value: in}, ts: /时间}}\n',
      'c.csv': `签名名,手机号,时间\n${'京东,13800005678,2026-11-11T09:30:00+08:00\n'.repeat(3)}`,
    })
    expect(faults).toEqual([
      'c.csv:1: signature (/签名): the header has no such column; did you mean "签名名"? (columns: 签名名, 手机号, 时间)',
      'c.csv:1: to (/手机): the header has no such column; did you mean "手机号"? (columns: 签名名, 手机号, 时间)',
    ])
    const registry = await checked(filings('名称,企业,端口'))
    expect(registry.faults).toEqual([
      'filings.csv:1: name (/签名): the header has no such column (columns: 名称, 企业, 端口)',
    ])
  })
})

describe('the pointers of a mapped file of rows', () => {
  const rows = (...some: object[]) => some.map((one) => `${JSON.stringify(one)}\n`).join('')

  it('raise a warning if no row has what they name', async () => {
    const after = { sig: '木森地产', sp: 'SP1', portlist: ['1069012345*'] }
    const { faults, warnings } = await checked({
      'sigwatch.yaml':
        'registry: {file: r.jsonl, map: {kind: {value: signature}, name: /after/sig, sp: /after/sp, ports: /after/portlst, delete: {pointer: /op, is: d}}}\n',
      'r.jsonl': rows({ op: 'c', after }, { op: 'd', before: { sig: '山茶' }, after: null }),
    })
    expect(faults).toEqual([])
    expect(warnings).toEqual([
      'r.jsonl: warning: ports (/after/portlst) is in none of the rows; did you mean "portlist"? (found there: sig, sp, portlist)',
    ])
  })

  it('raise no warning if one row has it', async () => {
    const { faults, warnings } = await checked({
      'sigwatch.yaml':
        'registry: {file: r.jsonl, map: {kind: {value: signature}, name: /sig, sp: /sp, ports: /p}}\n',
      'r.jsonl': rows({ sig: '木森地产' }, { sig: '山茶', sp: 'SP1', p: ['1069012345*'] }),
    })
    expect({ faults, warnings }).toEqual({ faults: [], warnings: [] })
  })
})

describe('the pointers of input.map', () => {
  const record = { hdr: { id: 'a', node: 'gw1' }, ts: NOW, src: '1069001', text: '您好', dst: '13800005678' }
  const sampled = (more: string, value: object = record) =>
    checked(
      {
        'sigwatch.yaml': `input: {map: {id: /hdr/id, ts: {pointer: /ts, form: epoch-ms}, from: /src, to: /dst, text: /text, ${more}}}\n`,
        'sample.jsonl': `${JSON.stringify(value)}\n`,
      },
      'sample.jsonl',
    )

  it('raise a warning if no record of the sample has what they name', async () => {
    const { faults, warnings } = await sampled(
      'sp: /hdr/sp, disposition: /state, ext: {node: /hdr/nodde}, part: {ref: /pdu/ref, index: /pdu/i, count: /pdu/n}',
    )
    expect(faults).toEqual([])
    const there = '(found there: id, node)'
    const top = '(found there: hdr, ts, src, text, dst)'
    expect(warnings.map((line) => line.replace('sample.jsonl: warning: ', ''))).toEqual([
      `sp (/hdr/sp) is in none of the records ${there}`,
      `disposition (/state) is in none of the records ${top}`,
      `ext.node (/hdr/nodde) is in none of the records; did you mean "node"? ${there}`,
      `part.ref (/pdu/ref) is in none of the records ${top}`,
      `part.index (/pdu/i) is in none of the records ${top}`,
      `part.count (/pdu/n) is in none of the records ${top}`,
    ])
  })

  it('raise no warning for a part that is the only one of its message', async () => {
    const { warnings } = await sampled('part: {ref: /pdu/ref, index: /pdu/i, count: /pdu/n}', {
      ...record,
      pdu: { ref: 0, i: 1, n: 1 },
    })
    expect(warnings).toEqual([])
  })

  it('are looked up in the items where they begin with ./', async () => {
    const map = (carrier: string) =>
      checked(
        {
          'sigwatch.yaml': `input: {map: {split: /dst, id: {position: true}, ts: {pointer: /ts, form: epoch-ms}, from: /src, to: ./n, text: /text, carrier: ${carrier}}}\n`,
          'sample.jsonl': `${JSON.stringify({ ...record, dst: [{ n: '13800005678', operator: 'CMCC' }] })}\n`,
        },
        'sample.jsonl',
      )
    expect((await map('./operator')).warnings).toEqual([])
    expect((await map('./operater')).warnings).toEqual([
      'sample.jsonl: warning: carrier (./operater) is in none of the records; did you mean "operator"? (found there: n, operator)',
    ])
  })

  it('are doubted where all items of a record get the recipient of one', async () => {
    const told = async (to: string, ...numbers: string[]) => {
      const dst = numbers.map((n) => ({ n }))
      const { faults } = await checked(
        {
          'sigwatch.yaml': `input: {map: {split: /dst, id: {position: true}, ts: {pointer: /ts, form: epoch-ms}, from: /src, to: ${to}, text: /text}}\n`,
          'sample.jsonl': `${JSON.stringify({ ...record, dst })}\n`,
        },
        'sample.jsonl',
      )
      return faults
    }
    expect(await told('/dst/0/n', '13800005678', '13800005679')).toEqual([
      'sample.jsonl:1: to (/dst/0/n): all items have the same recipient and text; a pointer into the item begins with ./',
    ])
    expect(await told('/dst/0/n', '13800005678')).toEqual([])
    expect(await told('./n', '13800005678', '13800005678')).toEqual([])
  })
})
