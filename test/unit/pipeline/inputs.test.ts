import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../../src/domain/errors.ts'
import { inputsOf, lineDecoder, topicDecoder } from '../../../src/pipeline/inputs.ts'
import { readConfig } from '../../../src/settings/config.ts'

const MAP = {
  id: '/n',
  ts: { pointer: '/t', form: 'epoch-s' },
  from: { header: 'src' },
  to: { key: true },
  text: '/msg',
} as const
const NOW = Date.parse('2026-11-26T08:00:00+08:00')

function read(yaml: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'inputs-'))
  writeFileSync(join(folder, 'sigwatch.yaml'), yaml)
  const { config, problems } = readConfig({ folder, env, serving: false })
  return { config, faults: problems.map((p) => formatProblem(p).replace(`${folder}/`, '')) }
}

function raw(topic: string, value: unknown, more: object = {}) {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return { position: { topic, partition: 0, offset: 0 }, timestamp: NOW, value: bytes, ...more }
}

const json = JSON.stringify
const FOREIGN = { n: 7, t: NOW / 1000, msg: '您好' }
const KAFKA = { key: Buffer.from('13800005678'), headers: new Map([['src', Buffer.from('1069001')]]) }
const READ = { id: '7', ts: NOW, from: '1069001', to: '13800005678', text: '您好' }

