import { describe, expect, it } from 'vitest'
import type { SideInput } from '../../../../src/domain/input-events.ts'
import { mapRows } from '../../../../src/pipeline/side-inputs/mapped-rows.ts'
import { readConfig } from '../../../../src/settings/config.ts'
import { type SideMap, sideFaults } from '../../../../src/settings/side-map-schema.ts'

const T0 = Date.parse('2026-11-11T09:30:00+08:00')
const CONSENTS: SideMap = {
  signature: '/after/sig',
  to: '/after/msisdn',
  state: { pointer: '/after/st', values: { '1': 'in', '0': 'out' } },
  ts: { pointer: '/after/at', form: 'epoch-us' },
  delete: { pointer: '/op', is: 'd' },
}
const REGISTRY: SideMap = {
  kind: { value: 'signature' },
  name: '/after/name',
  sp: '/after/sp',
  ports: '/after/ports',
  delete: { pointer: '/op', is: 'd' },
}

function mapped(input: SideInput, map: SideMap, value: unknown) {
  expect(sideFaults(input, 'topic', { topic: 't', map })).toEqual([])
  const bytes = value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const position = { topic: 't', partition: 0, offset: 1 }
  const row = mapRows(input, map)({ key: 'k', value: bytes, timestamp: T0, position })
  if ('message' in row) return row.message
  return { key: row.key, value: row.value && (JSON.parse(String(row.value)) as unknown) }
}

describe('rows of another form', () => {
  const after = { sig: '京东', msisdn: 13800005678, st: 1, at: T0 * 1000 }

  it('are found in envelopes of Debezium, with the key that the topic would have', () => {
    expect(mapped('consents', CONSENTS, { op: 'u', before: null, after })).toEqual({
      key: '京东|13800005678',
      value: { signature: '京东', to: '13800005678', state: 'in', ts: T0 },
    })
    const row = { name: '京东', sp: 'SP1', ports: ['1069012345*'] }
    expect(mapped('registry', REGISTRY, { op: 'c', after: row })).toEqual({
      key: 'signature:京东',
      value: { kind: 'signature', ...row },
    })
  })

  it('keep the digits of 64-bit ids', () => {
    const map: SideMap = { id: '/no', ts: { pointer: '/t', form: 'epoch-ms' }, source: { value: '12321' } }
    expect(mapped('complaints', map, `{"no":7077558723434234235,"t":${T0}}`)).toMatchObject({
      value: { id: '7077558723434234235' },
    })
  })

  it('are deleted by an envelope that says so, under the key that they had', () => {
    expect(mapped('consents', CONSENTS, { op: 'd', before: after, after: null })).toEqual({
      key: '京东|13800005678',
      value: null,
    })
    expect(mapped('registry', REGISTRY, { op: 'd', before: { name: '京东' } })).toEqual({
      key: 'signature:京东',
      value: null,
    })
    expect(mapped('consents', CONSENTS, null)).toEqual({ key: '', value: null })
  })

  it('are refused where a deletion does not say which row it deletes', () => {
    const nothing = { sig: null, msisdn: '' }
    const refused = (before: object | null) => mapped('consents', CONSENTS, { op: 'd', before, after: null })
    expect(refused(null)).toBe('signature (/before/sig): nothing is there')
    expect(refused(nothing)).toBe('signature (/before/sig): nothing is there')
    expect(refused({ sig: '京东' })).toBe('to (/before/msisdn): nothing is there')
    const filing = { op: 'd', before: { id: 3, name: null } }
    expect(mapped('registry', REGISTRY, filing)).toBe('name (/before/name): nothing is there')
    const kind = { ...REGISTRY, kind: '/after/kind' }
    expect(mapped('registry', kind, filing)).toBe('kind (/before/kind): nothing is there')
    const port = { kind: { value: 'port' }, port: '/after/port', delete: REGISTRY.delete! }
    expect(mapped('registry', port, filing)).toBe('port (/before/port): nothing is there')
  })

  it('of complaints have no key, and what deletes one is passed over', () => {
    const map: SideMap = { ts: '/after/t', source: '/after/s', delete: { pointer: '/op', is: 'd' } }
    expect(mapped('complaints', map, { op: 'd', before: null })).toEqual({ key: '', value: null })
  })

  it('are refused with the place, and without what they say', () => {
    const at = { op: 'u', after: { ...after, at: 'yesterday' } }
    expect(mapped('consents', CONSENTS, at)).toBe('ts (/after/at): must be microseconds since the epoch')
    expect(mapped('consents', CONSENTS, '{')).toBe('is not valid JSON (1 bytes)')
  })

  it('have words and numbers of their own as text', () => {
    const map: SideMap = {
      ts: { pointer: '/t', form: 'iso-basic' },
      from: '/f',
      to: '/p',
      text: { pointer: '/m', form: 'hex', encoding: 'ucs2' },
    }
    const text = Buffer.from('退订', 'utf16le').swap16().toString('hex')
    const value = { t: '20261111T093000+0800', f: 13800005678, p: 10690001, m: text }
    expect(mapped('replies', map, value)).toMatchObject({
      value: { ts: T0, from: '13800005678', to: '10690001', text: '退订' },
    })
  })
})

describe('the topic of a side input', () => {
  it('is a name, or a name with a map', () => {
    const env = { SIGWATCH_KAFKA_TOPICS_CONSENTS: JSON.stringify({ topic: 'cdc.consents', map: CONSENTS }) }
    const { config, problems } = readConfig({ env, folder: '/', serving: false })
    expect(problems).toEqual([])
    expect(config.kafka.topics.consents).toBe('cdc.consents')
    expect(config.sideMaps).toEqual({ consents: CONSENTS })
    expect(config.kafka.topics.feedback).toBe('sms.feedback')
  })

  it('has a map that names what the rows need, and nothing else', () => {
    const faults = (map: object) =>
      sideFaults('consents', 'topic', { topic: 't', map }).map(
        ({ path, message }) => `${path.join('/')}: ${message}`,
      )
    expect(faults({ ...CONSENTS, colour: '/c' })[0]).toContain('map')
    const { ts: _, ...less } = CONSENTS
    expect(faults(less)[0]).toContain('is missing')
    expect(faults({ ...CONSENTS, ts: { pointer: '/t', form: 'yyyyMMddHHmmss' } })[0]).toContain(
      'needs its zone',
    )
  })
})
