import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events.ts'
import { createTelemetry } from '../../../../src/service/telemetry/events.ts'
import { type HttpServer, startHttpServer } from '../../../../src/service/telemetry/server.ts'
import { until } from '../../../helpers/recording-handler.ts'

const TOKEN = 'a-token_of.the~tests+only/='
const open: HttpServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(100)))
})

type Check = (records: readonly unknown[]) => Promise<readonly unknown[]> | undefined

async function start(check?: Check) {
  const asked: (readonly unknown[])[] = []
  const events: Event[] = []
  const judge: Check = (records) => {
    asked.push(records)
    return check ? check(records) : Promise.resolve(records.map((_, i) => ({ verdict: i })))
  }
  const emit = (event: Event) => void events.push(event)
  const { registry } = createTelemetry({ deployment: 'test', logLevel: 'fatal', processMetrics: false })
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    registry,
    probes: [],
    version: '1',
    check: { token: TOKEN, check: judge, emit },
  })
  open.push(server)
  const url = `http://127.0.0.1:${server.port}/v1/check`
  const post = async (body: RequestInit['body'], headers: Record<string, string> = {}) => {
    const authorization = `Bearer ${TOKEN}`
    const response = await fetch(url, {
      method: 'POST',
      body: body ?? null,
      headers: { authorization, ...headers },
    })
    return { response, status: response.status, body: (await response.json()) as never }
  }
  return { server, url, post, asked, events }
}

const code = (body: { readonly error: { readonly code: string; readonly detail: string } }) => body.error.code

