import { request } from 'node:http'
import type { plainClient } from './kafka-client.ts'
import type { Environment } from './service.ts'
import { uniqueName } from './unique-name.ts'

/** A state as published by a deployment. */
export interface PlayedState {
  readonly state: string
  readonly episode: number
  readonly revision: number
  readonly action: string
  readonly match: object
  readonly limit?: { readonly perMinute: number }
  readonly code?: string
}

export interface Answer {
  readonly id: string
  readonly action: string
  readonly limit?: { readonly perMinute: number }
  readonly states: readonly string[]
  readonly why: readonly string[]
}

const MINUTE = 60_000
const iso = (ms: number) => new Date(ms).toISOString()
export const DECIDE_TOKEN = 'a-token-of-the-gateway-in-the-tests'
export const DECIDE_TOKENS = JSON.stringify([
  { name: 'gateway', token: DECIDE_TOKEN, may: ['decide'] },
  { name: 'desk', token: 'a-token-of-the-desk-in-the-tests', may: ['extract'] },
])

/** The topics of a deployment that is simulated by the test. */
export class BlockingPlay {
  readonly topics = {
    blocks: uniqueName('blocks'),
    alerts: uniqueName('alerts'),
    verdicts: uniqueName('verdicts'),
    enforcements: uniqueName('enf'),
  }
  readonly deployment = uniqueName('blocker')
  readonly #client: ReturnType<typeof plainClient>

  constructor(client: ReturnType<typeof plainClient>) {
    this.#client = client
  }

  async create(): Promise<void> {
    const { blocks, alerts, verdicts, enforcements } = this.topics
    const stamped = { 'message.timestamp.type': 'LogAppendTime' }
    await this.#client.createTopic({ config: { ...stamped, 'cleanup.policy': 'compact' } }, blocks)
    await this.#client.createTopic({ partitions: 3, config: stamped }, alerts)
    await this.#client.createTopic({ partitions: 3 }, verdicts)
    await this.#client.createTopic({ config: stamped }, enforcements)
  }

  environment(brokers: readonly string[], more: Environment = {}): Environment {
    const { blocks, alerts, verdicts, enforcements } = this.topics
    return {
      KAFKA_BROKERS: brokers.join(','),
      SIGWATCH_DEPLOYMENT: this.deployment,
      SIGWATCH_KAFKA_TOPICS_BLOCKS: blocks,
      SIGWATCH_KAFKA_TOPICS_ALERTS: alerts,
      SIGWATCH_KAFKA_TOPICS_VERDICTS: verdicts,
      SIGWATCH_KAFKA_TOPICS_ENFORCEMENTS: enforcements,
      SIGWATCH_HTTP_TOKENS: DECIDE_TOKENS,
      SIGWATCH_BLOCKER_LISTEN: '127.0.0.1:0',
      ...more,
    }
  }

  /** Publishes an event of a state to both topics. */
  async state(type: 'raised' | 'updated' | 'cleared', row: PlayedState, valid = 15 * MINUTE): Promise<void> {
    const { state, episode, revision, code = 'FORGED_BRAND', ...asked } = row
    const common = { ...asked, validFrom: iso(episode), expiresAt: iso(Date.now() + valid) }
    const block = { state, episode, revision, ...common, code, alertId: `${state}-${revision}` }
    const headers = { 'sigwatch-episode': String(episode), 'sigwatch-revision': String(revision) }
    const value = type === 'cleared' ? null : JSON.stringify(block)
    await this.#send(this.topics.blocks, state, value, type === 'cleared' ? headers : {})
    await this.#alert({
      type: `sigwatch.alert.${type}`,
      data: {
        ...common,
        mode: 'enforce',
        reasons: [{ code }],
        target: { kind: 'port', id: state },
        state: { id: state, episode, revision },
      },
    })
  }

  /** Publishes many rows, only to the block table. */
  async states(rows: readonly PlayedState[]): Promise<void> {
    const producer = this.#client.kafka.producer()
    await producer.connect()
    const messages = rows.map(({ episode, code = 'FORGED_BRAND', ...row }) => {
      const times = { validFrom: iso(episode), expiresAt: iso(Date.now() + 15 * MINUTE) }
      const block = { ...row, episode, ...times, code, alertId: row.state }
      return { key: row.state, value: JSON.stringify(block) }
    })
    await producer.send({ topic: this.topics.blocks, acks: -1, messages })
    await producer.disconnect()
  }

  async message(ids: readonly string[], action = 'block'): Promise<void> {
    const [id] = ids
    const times = { validFrom: iso(Date.now() - MINUTE), expiresAt: iso(Date.now() + 14 * MINUTE) }
    const data = {
      ...{ mode: 'enforce', action, target: { kind: 'message', id }, reasons: [{ code: 'FORGED_BRAND' }] },
      ...times,
      ...(ids.length > 1 ? { message: { id, parts: ids } } : {}),
    }
    await this.#alert({ id: `alert-${id}`, type: 'sigwatch.alert.raised', data })
  }

  async verdict(id: string, action: string, states: readonly string[]): Promise<void> {
    await this.#send(this.topics.verdicts, id, JSON.stringify({ id, action, states, reasons: [] }))
  }

  async enforcements(): Promise<
    { messageId: string; stateId?: string; action: string; by: string; ts: number }[]
  > {
    return (await this.#client.readAll(this.topics.enforcements)).map(({ value }) =>
      JSON.parse(String(value)),
    )
  }

  #alert(event: object): Promise<void> {
    return this.#send(this.topics.alerts, 'k', JSON.stringify(event))
  }

  async #send(topic: string, key: string, value: string | null, headers = {}): Promise<void> {
    const producer = this.#client.kafka.producer()
    await producer.connect()
    await producer.send({ topic, acks: -1, messages: [{ key, value, headers }] })
    await producer.disconnect()
  }
}

export interface Posted {
  readonly status: number
  readonly body: never
}

/** Posts to `host:port` or a Unix socket. */
export function post(
  address: string,
  body: unknown,
  { token = DECIDE_TOKEN, path = '/v1/decide', method = 'POST' } = {},
): Promise<Posted> {
  const [host, port] = address.split(':')
  const where = address.startsWith('/') ? { socketPath: address } : { host, port }
  return new Promise((resolve, reject) => {
    const sending = request(
      { ...where, path, method, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = response.headers['content-type']?.includes('json')
          resolve({ status: response.statusCode!, body: (isJson ? JSON.parse(text) : text) as never })
        })
      },
    )
    sending.once('error', reject)
    sending.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
}