describe('inputs', () => {
  it('are one topic with input records unless told', () => {
    expect(inputsOf(read('').config)).toEqual([{ topic: 'sms.mt', format: 'json', map: null }])
  })

  it('are several topics, each with its map or with that of all', () => {
    const yaml = `kafka: {topics: {messages: [a, {topic: b, map: null}, {topic: c, map: ${json({ ...MAP, text: '/c' })}}]}}\ninput: {map: ${json(MAP)}}`
    const { config, faults } = read(yaml)
    expect(faults).toEqual([])
    expect(inputsOf(config).map(({ topic, map }) => [topic, map?.text])).toEqual([
      ['a', '/msg'],
      ['b', undefined],
      ['c', '/c'],
    ])
    const decode = topicDecoder(config)
    expect(decode(raw('a', FOREIGN, KAFKA))).toMatchObject(READ)
    expect(decode(raw('c', { ...FOREIGN, c: '再见' }, KAFKA))).toMatchObject({ ...READ, text: '再见' })
    expect(decode(raw('b', { id: 'x', ts: NOW, from: '1', to: '2', text: 't' }))).toMatchObject({ id: 'x' })
  })

  it('come from the environment as names, and as YAML or JSON', () => {
    const names = read('', { SIGWATCH_KAFKA_TOPICS_MESSAGES: 'a, b', SIGWATCH_INPUT_MAP: json(MAP) })
    expect(names.faults).toEqual([])
    expect(inputsOf(names.config)).toEqual([
      { topic: 'a', format: 'json', map: MAP },
      { topic: 'b', format: 'json', map: MAP },
    ])
    const list = read('', { SIGWATCH_KAFKA_TOPICS_MESSAGES: json([{ topic: 'a', map: MAP }]) })
    expect(inputsOf(list.config)).toEqual([{ topic: 'a', format: 'json', map: MAP }])
  })

  it('say what is wrong with a map, on its line', () => {
    const { faults } = read(
      'input:\n  map:\n    id: /n\n    ts: {pointer: /t, form: yyyyMMddHHmmss}\n    from: src\n    tox: /to\n    text: /msg\n',
    )
    expect(faults).toEqual([
      expect.stringContaining('sigwatch.yaml:2: input.map.to: is missing (allowed: a JSON pointer'),
      'sigwatch.yaml:5: input.map.from: "src" is not allowed (allowed: a JSON pointer, which begins with a slash, for example /hdr/msgid)',
      expect.stringContaining('sigwatch.yaml:6: input.map.tox: unknown key; did you mean "to"?'),
    ])
    expect(
      read(`input: {map: ${json({ ...MAP, ts: { pointer: '/t', form: 'MMddHHmmss' } })}}`).faults,
    ).toEqual(['sigwatch.yaml:1: input.map.ts: a local time needs its zone, for example zone: "+08:00"'])
    expect(read('', { SIGWATCH_INPUT_MAP: '{id: /a}' }).faults).toContain(
      'environment: SIGWATCH_INPUT_MAP.ts: is missing (allowed: a JSON pointer, which begins with a slash, for example /hdr/msgid)',
    )
  })

  it('say what is wrong with a list of topics, on its line', () => {
    const { faults } = read(
      'kafka:\n  topics:\n    alerts: b\n    messages:\n      - a\n      - {topic: a, fromat: json}\n      - {topic: c/d}\n      - {topic: e, format: xml, map: {}}\n',
    )
    expect(faults.map((fault) => fault.replace(/ \(allowed.*/, ''))).toEqual([
      'sigwatch.yaml:6: kafka.topics.messages[1].fromat: unknown key; did you mean "format"?',
      'sigwatch.yaml:6: kafka.topics.messages[1]: "a" is listed twice: keep one',
      'sigwatch.yaml:7: kafka.topics.messages[2].topic: "c/d" is not allowed',
      'sigwatch.yaml:8: kafka.topics.messages[3].format: "xml" is not allowed',
      ...['id', 'ts', 'from', 'to', 'text'].map(
        (field) => `sigwatch.yaml:8: kafka.topics.messages[3].map.${field}: is missing`,
      ),
    ])
    expect(read('kafka: {topics: {alerts: b, messages: [a, b]}}').faults).toEqual([
      expect.stringContaining('is "b", as is kafka.topics.messages: use two topics'),
    ])
  })

  it('name the place of what does not fit, and never the value', () => {
    const decode = topicDecoder(read(`input: {map: ${json(MAP)}}`).config)
    const faultOf = (value: unknown, more: object = KAFKA) => decode(raw('sms.mt', value, more))
    expect(faultOf({ ...FOREIGN, msg: undefined })).toEqual({
      error: 'MAPPING',
      detail: 'text (/msg): nothing is there',
    })
    expect(faultOf(FOREIGN, {})).toEqual({ error: 'MAPPING', detail: 'from (header src): nothing is there' })
    expect(faultOf({ ...FOREIGN, msg: '长'.repeat(2_001) })).toEqual({
      error: 'RECORD_FIELD_INVALID',
      detail: 'text (/msg): must have 1-2000 characters',
    })
    expect(faultOf('{')).toMatchObject({ error: 'RECORD_NOT_JSON' })
    expect(faultOf('7')).toMatchObject({ error: 'RECORD_NOT_OBJECT' })
  })

  it('in files are lines, or whole Kafka records where the map needs key or headers', () => {
    const { config } = read(`input: {map: ${json(MAP)}}`)
    const decode = lineDecoder(config)
    const lines = [
      { key: '13800005678', headers: { src: '1069001' }, value: FOREIGN },
      { key: '13800005678', headers: ['src', '1069001'], value: json(FOREIGN) },
      {
        key: '13800005678',
        headers: { src: '1069001' },
        base64: Buffer.from(json(FOREIGN)).toString('base64'),
      },
    ]
    for (const line of lines) {
      const bytes = json(line)
      const found = decode(raw('f', bytes))
      expect(found).toMatchObject(READ)
      expect((found as { value: Buffer }).value.toString()).toBe(bytes)
    }
    for (const line of ['{', '[]', '{"key": "1"}', json({ headers: 1, value: {} })])
      expect(decode(raw('f', line))).toMatchObject({
        error: 'MAPPING',
        detail: expect.stringContaining('the line'),
      })
    const plain = lineDecoder(read(`input: {map: ${json({ ...MAP, from: '/f', to: '/r' })}}`).config)
    expect(plain(raw('f', { ...FOREIGN, f: '1069001', r: '13800005678' }))).toMatchObject(READ)
  })

  it('in files are of one input; which one is asked for where they differ', () => {
    const { config } = read(
      `kafka: {topics: {messages: [{topic: a, map: ${json(MAP)}}, {topic: b, map: null}]}}`,
    )
    expect(() => lineDecoder(config)).toThrow('--topic, one of a, b')
    expect(() => lineDecoder(config, 'c')).toThrow('must be one of a, b, is "c"')
    expect(
      lineDecoder(config, 'b')(raw('f', { id: 'x', ts: NOW, from: '1', to: '2', text: 't' })),
    ).toMatchObject({ id: 'x' })
  })
})
