import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RegistryHolder } from '../../../../src/detection/versions/registry-holder.ts'
import type { ConsentRow } from '../../../../src/domain/consent-ledger.ts'
import { exactClock } from '../../../../src/domain/ports.ts'
import { readSideFiles } from '../../../../src/pipeline/side-inputs/files.ts'
import { fileMap } from '../../../../src/pipeline/side-inputs/mapped-rows.ts'
import type { SideRow } from '../../../../src/pipeline/side-inputs/waiting-rows.ts'
import { readConfig } from '../../../../src/settings/config.ts'
import { useFolder, writeJsonl } from '../../../helpers/jsonl.ts'

const folder = useFolder()
const T0 = Date.parse('2026-11-11T09:30:00+08:00')

function configured(name: string, setting: object) {
  writeFileSync(folder.file('sigwatch.yaml'), JSON.stringify({ [name]: setting }))
  return readConfig({ folder: folder.path, env: {}, serving: false })
}

const CONSENTS = {
  file: 'consents.jsonl',
  map: {
    signature: '/after/sig',
    to: '/after/msisdn',
    state: { pointer: '/after/st', values: { '1': 'in', '0': 'out' } },
    ts: { pointer: '/after/at', form: 'epoch-us' },
    delete: { pointer: '/op', is: 'd' },
  },
}

/** What a ledger and the waiting rows get of the files of a configuration, in order. */
async function taken({ config, problems }: ReturnType<typeof configured>) {
  expect(problems).toEqual([])
  const said: unknown[] = []
  const rows: SideRow[] = []
  const ledger = {
    apply: async (applied: readonly ConsentRow[]) =>
      void said.push(...applied.map(({ signature, to, state }) => [state, signature, to])),
    erase: async (pairs: readonly { signature: string; to: string }[]) =>
      void said.push(...pairs.map(({ signature, to }) => ['erased', signature, to])),
  }
  const clock = exactClock(() => T0 + 1_000)
  await readSideFiles(
    config,
    { ledger, sideRows: { add: (added) => void rows.push(...added) } },
    clock,
    () => {},
  )
  return { said, rows }
}

describe('files of side inputs of another form', () => {
  it('are read by their map, and their rows deleted where they say so', async () => {
    const after = { sig: '京东', msisdn: 13800005678, st: 1, at: T0 * 1000 }
    writeJsonl(folder.file('consents.jsonl'), [
      { op: 'c', after },
      { op: 'c', after: { ...after, msisdn: 13900001234, st: 0 } },
      { op: 'd', before: after, after: null },
    ])
    const { said } = await taken(configured('consents', CONSENTS))
    expect(said).toEqual([
      ['in', '京东', '13800005678'],
      ['out', '京东', '13900001234'],
      ['erased', '京东', '13800005678'],
    ])
  })

  it('may be sheets with columns of their own', async () => {
    writeFileSync(
      folder.file('12321.csv'),
      '\ufeff投诉时间,号码,渠道\r\n20261111T093000+0800,106901234567,12321\r\n',
    )
    const map = { ts: { pointer: '/投诉时间', form: 'iso-basic' }, from: '/号码', source: '/渠道' }
    const { rows } = await taken(configured('complaints', { file: '12321.csv', map }))
    expect(rows).toMatchObject([
      { input: 'complaints', row: { ts: T0, from: '106901234567', source: '12321' } },
    ])
  })

  it('keep the digits of 64-bit ids', async () => {
    writeFileSync(folder.file('12321.jsonl'), `{"no":7077558723434234235,"at":${T0}}\n`)
    const map = { id: '/no', ts: { pointer: '/at', form: 'epoch-ms' }, source: { value: '12321' } }
    const { rows } = await taken(configured('complaints', { file: '12321.jsonl', map }))
    expect(rows).toMatchObject([{ row: { id: '7077558723434234235' } }])
  })

  it('stop the start with the line and the place of a row that does not fit, and show no number', async () => {
    writeJsonl(folder.file('consents.jsonl'), [
      { op: 'c', after: { sig: '京东', msisdn: 13800005678, st: 1, at: 'yesterday' } },
    ])
    const fault = await taken(configured('consents', CONSENTS)).catch((error: Error) => error)
    expect(String((fault as Error).message)).toMatch(/consents\.jsonl:1.*ts \(\/after\/at\)/s)
    expect(String((fault as Error).message)).not.toContain('5678')
  })

  it('make a registry of which the last row of a key holds', () => {
    const map = {
      kind: { value: 'signature' },
      name: '/after/name',
      sp: '/after/sp',
      ports: '/after/ports',
      delete: { pointer: '/op', is: 'd' },
    }
    writeJsonl(folder.file('registry.jsonl'), [
      { op: 'c', after: { name: '木森地产', sp: 'SP1', ports: ['1069012345*'] } },
      { op: 'c', after: { name: '山茶', sp: 'SP2', ports: ['1069099999'] } },
      { op: 'u', after: { name: '木森地产', sp: 'SP3', ports: ['1069012345*'] } },
      { op: 'd', before: { name: '山茶' }, after: null },
    ])
    const { config, problems } = configured('registry', { file: 'registry.jsonl', map })
    expect(problems).toEqual([])
    const { current } = new RegistryHolder(config.registry!, () => {}, undefined, fileMap(config, 'registry'))
    expect(current.signature('木森地产')?.filings.map(({ sp }) => sp)).toEqual(['SP3'])
    expect(current.signature('山茶')).toBeUndefined()
  })

  it('accept a text as a list, as in a spreadsheet cell', () => {
    const map = { kind: { value: 'signature' }, name: '/name', ports: '/ports', scope: '/scope' }
    writeJsonl(folder.file('registry.jsonl'), [
      { name: '木森地产', ports: '1069012345*; 106902', scope: 'notice' },
    ])
    const { config } = configured('registry', { file: 'registry.jsonl', map })
    const { current } = new RegistryHolder(config.registry!, () => {}, undefined, fileMap(config, 'registry'))
    expect(current.signature('木森地产')?.filings).toMatchObject([
      { ports: ['1069012345*', '106902'], scope: ['notice'] },
    ])
  })

  it.each([
    ['a list of rows', { file: 'registry.yaml', map: { kind: '/kind' } }, 'requires a file of rows'],
    [
      'the key of a record',
      { file: 'r.jsonl', map: { kind: { key: true } } },
      'which a row of a file lacks: use a pointer',
    ],
    ['a field that is not one', { file: 'r.jsonl', map: { kind: '/kind', nmae: '/n' } }, 'nmae'],
  ])('refuse %s', (_, setting, said) => {
    const { problems } = configured('registry', setting)
    expect(problems.map(({ key, message }) => `${key}: ${message}`).join('\n')).toContain(said)
    expect(problems[0]).toMatchObject({ line: expect.any(Number) })
  })
})
