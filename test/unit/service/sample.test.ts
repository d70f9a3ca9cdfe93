import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SmsRecord } from '../../../src/domain/message.ts'
import { lineDecoder } from '../../../src/pipeline/inputs.ts'
import { JoinParts } from '../../../src/pipeline/join-parts.ts'
import { runCheck } from '../../../src/service/check.ts'
import { readSample } from '../../../src/service/sample.ts'
import { readConfig } from '../../../src/settings/config.ts'

const GATEWAYS = join(import.meta.dirname, '..', '..', '..', 'examples', 'gateways')
const NOW = Date.parse('2026-11-26T08:00:05+08:00')

function files(content: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'sample-'))
  for (const [name, text] of Object.entries(content)) writeFileSync(join(folder, name), text)
  return folder
}

describe('check --sample', () => {
  it('asks for the schema of a record that stands behind a thousand blank lines', async () => {
    const fields = ['id', 'ts', 'from', 'to', 'text'].map((name) => ({
      name,
      type: name === 'ts' ? 'long' : 'string',
    }))
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ schema: JSON.stringify({ type: 'record', name: 'R', fields }) }))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const text = (value: string) =>
      Buffer.concat([Buffer.from([2 * Buffer.byteLength(value)]), Buffer.from(value)])
    // A record of Confluent's wire format; its time, 2026-11-26 in ms, as a zigzag number.
    const ts: number[] = []
    for (let rest = 2n * BigInt(NOW); rest > 0n; rest >>= 7n)
      ts.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
    const record = Buffer.concat([
      Buffer.from([0, 0, 0, 0, 7]),
      ...[text('s1'), Buffer.from(ts), text('1069001'), text('13800005678'), text('OK')],
    ])
    const folder = files({
      'sigwatch.yaml': `kafka: {brokers: [x:1]}\ninput: {format: avro, schemaRegistry: {url: "http://127.0.0.1:${port}"}, map: {id: /id, ts: /ts, from: /from, to: /to, text: /text}}\n`,
      'sample.jsonl': `${'\n'.repeat(1_200)}${JSON.stringify({ base64: record.toString('base64') })}\n`,
    })
    try {
      const { rows, problems } = await runCheck({ sample: join(folder, 'sample.jsonl') }, { env: {}, folder })
      expect(problems).toEqual([])
      expect(rows).toMatchObject([{ line: 1_201, id: 's1', from: '1069001' }])
    } finally {
      server.close()
    }
  })

  it('says where a list has more recipients that the map does not read', async () => {
    const record = (id: string, ...numbers: string[]) => ({
      ...{ id, at: NOW, src: '10690001', text: '【示例】您好' },
      dst: numbers.map((number) => ({ number })),
    })
    const records = [
      record('a', '13900000001'),
      record('b', '13900000002', '13900000003'),
      { key: 'k', headers: {}, value: record('c', '13900000004', '13900000005') },
    ]
    const map = 'ts: {pointer: /at, form: epoch-ms}, from: /src, to: /dst/0/number, text: /text'
    const lines = (some: readonly object[]) => some.map((one) => `${JSON.stringify(one)}\n`).join('')
    const folder = files({
      'plain.yaml': `input: {map: {id: /id, ${map}}}\n`,
      'keyed.yaml': `input: {map: {id: {key: true}, ${map}}}\n`,
      'plain.jsonl': lines(records.slice(0, 2)),
      'keyed.jsonl': lines(records.slice(2)),
    })
    const told = async (name: string) => {
      const { config } = readConfig({ file: join(folder, `${name}.yaml`), env: {}, serving: false })
      const { problems } = await readSample(join(folder, `${name}.jsonl`), config, undefined, NOW)
      return problems.map(({ line, message }) => [line, message])
    }
    const message = 'to (/dst/0/number): the list there has more recipients, and only one is read; see split'
    expect(await told('plain')).toEqual([[2, message]])
    expect(await told('keyed')).toEqual([[1, message]])
  })

  it('says item by item what a record that is split becomes, and which texts have a header in front', async () => {
    const map = `split: /dst, id: {position: true}, ts: {pointer: /at, form: epoch-ms}, from: /src, to: ./n,
      text: {pointer: /text, form: hex, encoding: ucs2}`
    const header = '050003070201'
    const text = `${header}${Buffer.from('您好', 'utf16le').swap16().toString('hex')}`
    const folder = files({
      'as-text.yaml': `input: {map: {${map}}}\n`,
      'cut.yaml': `input: {map: {${map}, udh: true}}\n`,
      'sample.jsonl': `${JSON.stringify({ at: NOW, src: '1069', text, dst: [{ n: '13900000001' }, {}] })}\n`,
    })
    const told = (name: string) => {
      const { config } = readConfig({ file: join(folder, name), env: {}, serving: false })
      return readSample(join(folder, 'sample.jsonl'), config, undefined, NOW)
    }
    const sample = join(folder, 'sample.jsonl')
    const nothing = { file: sample, line: 1, message: 'item 1: MAPPING: to (./n): nothing is there' }
    const cut = await told('cut.yaml')
    expect(cut.rows).toMatchObject([
      { line: 1, item: 0, to: '139****0001', text: '您好', part: { ref: '7', index: 1, count: 2 } },
      { line: 1, item: 1, error: 'MAPPING' },
    ])
    expect(cut.problems).toEqual([nothing])
    expect(cut.summary).toContain(`${sample}: 1 of 2 messages in 1 records can be read`)
    expect(cut.summary).toContain(`${sample}: user data headers were removed from 1 texts`)
    const asText = await told('as-text.yaml')
    const message = 'text (/text): begins with a user data header, which is read as text; see udh: true'
    expect(asText.problems).toContainEqual({ file: sample, line: 1, message })
  })

  it('says line by line what each record becomes, masked, or which place is wrong', async () => {
    const folder = files({
      'sigwatch.yaml':
        'kafka: {brokers: [x:1]}\ninput: {map: {id: /id, ts: {pointer: /at, form: epoch-s}, from: /f, to: /r, text: /c, sp: /sp}}\n',
      'sample.jsonl': [
        { id: 1, at: 1795651200, f: '1069001', r: '+86 13800005678', c: '【京东】验证码482913' },
        { id: 2, at: '2026-11-26', f: '1069001', r: '13800005678', c: 'x' },
        { id: '13800005678-1', at: 1795651200, f: '1069001', r: '13800005678', c: 'E4BDA0E5A5BDE4BDA0' },
        { id: 1, at: 1795651200, f: '1069001', r: 'opaque', c: '��' },
        { id: 5, at: 1795651200, f: '1069001', r: '13800005678' },
        { id: 6, at: 1795651200, f: '1069001', r: '138-0000-5678', c: 'x' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n\n'),
    })
    const sample = join(folder, 'sample.jsonl')
    const { rows, problems, summary } = await runCheck({ sample }, { env: {}, folder })
    expect(rows).toEqual([
      {
        line: 1,
        id: '1',
        ts: '2026-11-26T00:00:00.000Z',
        from: '1069001',
        to: '138****5678',
        text: '【京东】验证码<number>',
      },
      { line: 3, error: 'MAPPING', detail: 'ts (/at): must be seconds since the epoch' },
      expect.objectContaining({ line: 5, id: '138****5678-1' }),
      expect.objectContaining({ line: 7, to: '<no number>' }),
      { line: 9, error: 'MAPPING', detail: 'text (/c): nothing is there' },
      expect.objectContaining({ line: 11, to: '<no number>' }),
    ])
    expect(JSON.stringify([rows, problems])).not.toMatch(/13800005678|138-0000-5678|482913/)
    expect(problems.map(({ file, line, message }) => [file === sample, line, message.split(';')[0]])).toEqual(
      [
        [true, 3, 'MAPPING: ts (/at): must be seconds since the epoch'],
        [true, 9, 'MAPPING: text (/c): nothing is there'],
        [true, 5, 'id: contains the number of the recipient'],
        [true, 5, 'text: looks like bytes in hex'],
        [true, 7, 'id: is that of line 1'],
        [true, 7, 'text: was decoded with a wrong encoding before it came here'],
        [true, 11, 'to: is a number with other characters than digits, spaces and +'],
      ],
    )
    expect(summary).toContain(`${sample}: 4 of 6 records can be read`)
    expect(summary).toContain(
      `${sample}: warning: sp (/sp) is in none of the records (found there: id, at, f, r, c)`,
    )
  })

  it('is a fault when there is nothing to read', async () => {
    const folder = files({ empty: '\n' })
    const check = (sample: string) => runCheck({ sample: join(folder, sample) }, { env: {}, folder })
    expect((await check('empty')).problems).toEqual([
      { file: join(folder, 'empty'), message: 'has no records' },
    ])
    await expect(check('none')).rejects.toThrow('the file does not exist')
  })
})

