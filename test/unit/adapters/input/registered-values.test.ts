import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { RegisteredValues } from '../../../../src/adapters/input/registered-values.ts'
import type { Event } from '../../../../src/domain/events.ts'
import { until } from '../../../helpers/recording-handler.ts'

/** Answers as registries do when something is wrong, which a sound one cannot be made to do. */
let server: Server
let answer: (path: string, response: ServerResponse) => void
let asked: string[]
let events: Event[]
let values: RegisteredValues
let ended: AbortController

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
const absent = (response: ServerResponse) => json(response, 404, { error_code: 40403, message: 'not found' })
const schema = (response: ServerResponse, text: unknown, more: object = {}) =>
  json(response, 200, { schema: JSON.stringify(text), ...more })
const RECORD = { type: 'record', name: 'R', fields: [{ name: 'n', type: 'int' }] }

const framed = (id: number, ...bytes: number[]) => {
  const value = Buffer.from([0, 0, 0, 0, 0, ...bytes])
  value.writeInt32BE(id, 1)
  return value
}
const prepare = (...ids: number[]) =>
  values.prepare(
    'avro',
    ids.map((id) => framed(id)),
    ended.signal,
  )
/** Rejects where ids are waited for, as they are during an outage. */
const prepareSoon = async (...ids: number[]) => {
  const result = await Promise.race([prepare(...ids), sleep(3_000, 'still waiting', { ref: false })])
  expect(result).toBe(true)
}
const read = (id: number, ...bytes: number[]) => values.read('avro', framed(id, ...bytes))

