import { awaitTopics } from '../adapters/kafka/awaited-topics.ts'
import { backOff } from '../adapters/kafka/backoff.ts'
import type { KafkaConnection } from '../adapters/kafka/client.ts'
import type { TableRow } from '../adapters/sources/table.ts'
import type { RegistryHolder } from '../detection/versions/registry-holder.ts'
import type { ConsentRow } from '../domain/consent-ledger.ts'
import { codeOf, SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { SideInput } from '../domain/input-events.ts'
import type { BoundedClock, Sink } from '../domain/ports.ts'
import { deadLetterRecord } from '../pipeline/outputs.ts'
import type { Runner } from '../pipeline/runner.ts'
import { readSideFiles } from '../pipeline/side-inputs/files.ts'
import type { NamedSideTopics } from '../pipeline/side-inputs/named-topics.ts'
import type { SideOffsets } from '../pipeline/side-inputs/offsets.ts'
import type { Pair } from '../pipeline/side-inputs/pair.ts'
import type { TemplateTopic } from '../pipeline/side-inputs/template-topic.ts'
import { SideTopics } from '../pipeline/side-inputs/topics.ts'
import type { Config } from '../settings/config.ts'
import { redactText } from '../text/redact.ts'
import type { Stores } from './compose-stores.ts'
import { LedgerGuard } from './ledger-guard.ts'

export interface SideInputsParts {
  readonly config: Config
  readonly kafka: KafkaConnection
  readonly topics: NamedSideTopics
  readonly stores: Stores
  readonly registry: RegistryHolder
  readonly core: Runner
  readonly sink: Pick<Sink, 'write'>
  readonly offsets: SideOffsets
  /** Absent: no topic of templates is named. */
  readonly templates?: TemplateTopic | undefined
  readonly clock: BoundedClock
  readonly emit: Emit
}

/**
 * What operators and subscribers say, from files and topics: read to its end before the first message, and again where
 * Redis lost it. While Redis is away, what has to go into it waits, and messages are judged without.
 */
export class SideInputs {
  readonly #parts: SideInputsParts
  readonly #topics: SideTopics
  readonly #guard: LedgerGuard
  readonly #stopping = new AbortController()
  #complete = false
  /** Called when the store is found to be away. */
  #away: () => void = () => {}

  constructor(parts: SideInputsParts) {
    const { config, kafka, topics, registry, core, offsets, clock, emit } = parts
    this.#parts = parts
    this.#guard = new LedgerGuard({ reread: () => this.#reread(), emit })
    this.#topics = new SideTopics({
      kafka,
      groupId: config.kafka.groupId,
      topics: topics.present,
      registry,
      adopt: () => core.adopt('registry'),
      ledger: this.#ledger,
      sideRows: core.sideRows,
      offsets,
      clock,
      futureReject: config.limits.futureReject,
      maps: config.sideMaps ?? {},
      keepRefused: (row, message) => void this.#keepRefused(row, message),
      emit,
    })
  }

  /**
   * Resolves when messages may be judged: the registry has been read, and everything else too unless the store is away.
   * `complete` resolves when that is done as well; it rejects with InvalidInput when a file is wrong.
   */
  async start(): Promise<{ readonly complete: Promise<void> }> {
    const away = new Promise<void>((resolve) => {
      this.#away = resolve
    })
    const complete = this.#read()
    await Promise.race([
      Promise.all([this.#topics.startRegistry(), Promise.race([complete, away])]),
      this.#stopped(),
    ])
    return { complete }
  }

  get stopping(): boolean {
    return this.#stopping.signal.aborted
  }

  follows(input: SideInput): boolean {
    return this.#topics.follows(input)
  }

  /** Redis lost consents. */
  lost(): void {
    this.#guard.lost()
  }

  unready(): readonly string[] {
    return this.#complete ? [] : ['consents, refusals and replies are not read to their end yet']
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#guard.stop()
    await Promise.all([this.#topics.stop(), this.#parts.templates?.stop()])
  }

  async #read(): Promise<void> {
    await this.#resume()
    await this.#readFiles(this.#parts.config)
    await Promise.all([this.#topics.startOthers(), this.#parts.templates?.start()])
    this.#complete = !this.stopping
    void this.#awaitMissing()
  }

  /** Topics that are made later are read from then on. */
  async #awaitMissing(): Promise<void> {
    const { kafka, topics, emit } = this.#parts
    const { missing } = topics
    const found = (names: readonly string[]) => {
      for (const [input, topic] of missing.filter(([, name]) => names.includes(name))) {
        emit({ name: 'topic_found', topic })
        void this.#topics.add([input, topic])
      }
    }
    const names = missing.map(([, topic]) => topic)
    await awaitTopics(kafka, names, found, this.#stopping.signal)
  }

  /** What has taken effect of side topics on the deployment; of replies and feedback nothing where their effect is lost. */
  async #resume(): Promise<void> {
    const { stores, offsets, config } = this.#parts
    const { guarded, states } = stores
    const { replies, feedback } = config.kafka.topics
    const made = guarded && (await this.#untilReached(() => this.#guard.start(guarded)))
    const said = await this.#untilReached(() => states.check())
    const known = (await this.#untilReached(() => states.sideOffsets())) ?? []
    const lost = [...(made ? [replies] : []), ...(said?.made ? [feedback] : [])]
    offsets.resume(known.filter(({ topic }) => !lost.includes(topic)))
  }

  /** Consents and refusals, from the file and from the topics. */
  async #reread(): Promise<void> {
    await this.#readFiles({ ...this.#parts.config, replies: null, complaints: null, feedback: null })
    await this.#topics.reread()
  }

  #readFiles(config: Config): Promise<void> {
    const { core, clock, emit } = this.#parts
    return readSideFiles(config, { ledger: this.#ledger, sideRows: core.sideRows }, clock, emit, true)
  }

  /** Every instance reads every row: the first keeps those that are refused, as dead letters. Never rejects. */
  async #keepRefused({ value, position }: TableRow, message: string): Promise<void> {
    const { stores, sink, emit, config } = this.#parts
    const { topic, partition, offset } = position
    try {
      if ((await stores.states.countAttempt(`side/${topic}/${partition}/${offset}`)) > 1) return
      const isMapped = Object.entries(config.sideMaps ?? {}).some(
        ([input]) => config.kafka.topics[input as SideInput] === topic,
      )
      const error = isMapped ? 'MAPPING' : 'RECORD_FIELD_INVALID'
      emit({ name: 'dead_lettered', error, count: 1 })
      const bytes = value ?? Buffer.alloc(0)
      await sink.write(
        [deadLetterRecord({ value: bytes, position }, 'side-input', error, withoutNumbers(message))],
        this.#stopping.signal,
      )
    } catch (error) {
      emit({ name: 'warning', message: `a refused row is not kept: ${codeOf(error)}` })
    }
  }

  /** Rows that others wait for outlast an outage of the store. */
  readonly #ledger = {
    apply: async (rows: readonly ConsentRow[]) => {
      await this.#untilReached(() => this.#parts.stores.ledger.apply(rows))
    },
    erase: async (pairs: readonly Pair[]) => {
      await this.#untilReached(() => this.#parts.stores.ledger.erase(pairs))
    },
  }

  /** Tries again while the store cannot be reached; undefined when stopped meanwhile. */
  async #untilReached<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#stopping
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof SigwatchError && error.retry)) throw error
        this.#away()
        await backOff(attempt, signal)
      }
    }
    return undefined
  }

  #stopped(): Promise<void> {
    const { signal } = this.#stopping
    return new Promise((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}

/** Why a row is refused, without the numbers that it holds; what is allowed instead stays as it is. */
function withoutNumbers(message: string): string {
  const at = message.indexOf(' (allowed: ')
  return at < 0 ? redactText(message) : redactText(message.slice(0, at)) + message.slice(at)
}
