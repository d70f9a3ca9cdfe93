import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../../src/domain/errors.ts'
import {
  type RowInput,
  readSideFile,
  readSideRow,
  readSideValue,
} from '../../../../src/pipeline/side-inputs/rows.ts'

/** Stands for the one form of numbers: enough to see that every number goes through it. */
const canonical = (number: string) => number.replace(/^\+86/, '')
const TS = Date.UTC(2026, 10, 1)
const ISO = '2026-11-01T08:00+08:00'

const read = (input: RowInput, value: unknown) => readSideRow(input, value, canonical)

describe('rows of side inputs', () => {
  it('reads a consent with its proof and the change before', () => {
    const was = { state: 'out', ts: TS - 1 }
    const row = {
      signature: '【京东】',
      to: '+8613800000000',
      state: 'in',
      ts: ISO,
      proof: 'web form',
      was,
      extra: 1,
    }
    expect(read('consents', row)).toEqual({
      row: { signature: '京东', to: '13800000000', state: 'in', ts: TS, proof: 'web form', was },
    })
  })

  it('reads a reply', () => {
    expect(read('replies', { ts: TS, from: '+8613800000000', to: '+861069', text: 'T', id: null })).toEqual({
      row: { ts: TS, from: '13800000000', to: '1069', text: 'T' },
    })
  })

  it('reads a complaint with as much as it has', () => {
    expect(read('complaints', { ts: TS, source: '12321' })).toEqual({ row: { ts: TS, source: '12321' } })
    const full = {
      id: 'c1',
      ts: TS,
      from: '1069',
      signature: '京东',
      to: '138',
      text: 't',
      source: 's',
      category: 'ads',
    }
    expect(read('complaints', full)).toEqual({ row: full })
  })

  it('reads feedback, which holds for a day unless it says more', () => {
    const row = { stateId: 's', verdict: 'release', by: 'li', ts: TS }
    expect(read('feedback', row)).toEqual({ row: { ...row, until: TS + 86_400_000 } })
    const { stateId: _, ...rest } = row
    expect(read('feedback', { ...rest, messageId: 'm', until: TS + 5, note: 'n' })).toMatchObject({
      row: { messageId: 'm', until: TS + 5, note: 'n' },
    })
  })

  const consent = { signature: '京东', to: '138', state: 'in', ts: TS }
  const feedback = { stateId: 's', verdict: 'release', by: 'li', ts: TS }
  const exempt = { target: 'port:1069', verdict: 'exempt', codes: ['PORT_SUBLET'], by: 'li', ts: TS }

  it('reads an exemption of a target, a port in its canonical form', () => {
    expect(read('feedback', exempt)).toEqual({
      row: { ...exempt, target: { kind: 'port', id: '1069' }, until: TS + 86_400_000 },
    })
  })

  it.each([
    ['port:１０６９*', 'port', '1069*'],
    ['sender:京东@＋８６１０６９０', 'sender', '京东@10690'],
    ['sender:京东@+86 106900', 'sender', '京东@106900'],
    ['signature:１０６９', 'signature', '１０６９'],
  ])('reads the target %s with its port in the form of messages', (target, kind, id) => {
    expect(read('feedback', { ...exempt, target })).toMatchObject({ row: { target: { kind, id } } })
  })

  it.each([
    ['consents', null, '', 'has no value: must be a mapping of keys'],
    ['consents', [], '', 'must be a mapping of keys, is a list'],
    ['consents', { ...consent, state: 'yes' }, 'state', '"yes" is not allowed (allowed: in, out)'],
    ['consents', { ...consent, state: undefined }, 'state', 'is missing (allowed: in, out)'],
    [
      'consents',
      { ...consent, signature: '【】' },
      'signature',
      'the value is not allowed (allowed: a signature, with or without',
    ],
    ['consents', { ...consent, to: 13800000000 }, 'to', 'must be text, is a number: put it in quotes'],
    ['consents', { ...consent, to: '' }, 'to', 'has 0 characters'],
    [
      'consents',
      { ...consent, ts: undefined },
      'ts',
      'is missing (allowed: epoch milliseconds, or an ISO-8601 time with offset',
    ],
    ['consents', { ...consent, ts: 1_760_000_000 }, 'ts', 'lies before the year 2000: are these seconds?'],
    ['consents', { ...consent, ts: '2026-11-01T08:00' }, 'ts', '"2026-11-01T08:00" is not allowed'],
    ['consents', { ...consent, ts: 1.5e12 + 0.5 }, 'ts', 'is not allowed'],
    ['consents', { ...consent, was: { state: 'out' } }, 'was.ts', 'is missing'],
    ['consents', { ...consent, was: { state: 'out', ts: TS + 1 } }, 'was', 'is later than ts'],
    ['replies', { ts: TS, from: '138', to: '1069' }, 'text', 'is missing'],
    ['complaints', { ts: TS }, 'source', 'is missing'],
    ['feedback', { ...feedback, messageId: 'm' }, 'stateId', 'exactly one of stateId, messageId and target'],
    [
      'feedback',
      { ...feedback, stateId: undefined },
      'stateId',
      'exactly one of stateId, messageId and target',
    ],
    [
      'feedback',
      { ...feedback, verdict: 'realease' },
      'verdict',
      'did you mean "release"? (allowed: confirmed, false_positive, release, exempt, block, unblock, undo)',
    ],
    [
      'feedback',
      { ...feedback, target: 'port:1069' },
      'stateId',
      'exactly one of stateId, messageId and target',
    ],
    ['feedback', { ...feedback, verdict: 'exempt' }, 'target', 'is missing: exempt requires a target'],
    [
      'feedback',
      { ...exempt, target: '京东' },
      'target',
      'the value is not allowed (allowed: <kind>:<id>, kind one of message',
    ],
    ['feedback', { ...exempt, target: 'port:' }, 'target', 'the value is not allowed'],
    ['feedback', { ...exempt, codes: [] }, 'codes', 'is empty: list at least one'],
    ['feedback', { ...exempt, codes: ['NO_CONSENTS'] }, 'codes[0]', 'did you mean "NO_CONSENT"?'],
    ['feedback', { ...feedback, until: TS }, 'until', 'must be later than the row'],
    ['feedback', { ...feedback, by: '' }, 'by', 'has 0 characters'],
  ] as const)('%s %j is refused', (input, value, key, message) => {
    expect(read(input, value)).toEqual({ key, message: expect.stringContaining(message) })
  })

  const complaint = { ts: TS, source: '12321' }
  const reply = { ts: TS, from: '138', to: '1069', text: 'T' }
  const PRIVATE = 'port:13812345678 secret words'
  it.each([
    ['consents', { ...consent, to: 13812345678 }],
    ['consents', { ...consent, to: [PRIVATE] }],
    ['consents', { ...consent, to: PRIVATE.repeat(9) }],
    ['consents', { ...consent, signature: PRIVATE.repeat(9) }],
    ['consents', { ...consent, proof: 13812345678 }],
    ['consents', { ...consent, was: PRIVATE }],
    ['consents', PRIVATE],
    ['consents', 13812345678],
    ['replies', { ...reply, from: PRIVATE.repeat(9) }],
    ['replies', { ...reply, text: PRIVATE.repeat(900) }],
    ['replies', { ...reply, id: { of: PRIVATE } }],
    ['complaints', { ...complaint, text: 13812345678 }],
    ['complaints', { ...complaint, category: PRIVATE.repeat(9) }],
    ['feedback', { ...exempt, target: PRIVATE.replace('port', 'phone') }],
    ['feedback', { ...exempt, codes: PRIVATE }],
    ['feedback', { ...feedback, stateId: 13812345678 }],
    ['feedback', { ...feedback, note: 13812345678 }],
  ] as const)('%s with a bad private value are refused without showing it: %j', (input, value) => {
    const refused = read(input, value)
    expect(refused).toHaveProperty('message')
    expect(JSON.stringify(refused)).not.toMatch(/138|secret/)
  })
})

