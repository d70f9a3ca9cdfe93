import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { BlockTable } from './block-table.ts'
import type { BrokerClock } from './broker-clock.ts'
import type { Extract } from './extract.ts'
import type { Enforcements } from './kafka.ts'
import type { Submission } from './match.ts'

const MAX_BODY = 64_000

export interface ServerParts {
  readonly table: BlockTable
  readonly enforcements: Pick<Enforcements, 'add' | 'dropped' | 'written'>
  readonly clock: Pick<BrokerClock, 'now'>
  readonly isReady: () => boolean
  readonly extract: Extract
  /** Name of this service in what it writes back. */
  readonly by: string
}

/** `POST /decide`, `GET /table`, `/metrics`, `/healthz`, `/readyz`. */
export function createDecider({ table, enforcements, clock, isReady, extract, by }: ServerParts) {
  const registry = new Registry()
  const registers = [registry]
  const decisions = new Counter({
    name: 'blocker_decisions_total',
    help: 'Decisions by action.',
    labelNames: ['action', 'delivered'],
    registers,
  })
  const seconds = new Histogram({
    name: 'blocker_decide_seconds',
    help: 'Time of one decision.',
    buckets: [0.00001, 0.0001, 0.0005, 0.001, 0.005],
    registers,
  })
  const records = new Counter({ name: 'blocker_records_total', help: 'Records that were read.', registers })
  new Gauge({
    name: 'blocker_open_states',
    help: 'States in force.',
    registers,
    collect() {
      this.set(table.entries(clock.now()).length)
    },
  })
  new Gauge({
    name: 'blocker_enforcements_dropped',
    help: 'Enforcements that no broker took in time.',
    registers,
    collect() {
      this.set(enforcements.dropped)
    },
  })

  function decide(message: Submission) {
    const began = process.hrtime.bigint()
    const now = Math.round(clock.now())
    const decision = table.decide(message, now)
    const { action, deliver, stateId } = decision
    decisions.inc({ action, delivered: String(deliver) })
    if (!deliver)
      enforcements.add({ messageId: message.id, ...(stateId ? { stateId } : {}), action, by, ts: now })
    seconds.observe(Number(process.hrtime.bigint() - began) / 1e9)
    return decision
  }

  async function answer(request: IncomingMessage): Promise<readonly [number, unknown]> {
    const { method, url } = request
    if (url === '/decide' && method === 'POST') {
      const message = submissionOf(await bodyOf(request), extract)
      return message ? [200, decide(message)] : [400, { error: 'id and from must be text' }]
    }
    if (method !== 'GET') return [405, { error: 'method not allowed' }]
    if (url === '/table') return [200, table.entries(clock.now())]
    if (url === '/healthz') return [200, { status: 'alive' }]
    if (url === '/readyz') return isReady() ? [200, { ready: true }] : [503, { ready: false }]
    return [404, { error: 'not found' }]
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/metrics') {
      response.setHeader('content-type', registry.contentType).end(await registry.metrics())
      return
    }
    const [status, body] = await answer(request).catch(() => [400, { error: 'no valid JSON' }] as const)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  const server: Server = createServer((request, response) => void respond(request, response))
  /** A part had been delivered when the alert came that blocks its SMS. */
  const onMissed = (messageId: string) =>
    enforcements.add({ messageId, action: 'missed', by, ts: Math.round(clock.now()) })
  return { server, onRecord: () => records.inc(), onMissed }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
const textsOf = (value: unknown) =>
  Array.isArray(value) && value.every((one) => typeof one === 'string') ? (value as string[]) : undefined

function partOf(value: unknown): Submission['part'] {
  const { ref, count } = (value ?? {}) as Record<string, unknown>
  const isPart = (typeof ref === 'string' || typeof ref === 'number') && typeof count === 'number'
  return isPart ? { ref: String(ref), count } : undefined
}

/**
 * A member of another form, or null, is taken as absent: not known. Signature and hosts that the gateway does not name are
 * read from `text`; what the text of a part lacks may be cut, and is not known.
 */
export function submissionOf(body: unknown, extract: Extract): Submission | undefined {
  const { id, from, to, toToken, text, ...more } = (body ?? {}) as Record<string, unknown>
  if (typeof id !== 'string' || typeof from !== 'string') return undefined
  const { action, states } = (more.verdict ?? {}) as Record<string, unknown>
  const part = partOf(more.part)
  const given = { signature: textOf(more.signature), hosts: textsOf(more.hosts) }
  const read = typeof text === 'string' ? extract(text, given.signature) : undefined
  const found = read && { signature: read.signature, hosts: read.urls.map(({ host }) => host) }
  return {
    id,
    from,
    to: textOf(to),
    toToken: textOf(toToken),
    signature: given.signature ?? (part ? found?.signature || undefined : found?.signature),
    hosts: given.hosts ?? (part && found?.hosts.length === 0 ? undefined : found?.hosts),
    part,
    verdict: { action: textOf(action), states: textsOf(states) },
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > MAX_BODY) throw new RangeError('too long')
    chunks.push(chunk as Buffer)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'))
}
