import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { addTo } from '../../domain/maps.ts'
import type { Channel, OutputRecord, Sink } from '../../domain/ports.ts'
import { type RefusedRecord, SinkRefused } from '../../domain/sink-refused.ts'
import { smallerDeadLetter } from '../../domain/smaller-dead-letter.ts'
import { type Acknowledgeable, isAcknowledged } from '../kafka/acknowledged.ts'
import { observeAppends, type ProducerClock, stampOf } from '../kafka/append-time.ts'
import { backOff } from '../kafka/backoff.ts'
import { GZIP, type KafkaConnection, type Producer, type TopicMessages } from '../kafka/client.ts'
import { closed } from '../kafka/close.ts'
import { failureKind, reasonOf } from '../kafka/errors.ts'

export interface KafkaSinkOptions {
  readonly connection: KafkaConnection
  /** Records of channels without a topic are dropped. */
  readonly topics: Readonly<Partial<Record<Channel, string>>>
  /** Timestamps the records, and learns from brokers that timestamp them; default: the clock of the host. */
  readonly clock?: ProducerClock
}

/** A record to be written. A dead letter that is refused for its size is retried with less of its value. */
interface Item {
  readonly index: number
  readonly record: OutputRecord
  readonly topic: string
}

interface Outgoing {
  readonly item: Item
  readonly message: TopicMessages['messages'][number] & Acknowledgeable
}

/** Why items are refused, at least one of which the broker will never accept. */
interface Refusal {
  readonly error: unknown
  readonly items: readonly Item[]
}

/** Consecutive failures that are not yet reported as an outage. */
const UNREPORTED_ATTEMPTS = 2
const PART = 'sink'
/**
 * Maximum bytes per topic and request. The client builds one record batch per partition and request, all records may go
 * to one partition, and brokers refuse batches above 1 MiB by default.
 */
const REQUEST_BYTES = 950_000
/** Upper bounds of the bytes added to a record, and to each of its headers: lengths, offset, attributes. */
const RECORD_OVERHEAD = 24
const HEADER_OVERHEAD = 8

/**
 * Produces each channel to its topic, acknowledged by all in-sync replicas. Outages are waited out, including a missing
 * topic or access rule: nothing is dropped. Records that were unacknowledged when a request failed are sent again, so a
 * record may be written twice.
 */
export class KafkaSink implements Sink {
  readonly #options: KafkaSinkOptions
  readonly #producer: Producer
  #connecting: Promise<void> | undefined

  constructor(options: KafkaSinkOptions) {
    this.#options = options
    this.#producer = options.connection.producer()
  }

  has(channel: Channel): boolean {
    return this.#options.topics[channel] !== undefined
  }

  /** See Sink. Rejects with SINK_UNREACHABLE when the signal is aborted. */
  async write(records: readonly OutputRecord[], signal?: AbortSignal): Promise<void> {
    const plain: Item[] = []
    const letters: Item[] = []
    records.forEach((record, index) => {
      const topic = this.#options.topics[record.channel]
      if (topic === undefined) return
      const items = record.channel === 'deadLetters' ? letters : plain
      items.push({ index, record, topic })
    })
    const refused = (
      await Promise.all([
        this.#sendAll(plain, undefined, signal),
        // Compressed, so that a large input record fits.
        this.#sendAll(letters, GZIP, signal),
      ])
    ).flat()
    if (refused.length > 0) throw new SinkRefused(refused.sort((a, b) => a.index - b.index))
  }

  unready(): readonly string[] {
    const lost = this.#options.connection.health.reason(PART)
    return lost === undefined ? [] : [`kafka sink: ${lost}`]
  }