beforeEach(async () => {
  asked = []
  events = []
  ended = new AbortController()
  server = createServer((request, response) => {
    asked.push(request.url!)
    answer(request.url!, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  values = new RegisteredValues({ url }, (event) => events.push(event))
})

afterEach(() => {
  ended.abort()
  server.closeAllConnections()
  server.close()
})

it.each([400, 403, 409, 422])('an id that the registry refuses with %i is not waited for', async (status) => {
  answer = (_, response) => json(response, status, { error_code: status * 100 + 1, message: 'no' })
  await prepareSoon(7)
  expect(() => read(7)).toThrow(new RegExp(`schema 7: .*HTTP ${status}`))
  expect(events.map(({ name }) => name)).toEqual(['connecting', 'connected'])
})

it.each([
  [401, { error_code: 40101 }],
  [403, {}],
  [404, {}],
  [408, { error_code: 40801 }],
  [429, { error_code: 42901 }],
  [500, { error_code: 50001 }],
  [503, {}],
])('records wait while the registry answers %i %j, and go on afterwards', async (status, body) => {
  answer = (_, response) =>
    asked.length < 3 ? json(response, status, body) : schema(response, RECORD, { schemaType: 'AVRO' })
  expect(await prepare(7)).toBe(true)
  expect(read(7, 4)).toEqual({ n: 2 })
  expect(events.map(({ name }) => name)).toEqual([
    'connecting',
    'connection_awaited',
    'connection_awaited',
    'connected',
  ])
})

it.each([
  ['nested beyond all measure', `${'{"type":'.repeat(60_000)}"int"${'}'.repeat(60_000)}`, undefined],
  ['with a field that is none', JSON.stringify({ ...RECORD, fields: [null] }), undefined],
  [
    'with a reference whose subject is no text',
    '"R"',
    [{ name: 'R', subject: String.fromCharCode(0xd800), version: 1 }],
  ],
])('a schema %s is not waited for', async (_, text, references) => {
  answer = (_path, response) => json(response, 200, { schema: text, references })
  await prepareSoon(7)
  expect(() => read(7)).toThrow(/schema 7: /)
})

it('a negative id is none', async () => {
  answer = (_, response) => absent(response)
  await prepareSoon(-1)
  expect(asked).toEqual([])
  expect(() => read(-1)).toThrow(/does not begin with a zero byte and the id of a schema/)
})

it('an id that a replica does not have yet is asked for again', async () => {
  answer = (_, response) => (asked.length < 4 ? absent(response) : schema(response, RECORD))
  expect(await prepare(7)).toBe(true)
  expect(read(7, 4)).toEqual({ n: 2 })
})

it('an id is not there after 5 s; later one answer is enough', async () => {
  const began = performance.now()
  let passed = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => began + passed)
  onTestFinished(() => clock.mockRestore())
  answer = (_, response) => absent(response)
  const prepared = prepare(7)
  await until(() => asked.length === 3)
  passed = 4_900
  await until(() => asked.length === 4)
  expect(await Promise.race([prepared, sleep(50, 'waits')])).toBe('waits')
  passed = 5_000
  expect(await prepared).toBe(true)
  expect(() => read(7)).toThrow(/not in the registry/)
  const before = asked.length
  passed = 34_000
  expect(await prepare(7)).toBe(true)
  expect(asked.length).toBe(before)
  passed = 36_000
  expect(await prepare(7)).toBe(true)
  expect(asked.length).toBe(before + 1)
})

it('asks for 8 schemas at a time', async () => {
  let [open, most] = [0, 0]
  answer = (_, response) => {
    most = Math.max(most, ++open)
    setTimeout(() => {
      open--
      schema(response, RECORD)
    }, 20)
  }
  expect(await prepare(...Array.from({ length: 40 }, (_, i) => i))).toBe(true)
  expect(most).toBe(8)
})

it('keeps what is wrong with 10,000 schemas', async () => {
  answer = (_, response) => json(response, 422, { error_code: 42201 })
  const ids = Array.from({ length: 10_010 }, (_, i) => i + 1)
  expect(await prepare(...ids)).toBe(true)
  expect(asked.length).toBe(10_010)
  expect(() => read(1)).toThrow(/schema 1 is among too many/)
  expect(await prepare(10_010)).toBe(true)
  expect(asked.length).toBe(10_010)
  expect(await prepare(1)).toBe(true)
  expect(asked.length).toBe(10_011)
})

it('answers when it answers for any id', async () => {
  answer = (path, response) => (path.endsWith('/2') ? json(response, 503, {}) : schema(response, RECORD))
  void prepare(2, 3)
  await until(() => events.some(({ name }) => name === 'connection_awaited'))
  expect(await prepare(1)).toBe(true)
  expect(events.map(({ name }) => name)).toContain('connected')
})

it('keeps the process until the signal, where nothing else does', () => {
  const url = new URL('../../../../src/adapters/input/registered-values.ts', import.meta.url)
  const script = `
    import { RegisteredValues } from ${JSON.stringify(url.href)}
    const values = new RegisteredValues({ url: 'http://127.0.0.1:9' }, () => {})
    console.log(await values.prepare('avro', [Buffer.alloc(5)], AbortSignal.timeout(1_000)))`
  const node = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const { status, stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout).toBe('false\n')
  expect(status).toBe(0)
})

it('leaves no listener on the signal', async () => {
  answer = (_, response) => schema(response, RECORD)
  const removed = vi.spyOn(ended.signal, 'removeEventListener')
  const added = vi.spyOn(ended.signal, 'addEventListener')
  for (const id of [1, 2, 3]) await prepare(id)
  expect(removed).toHaveBeenCalledTimes(added.mock.calls.length)
})

it('an answer without end is not read to its end', async () => {
  let sent = 0
  let closed = false
  answer = (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.once('close', () => {
      closed = true
    })
    const more = () => {
      while (!closed && response.write(' '.repeat(65_536))) sent += 65_536
      sent += 65_536
    }
    response.on('drain', more)
    more()
  }
  await prepareSoon(7)
  expect(() => read(7)).toThrow(/more than 1000000 bytes/)
  await until(() => closed)
  expect(sent).toBeLessThan(20_000_000)
})

it('a chain of references is followed to the hundredth', async () => {
  answer = (_, response) => {
    const name = `r${asked.length}`
    schema(response, 'int', { references: [{ name, subject: name, version: 1 }] })
  }
  await prepareSoon(7)
  expect(() => read(7)).toThrow(/more than 100 references/)
  expect(asked.length).toBe(101)
})