describe('check endpoint', () => {
  it('answers an object with an object and an array with an array', async () => {
    const { post, asked, events } = await start()
    expect(await post('{"id":"a"}')).toMatchObject({ status: 200, body: { verdict: 0 } })
    expect(await post('[{"id":"a"},7]')).toMatchObject({
      status: 200,
      body: [{ verdict: 0 }, { verdict: 1 }],
    })
    expect(await post('[]')).toMatchObject({ status: 200, body: [] })
    expect(asked).toEqual([[{ id: 'a' }], [{ id: 'a' }, 7], []])
    expect(events).toMatchObject([
      { name: 'checked', status: '200', records: 1 },
      { name: 'checked', status: '200', records: 2 },
      { name: 'checked', status: '200', records: 0 },
    ])
  })

  it('says 400 of a single record that cannot be read, and not of one among others', async () => {
    const error = { code: 'RECORD_FIELD_MISSING', detail: 'id: required' }
    const { post } = await start(async (records) => records.map(() => ({ error })))
    expect(await post('{}')).toMatchObject({ status: 400, body: { error } })
    expect(await post('[{}]')).toMatchObject({ status: 200, body: [{ error }] })
  })

  it.each([
    ['no token', ''],
    ['another token', 'Bearer another'],
    ['a longer token', `Bearer ${TOKEN}x`],
    ['the token without its scheme', TOKEN],
    ['the token in another scheme', `Basic ${TOKEN}`],
    ['two tokens', `Bearer ${TOKEN} ${TOKEN}`],
  ])('refuses %s, and reads nothing', async (_, authorization) => {
    const { post, asked, events } = await start()
    const { response, status, body } = await post('{"id":"a"}', { authorization })
    expect(status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(code(body)).toBe('CHECK_UNAUTHORIZED')
    expect(JSON.stringify(body)).not.toContain(TOKEN)
    expect(asked).toEqual([])
    expect(events).toMatchObject([{ name: 'checked', status: '401', records: 0 }])
  })

  it('takes the scheme in any case', async () => {
    const { post } = await start()
    expect((await post('{}', { authorization: `bearer ${TOKEN}` })).status).toBe(200)
  })

  it('takes POST only', async () => {
    const { url } = await start()
    const response = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
  })

  it.each([
    ['nothing', ''],
    ['no JSON', '{"id":'],
    ['a number', '7'],
    ['null', 'null'],
    ['text', '"id"'],
    ['two values', '{}{}'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['101 records', JSON.stringify(new Array(101).fill({}))],
    ['brackets without end', '['.repeat(900_000)],
  ])('refuses a body that is %s', async (_, given) => {
    const { post, asked } = await start()
    const { status, body } = await post(given)
    expect(status).toBe(400)
    expect(code(body)).toBe('CHECK_MALFORMED')
    expect(asked).toEqual([])
  })

  it('takes 100 records', async () => {
    const { post } = await start()
    const { status, body } = await post(JSON.stringify(new Array(100).fill({})))
    expect(status).toBe(200)
    expect(body).toHaveLength(100)
  })

  it('takes a million bytes and not one more, however they come', async () => {
    const { post, url, asked } = await start()
    const most = `{"id":"${'x'.repeat(1_000_000 - 9)}"}`
    expect(most).toHaveLength(1_000_000)
    expect((await post(most)).status).toBe(200)
    const whole = await post(`${most} `)
    expect(whole.status).toBe(413)
    expect(code(whole.body)).toBe('CHECK_TOO_LARGE')
    expect(await chunked(url, Buffer.from(`${most} `), 64_000)).toBe(413)
    expect(await chunked(url, Buffer.alloc(5_000_000, 32), 64_000)).toBe(413)
    expect(asked).toHaveLength(1)
  })

  it('reads no body to its end that has none', async () => {
    const { server, url, asked } = await start()
    // It may be told 413 or be cut; it must come to an end, and the server must go on.
    await chunked(url, Buffer.alloc(64_000_000, 32), 1_000_000).catch(() => undefined)
    expect(asked).toEqual([])
    expect((await fetch(`http://127.0.0.1:${server.port}/healthz`)).status).toBe(200)
  })

  it('answers 16 requests at a time, tells the next to come again, and takes it then', async () => {
    let answer: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      answer = resolve
    })
    const { post, asked } = await start(async (records) => {
      await gate
      return records.map(() => ({ verdict: 1 }))
    })
    const first = Array.from({ length: 16 }, () => post('{}'))
    await until(() => asked.length === 16)
    const { response, status, body } = await post('{}')
    expect(status).toBe(429)
    expect(code(body)).toBe('CHECK_BUSY')
    expect(response.headers.get('retry-after')).toBe('1')
    answer()
    for (const { status } of await Promise.all(first)) expect(status).toBe(200)
    expect((await post('{}')).status).toBe(200)
  })

  it('keeps no place for a client that has gone', async () => {
    const { url, post } = await start()
    for (let i = 0; i < 20; i++) {
      const sent = request(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-length': 100 },
      })
      sent.on('error', () => undefined)
      await new Promise<void>((resolve) => {
        sent.write('{"id"', () => setTimeout(resolve, 5))
      })
      sent.destroy()
    }
    await until(async () => (await post('{}')).status === 200)
  })

  it('says 503 while nothing can be judged', async () => {
    const { post } = await start(() => undefined)
    const { response, status, body } = await post('{}')
    expect(status).toBe(503)
    expect(code(body)).toBe('CHECK_UNAVAILABLE')
    expect(response.headers.get('retry-after')).toBe('1')
  })

  it('reveals nothing about what failed', async () => {
    const { post } = await start(async () => {
      throw new TypeError('13800000001')
    })
    const { status, body } = await post('{}')
    expect(status).toBe(500)
    expect(body).toEqual({ error: { code: 'INTERNAL', detail: 'the records cannot be judged' } })
  })

  it('keeps the connection of a client that is answered', async () => {
    const { post } = await start()
    expect((await post('{}')).response.headers.get('connection')).toBe('keep-alive')
    expect((await post('7')).response.headers.get('connection')).toBe('keep-alive')
  })
})

/** Sends a body without saying how long it is; resolves with the status. */
function chunked(url: string, body: Buffer, piece: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    const sent = request(url, { method: 'POST', headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    })
    sent.once('error', reject)
    for (let at = 0; at < body.length; at += piece) sent.write(body.subarray(at, at + piece))
    sent.end()
  })
}