describe('the examples of gateways', () => {
  const gateways = readdirSync(GATEWAYS, { withFileTypes: true }).flatMap((e) =>
    e.isDirectory() ? [e.name] : [],
  )
  const configOf = (gateway: string) => {
    const { config, problems } = readConfig({
      file: join(GATEWAYS, gateway, 'sigwatch.yaml'),
      env: {},
      serving: false,
    })
    expect(problems).toEqual([])
    return config
  }

  it('are those of the protocols', () => {
    expect(gateways.sort()).toEqual(['cmpp2', 'cmpp3', 'sgip', 'smgp', 'smpp'])
  })

  it.each(gateways)('%s: every record of the sample can be read, no field is left over', async (gateway) => {
    const sample = await readSample(
      join(GATEWAYS, gateway, 'sample.jsonl'),
      configOf(gateway),
      undefined,
      NOW,
    )
    expect(sample.problems).toEqual([])
    expect(sample.rows.length).toBeGreaterThan(2)
    expect(sample.summary.join('\n')).not.toContain('warning')
  })

  it.each(gateways)('%s: the records are what was sent, and parts join', (gateway) => {
    const decode = lineDecoder(configOf(gateway))
    const bytes = readFileSync(join(GATEWAYS, gateway, 'sample.jsonl')).toString('latin1')
    const records = bytes
      .trimEnd()
      .split('\n')
      .map((line, offset) => {
        const value = Buffer.from(line, 'latin1')
        return decode({ position: { topic: 's', partition: 0, offset }, timestamp: NOW, value }) as SmsRecord
      })
    const [first] = records
    expect(first).toMatchObject({ from: '10690123456789', ts: Date.parse('2026-11-26T08:00:00+08:00') })
    expect(first!.text).toMatch(/您的订单已发货，预计明天送达。$/)
    expect(records.map(({ ts }) => ts).every((ts) => ts <= NOW)).toBe(true)
    const parts = new JoinParts({ wait: 10_000 })
    const joined = records.flatMap((record, offset) =>
      parts.add(record, { topic: 's', partition: 0, offset }, record.ts),
    )
    const whole = records.filter(({ part }) => part?.index === part?.count).length
    expect(joined).toHaveLength(whole)
    for (const { origins, text } of joined) if (origins.length > 1) expect(text).toMatch(/。$/)
  })
})