  async close(): Promise<void> {
    await closed(this.#producer.disconnect())
  }

  async #sendAll(
    items: readonly Item[],
    compression: typeof GZIP | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RefusedRecord[]> {
    const refused: RefusedRecord[] = []
    for (const request of requestsOf(items)) refused.push(...(await this.#send(request, compression, signal)))
    return refused
  }

  /** Delivers every deliverable item and resolves with the others. A refusal is narrowed down by bisection. */
  async #send(
    items: readonly Item[],
    compression: typeof GZIP | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RefusedRecord[]> {
    const refusal = await this.#attempt(items, compression, signal)
    if (refusal === undefined) return []
    const { error, items: left } = refusal
    const [only] = left
    if (left.length > 1 || !only) {
      const half = left.length >> 1
      return [
        ...(await this.#send(left.slice(0, half), compression, signal)),
        ...(await this.#send(left.slice(half), compression, signal)),
      ]
    }
    const smaller = smallerDeadLetter(only.record)
    if (smaller) return this.#send([{ ...only, record: smaller }], compression, signal)
    const { index, record, topic } = only
    const reason = `${topic}, a record of about ${sizeOf(only)} bytes: ${reasonOf(error)}`
    return [{ index, record, channel: record.channel, reason }]
  }

  /** Resolves with no items when all are acknowledged, or with the remaining ones when the broker will never accept one of them. */
  async #attempt(
    items: readonly Item[],
    compression: typeof GZIP | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Refusal | undefined> {
    const { connection, clock } = this.#options
    const { health } = connection
    const stamp = stampOf(clock)
    let left: readonly Outgoing[] = items.map((item) => ({ item, message: messageOf(item.record, stamp) }))
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#connect()
        // A broker may have acknowledged its records before another failed, or since.
        if (attempt > 0) left = left.filter(({ message }) => !isAcknowledged(message))
        if (left.length > 0) await this.#produce(left, compression)
        health.restored(PART)
        return undefined
      } catch (error) {
        if (failureKind(error) === 'refused') {
          const refused = left.filter(({ message }) => !isAcknowledged(message))
          return { error, items: refused.map(({ item }) => item) }
        }
        // The first failures include leaders that have moved, which the next attempt finds.
        if (attempt >= UNREPORTED_ATTEMPTS) health.lost(PART, reasonOf(error))
        if (signal?.aborted) {
          throw new SigwatchError('SINK_UNREACHABLE', `Kafka does not answer: ${reasonOf(error)}`, {
            cause: error,
          })
        }
        await backOff(attempt, signal)
      }
    }
  }

  async #produce(outgoing: readonly Outgoing[], compression: typeof GZIP | undefined): Promise<void> {
    const { clock } = this.#options
    const sent = performance.now()
    const acknowledged = await this.#producer.sendBatch({
      topicMessages: byTopic(outgoing),
      acks: -1,
      ...given({ compression }),
    })
    if (clock) observeAppends(clock, acknowledged, sent)
  }

  #connect(): Promise<void> {
    this.#connecting ??= this.#producer.connect().catch((error: unknown) => {
      this.#connecting = undefined
      throw error
    })
    return this.#connecting
  }
}

/** Splits items, in order, into groups of at most REQUEST_BYTES per topic, unless a single record exceeds it. */
function requestsOf(items: readonly Item[]): Item[][] {
  const requests: Item[][] = []
  let request: Item[] = []
  let bytes = new Map<string, number>()
  for (const item of items) {
    const size = sizeOf(item)
    const sum = (bytes.get(item.topic) ?? 0) + size
    if (request.length > 0 && sum > REQUEST_BYTES) {
      requests.push(request)
      request = []
      bytes = new Map([[item.topic, size]])
    } else bytes.set(item.topic, sum)
    request.push(item)
  }
  if (request.length > 0) requests.push(request)
  return requests
}

/** Upper bound of the size of a produced record, bytes. */
function sizeOf({ record: { key, value, headers } }: Item): number {
  let size = RECORD_OVERHEAD + bytesOf(value) + bytesOf(key)
  for (const name in headers) size += HEADER_OVERHEAD + bytesOf(name) + bytesOf(headers[name]!)
  return size
}

function bytesOf(value: Buffer | string | null): number {
  return value === null ? 0 : Buffer.byteLength(value)
}

function messageOf(
  { key, value, headers }: OutputRecord,
  stamp: ReturnType<typeof stampOf>,
): Outgoing['message'] {
  return headers ? { key, value, ...stamp, headers: { ...headers } } : { key, value, ...stamp }
}

function byTopic(outgoing: readonly Outgoing[]): TopicMessages[] {
  const topics = new Map<string, Outgoing['message'][]>()
  for (const { item, message } of outgoing) {
    addTo(topics, item.topic, message)
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }))
}

export function createKafkaSink(options: KafkaSinkOptions): KafkaSink {
  return new KafkaSink(options)
}