describe('values of topics', () => {
  it('are rows, faults that name the field, or tombstones', () => {
    const bytes = (text: string) => Buffer.from(text)
    expect(readSideValue('replies', null, canonical)).toBeUndefined()
    expect(readSideValue('complaints', bytes(`{"ts":${TS},"source":"x"}`), canonical)).toEqual({
      row: { ts: TS, source: 'x' },
    })
    expect(readSideValue('complaints', bytes('{"source":"x"}'), canonical)).toEqual({
      message: expect.stringMatching(/^ts: is missing/),
    })
    expect(readSideValue('complaints', bytes('{"source"'), canonical)).toEqual({
      message: 'is not valid JSON (9 bytes)',
    })
    expect(readSideValue('complaints', Buffer.from([0x22, 0xff, 0x22]), canonical)).toEqual({
      message: 'is not valid UTF-8',
    })
  })
})

describe('files of side inputs', () => {
  it('give good and faulty rows with their lines', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'side-')), 'consents.jsonl')
    const row = `{"signature":"京东","to":"138","state":"out","ts":${TS}}`
    writeFileSync(file, `${row}\n\n{"signature":"京东"}\n{\n${row}\n`)
    const found = [...readSideFile('consents', file, canonical)]
    expect(found.map((line) => ('row' in line ? [line.line, line.row.state] : [line.line]))).toEqual([
      [1, 'out'],
      [3],
      [4],
      [5, 'out'],
    ])
    const said = found.flatMap((line) =>
      'problem' in line ? [formatProblem(line.problem).replace(/^.*\//, '')] : [],
    )
    expect(said[0]).toBe('consents.jsonl:3: to: is missing (allowed: text of 1 to 64 characters)')
    expect(said[1]).toMatch(/^consents\.jsonl:4: is not valid JSON/)
  })
})

describe('rows of the future', () => {
  const NOW = TS + 1_000
  const readBy = (input: RowInput, value: object) => readSideRow(input, value, canonical, NOW)
  const reply = { from: '13800000001', to: '1069', text: 'T' }

  it.each([NOW + 1, Date.UTC(2100, 0, 1), '2099-01-01T00:00:00Z'])('are refused: ts %s', (ts) => {
    const refused = readBy('replies', { ...reply, ts })
    expect(refused).toMatchObject({ key: 'ts' })
    expect(JSON.stringify(refused)).not.toContain('138')
  })

  it('are not those of now, nor feedback that holds for a month', () => {
    expect(readBy('replies', { ...reply, ts: NOW })).toHaveProperty('row')
    const word = { stateId: 's', verdict: 'release', by: 'ann', ts: TS }
    expect(readBy('feedback', { ...word, until: TS + 30 * 86_400_000 })).toHaveProperty('row')
    expect(readBy('feedback', { ...word, until: TS + 30 * 86_400_000 + 1 })).toMatchObject({ key: 'until' })
  })
})
