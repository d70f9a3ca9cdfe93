import { request } from 'node:http'
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createTelemetry } from '../../../../src/service/telemetry/events.ts'
import { type HttpServer, type Probe, startHttpServer } from '../../../../src/service/telemetry/server.ts'

const open: HttpServer[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close(100)))
})

async function start(probes: readonly Probe[] = []) {
  const { registry, emit } = createTelemetry({
    deployment: 'test',
    logLevel: 'fatal',
    stream: { write: () => true },
    processMetrics: false,
  })
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, registry, probes, version: '1.2.3' })
  open.push(server)
  const url = (path: string) => `http://127.0.0.1:${server.port}${path}`
  return { server, emit, url }
}

describe('http server', () => {
  it('serves the metrics in the text format', async () => {
    const { emit, url } = await start()
    emit({ name: 'policy_loaded', hash: 'abc' })
    const response = await fetch(url('/metrics?x=1'))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    expect(await response.text()).toContain('sigwatch_policy_info{hash="abc"} 1')
  })

  it('is alive and says its version', async () => {
    const { url } = await start(([['not consuming']] as const).map((reasons) => () => reasons))
    expect((await fetch(url('/healthz'))).status).toBe(200)
    expect(await (await fetch(url('/version'))).json()).toEqual({
      name: 'sigwatch',
      version: '1.2.3',
      node: process.version,
    })
  })

  it('is ready only when no probe has a reason against it', async () => {
    let reasons: readonly string[] = ['model is loading']
    const { url } = await start([() => [], () => reasons])
    const before = await fetch(url('/readyz'))
    expect(before.status).toBe(503)
    expect(await before.json()).toEqual({ ready: false, reasons: ['model is loading'] })
    reasons = []
    const after = await fetch(url('/readyz'))
    expect(after.status).toBe(200)
    expect(await after.json()).toEqual({ ready: true, reasons: [] })
  })

  it('is not ready when a probe throws', async () => {
    const { url } = await start([
      () => {
        throw new TypeError('secret')
      },
    ])
    const response = await fetch(url('/readyz'))
    expect(response.status).toBe(503)
    expect(await response.text()).toBe('{"ready":false,"reasons":["a probe failed: TypeError"]}\n')
  })

  it.each(['/', '/metric', '/v1/check', '/constructor', '//metrics', '/%6detrics'])(
    'knows no %s',
    async (path) => {
      const { url } = await start()
      expect((await fetch(url(path))).status).toBe(404)
    },
  )

  it('takes GET and HEAD only', async () => {
    const { url } = await start()
    const post = await fetch(url('/metrics'), { method: 'POST', body: 'x'.repeat(100_000) }).catch(
      () => undefined,
    )
    // The answer may be cut together with the body that is not read.
    if (post) {
      expect(post.status).toBe(405)
      expect(post.headers.get('allow')).toBe('GET, HEAD')
    }
    const head = await fetch(url('/metrics'), { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100)
    expect(await head.text()).toBe('')
  })

  it('names the address that is taken', async () => {
    const { server } = await start()
    const { registry } = createTelemetry({ deployment: 'test', logLevel: 'fatal', processMetrics: false })
    await expect(
      startHttpServer({ host: '127.0.0.1', port: server.port, registry, probes: [], version: '' }),
    ).rejects.toThrow(`configuration: http.port: 127.0.0.1:${server.port} is in use by another process`)
  })

  it('closes within its time although a client keeps its connection', async () => {
    const { server } = await start()
    const socket = connect(server.port, '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    await new Promise((resolve) =>
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\nX-Unfinished: ', resolve),
    )
    const began = performance.now()
    await server.close(200)
    await closed
    expect(performance.now() - began).toBeLessThan(1_500)
  })

  it('does not wait for idle connections', async () => {
    const { server, url } = await start()
    await new Promise<void>((resolve, reject) => {
      const sent = request(url('/healthz'), { headers: { connection: 'keep-alive' } }, (response) => {
        response.resume().once('end', resolve)
      })
      sent.once('error', reject).end()
    })
    const began = performance.now()
    await server.close(5_000)
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})
