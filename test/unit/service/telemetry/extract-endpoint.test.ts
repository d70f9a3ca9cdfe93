import { afterEach, describe, expect, it } from 'vitest'
import type { Event } from '../../../../src/domain/events.ts'
import { HttpTokenBook } from '../../../../src/service/http-token-book.ts'
import { createTelemetry } from '../../../../src/service/telemetry/events.ts'
import { type HttpServer, startHttpServer } from '../../../../src/service/telemetry/server.ts'
import { Secret } from '../../../../src/settings/secret.ts'
import { type Extracted, extract } from '../../../../src/text/extract.ts'
import { slowBodies } from '../../../helpers/slow-bodies.ts'

const TOKEN = 'a-token-that-may-extract-texts'
const OTHER = 'a-token-that-may-check-records'
const open: HttpServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(100)))
})

async function start(isReady = true) {
  const events: Event[] = []
  const { registry } = createTelemetry({ deployment: 'test', logLevel: 'fatal', processMetrics: false })
  const server = await startHttpServer({
    host: '127.0.0.1',
    port: 0,
    registry,
    probes: [],
    version: '1',
    extract: {
      tokens: new HttpTokenBook([
        { name: 'gw', token: new Secret(TOKEN), may: ['extract'] },
        { name: 'ann', token: new Secret(OTHER), may: ['check', 'block'] },
      ]),
      extract: () => (isReady ? extract : undefined),
      emit: (event) => void events.push(event),
    },
  })
  open.push(server)
  const url = `http://127.0.0.1:${server.port}/v1/extract`
  const post = async (body: string | Buffer, token: string | undefined = TOKEN) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(url, { method: 'POST', body, headers })
    return { response, status: response.status, body: (await response.json()) as never }
  }
  return { url, post, events }
}

const told = ({ error }: { readonly error: { readonly code: string; readonly detail: string } }) =>
  `${error.code} ${error.detail}`

describe('POST /v1/extract', () => {
  it('says what a text holds, and takes a whole record', async () => {
    const { post, events } = await start()
    const record = { id: 'm1', from: '1069', text: '【工商银行】请登录 icbc-jf。vip，或加QQ 12345678' }
    expect(await post(JSON.stringify(record))).toMatchObject({
      status: 200,
      body: {
        signature: '工商银行',
        urls: [{ host: 'icbc-jf.vip', shown: 'icbc-jf。vip' }],
        qq: ['12345678'],
      },
    })
    expect(events).toMatchObject([{ name: 'extracted', status: '200', texts: 1 }])
  })

  it('answers an array in its order, by the signature of the record where there is one', async () => {
    const { post, events } = await start()
    const texts = [
      { text: '【甲店】好' },
      { text: '【甲店】好', signature: '乙店' },
      { text: '', signature: null },
    ]
    const { body } = await post(JSON.stringify(texts))
    expect((body as Extracted[]).map(({ signature }) => signature)).toEqual(['甲店', '乙店', ''])
    expect(await post('[]')).toMatchObject({ status: 200, body: [] })
    expect(events).toMatchObject([{ texts: 3 }, { texts: 0 }])
  })

  it.each([
    ['nothing', '', 'the body must be {text, signature?}'],
    ['text alone', '"text"', 'the body must be {text, signature?}'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'the body must be {text, signature?}'],
    ['an object without text', '{}', 'text: must be a string'],
    ['one without text among others', '[{"text":"a"},{"text":7}]', '[1]: text: must be a string'],
    ['a list in a list', '[[]]', '[0]: must be {text, signature?}'],
    ['a signature of another form', '{"text":"a","signature":7}', 'signature: must be a string'],
    ['a long text', `{"text":"${'x'.repeat(20_001)}"}`, 'text: has more than 20000 characters'],
    ['101 texts', JSON.stringify(new Array(101).fill({ text: '' })), '101 texts, at most 100'],
  ])('refuses %s and says why, not what was sent', async (_, sent, says) => {
    const { post, events } = await start()
    const { status, body } = await post(sent)
    expect(status).toBe(400)
    expect(told(body)).toContain(`EXTRACT_MALFORMED ${says}`)
    expect(events).toMatchObject([{ status: '400', texts: 0 }])
  })

  it('takes 200,000 bytes and not one more', async () => {
    const { post } = await start()
    const most = JSON.stringify(Array.from({ length: 10 }, () => ({ text: 'x'.repeat(19_000) })))
    expect((await post(most.padEnd(200_000))).status).toBe(200)
    const { status, body } = await post(most.padEnd(200_001))
    expect([status, told(body).split(' ')[0]]).toEqual([413, 'EXTRACT_TOO_LARGE'])
  })

  it('refuses an unknown token and one without the right, before anything else', async () => {
    const { post, events } = await start(false)
    const long = 'x'.repeat(300_000)
    const unknown = await post(long, 'another-token-that-is-not-configured')
    expect([unknown.status, told(unknown.body).split(' ')[0]]).toEqual([401, 'EXTRACT_UNAUTHORIZED'])
    expect(unknown.response.headers.get('www-authenticate')).toBe('Bearer')
    expect((await post(long, '')).status).toBe(401)
    const other = await post(long, OTHER)
    expect([other.status, told(other.body)]).toEqual([403, 'EXTRACT_FORBIDDEN the token may not extract'])
    expect(events.map((event) => event.name === 'extracted' && event.status)).toEqual(['401', '401', '403'])
  })

  it('says 503 while the instance starts', async () => {
    const { post } = await start(false)
    const { status, body, response } = await post('{"text":"a"}')
    expect([status, told(body).split(' ')[0]]).toEqual([503, 'EXTRACT_UNAVAILABLE'])
    expect(response.headers.get('retry-after')).toBe('1')
  })

  it('tells the seventeenth to come again, and takes it when there is room', async () => {
    const { url, post } = await start()
    const slow = await slowBodies(url, TOKEN, 16)
    const { status, body, response } = await post('{"text":"a"}')
    expect([status, told(body).split(' ')[0]]).toEqual([429, 'EXTRACT_BUSY'])
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await slow.end('{"text":"a"}')).toEqual(new Array(16).fill(200))
    expect((await post('{"text":"a"}')).status).toBe(200)
  })
})
