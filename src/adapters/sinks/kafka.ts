import { SigwatchError } from '../../domain/errors.ts'
import { given } from '../../domain/given.ts'
import { addTo } from '../../domain/maps.ts'
import type { Channel, OutputRecord, Sink } from '../../domain/ports.ts'
import { type RefusedRecord, SinkRefused } from '../../domain/sink-refused.ts'
import { smallerDeadLetter } from '../../domain/smaller-dead-letter.ts'
import { isAcknowledged } from '../kafka/acknowledged.ts'
import { observeAppends, type ProducerClock } from '../kafka/append-time.ts'
import { backOff } from '../kafka/backoff.ts'
import { GZIP, type KafkaConnection, type Producer, type TopicMessages } from '../kafka/client.ts'
import { closed } from '../kafka/close.ts'
import { failureKind, reasonOf } from '../kafka/errors.ts'

export interface KafkaSinkOptions {
  readonly connection: KafkaConnection
  /** Channels that are absent go nowhere. */
  readonly topics: Readonly<Partial<Record<Channel, string>>>
  /** Stamps the records, and learns from brokers that stamp them; absent: the clock of the host stamps. */
  readonly clock?: ProducerClock
}

/** One record on its way. A dead letter that is refused for its size goes on with less of its value. */
interface Item {
  readonly index: number
  readonly record: OutputRecord
  readonly topic: string
}

/** An item with what the client is given of it. */
interface Outgoing {
  readonly item: Item
  readonly message: TopicMessages['messages'][number]
}

/** Why items are refused, among them one that the broker will never take. */
interface Refusal {
  readonly error: unknown
  readonly items: readonly Item[]
}

/** So many failures in a row are no loss of the brokers. */
const UNREPORTED_ATTEMPTS = 2
const PART = 'sink'
/**
 * The client makes one record batch a partition of each request, and brokers refuse batches above 1 MiB by default: a topic
 * gets at most so many bytes a request, for all records may be of one partition.
 */
const REQUEST_BYTES = 950_000
/** Bytes of a record, and of each of its headers, in addition to what it carries, at most: lengths, offset, attributes. */
const RECORD_OVERHEAD = 24
const HEADER_OVERHEAD = 8

/**
 * Produces each channel to its topic, acknowledged by all in-sync replicas. An outage is waited out, also a missing
 * topic or an access rule that is not there yet: nothing is dropped. What a broker had not acknowledged when a
 * request failed is sent again, so a record may be there twice.
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

  /** See Sink. Rejects with SINK_UNREACHABLE when the signal ends the waiting. */
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
        // Compressed, so that a large record fits where it came from.
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

  /** Delivers every item that can be; resolves with the others. A refusal is narrowed down by halves. */
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
    const { index, record } = only
    return [{ index, record, channel: record.channel, reason: reasonOf(error) }]
  }

  /** Resolves when all are acknowledged, or with those that are not when the broker will never take one of them. */
  async #attempt(
    items: readonly Item[],
    compression: typeof GZIP | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Refusal | undefined> {
    const { connection, clock } = this.#options
    const { health } = connection
    let left: readonly Outgoing[] = items.map((item) => ({ item, message: messageOf(item.record, clock) }))
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#connect()
        // One broker may have answered before another failed, or since.
        if (attempt > 0) left = left.filter(({ message }) => !isAcknowledged(message))
        if (left.length > 0) await this.#produce(left, compression)
        health.restored(PART)
        return undefined
      } catch (error) {
        if (failureKind(error) === 'refused') {
          const refused = left.filter(({ message }) => !isAcknowledged(message))
          return { error, items: refused.map(({ item }) => item) }
        }
        // A leader that has moved is found at the next attempt.
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

/** Groups of items in order, none of which has more than REQUEST_BYTES for a topic, unless one record alone has. */
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

/** Bytes of a record as it is produced, at most. */
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
  clock: ProducerClock | undefined,
): Outgoing['message'] {
  const stamp = clock ? { timestamp: String(clock.now()) } : {}
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
