import { afterEach, describe, expect, it } from 'vitest'
import { HttpTokenBook } from '../../../../src/service/http-token-book.ts'
import type { Orders } from '../../../../src/service/telemetry/blocks-endpoint.ts'
import { createTelemetry } from '../../../../src/service/telemetry/events.ts'
import { type HttpServer, startHttpServer } from '../../../../src/service/telemetry/server.ts'
import { Secret } from '../../../../src/settings/secret.ts'
import { slowBodies } from '../../../helpers/slow-bodies.ts'

const TOKEN = 'a-token-that-may-block-things'
const open: HttpServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(100)))
})

async function start() {
  const taken: unknown[] = []
  const orders: Orders = {
    list: () => ({ status: 200, body: { blocks: [] } }),
    async block(order, by) {
      taken.push([order, by])
      return { status: 202, body: { id: 's1' } }
    },
    unblock: async () => ({ status: 404, detail: 'unknown' }),
    approve: async () => ({ status: 404, detail: 'unknown' }),
  }
  const { registry } = createTelemetry({ deployment: 'test', logLevel: 'fatal', processMetrics: false })
  const tokens = new HttpTokenBook([{ name: 'ann', token: new Secret(TOKEN), may: ['block'] }])
  const server = await startHttpServer({
    ...{ host: '127.0.0.1', port: 0, registry, probes: [], version: '1' },
    blocks: { tokens, orders: () => orders },
  })
  open.push(server)
  const url = `http://127.0.0.1:${server.port}/v1/blocks`
  const post = async (token: string, body: string, path = url, method = 'POST') => {
    const response = await fetch(path, { method, body, headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, body: (await response.json()) as { error?: { code: string } } }
  }
  return { url, post, taken }
}

describe('POST /v1/blocks', () => {
  it('passes an order on with the name of the token', async () => {
    const { post, taken } = await start()
    expect(await post(TOKEN, '{"target":"port:1069"}')).toMatchObject({ status: 202, body: { id: 's1' } })
    expect(taken).toEqual([[{ target: 'port:1069' }, 'ann']])
  })

  it('refuses first who may not, what is no order and what is too long', async () => {
    const { url, post, taken } = await start()
    const long = 'x'.repeat(200_000)
    const codes = [
      await post('another-token-that-is-not-configured', long),
      await post(TOKEN, long, `${url}/${'a'.repeat(32)}/approve`),
      await post(TOKEN, long, `${url}/other`),
      await post(TOKEN, long, url, 'DELETE'),
      await post(TOKEN, long),
      await post(TOKEN, '[]'),
    ].map(({ status, body }) => [status, body.error!.code])
    expect(codes).toEqual([
      [401, 'ORDER_UNAUTHORIZED'],
      [403, 'ORDER_FORBIDDEN'],
      [404, 'ORDER_UNKNOWN'],
      [405, 'ORDER_MALFORMED'],
      [413, 'ORDER_TOO_LARGE'],
      [400, 'ORDER_MALFORMED'],
    ])
    expect(taken).toEqual([])
  })

  it('lists what is blocked to those who may block or approve', async () => {
    const { url } = await start()
    const get = (token: string) => fetch(url, { headers: { authorization: `Bearer ${token}` } })
    expect((await get('another-token-that-is-not-configured')).status).toBe(401)
    const answer = await get(TOKEN)
    expect([answer.status, await answer.json()]).toEqual([200, { blocks: [] }])
  })

  it('reads the bodies of sixteen orders at a time', async () => {
    const { url, post, taken } = await start()
    const slow = await slowBodies(url, TOKEN, 16)
    expect(await post(TOKEN, '{}')).toMatchObject({ status: 429, body: { error: { code: 'ORDER_BUSY' } } })
    expect(taken).toEqual([])
    expect(await slow.end('{}')).toEqual(new Array(16).fill(202))
    expect((await post(TOKEN, '{}')).status).toBe(202)
  })
})
