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
  /** Absent if no topic of templates is configured. */
  readonly templates?: TemplateTopic | undefined
  readonly clock: BoundedClock
  readonly emit: Emit
}

/**
 * Reads consents, replies, complaints, feedback, templates and the registry from files and topics: to the end before the first
 * message, and again after Redis lost them. While Redis is away, rows for it wait and messages are judged without them.
 */
export class SideInputs {
  readonly #parts: SideInputsParts
  readonly #topics: SideTopics
  readonly #guard: LedgerGuard
  readonly #stopping = new AbortController()
  #complete = false
  /** Called when the store cannot be reached. */
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
   * Resolves when messages can be judged: once the registry has been read, and all other inputs too unless the store is away.
   * `complete` resolves when all inputs have been read; it rejects with InvalidInput if a file is invalid.
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

  /** Call when Redis lost consents. */
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

  /** Starts reading topics that are created later. */
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

  /**
   * Restores the positions up to which the deployment has applied side topics, except those of replies and feedback if their
   * effect is lost.
   */
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

  /** Reads consents and refusals again, from the file and from the topics. */
  async #reread(): Promise<void> {
    await this.#readFiles({ ...this.#parts.config, replies: null, complaints: null, feedback: null })
    await this.#topics.reread()
  }

  #readFiles(config: Config): Promise<void> {
    const { core, clock, emit } = this.#parts
    return readSideFiles(config, { ledger: this.#ledger, sideRows: core.sideRows }, clock, emit, true)
  }

  /**
   * Writes a refused row as a dead letter. Every instance reads every row; only the first to count an attempt writes it. Never
   * rejects.
   */
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

  /** Applies rows and retries through an outage of the store, because later rows depend on them. */
  readonly #ledger = {
    apply: async (rows: readonly ConsentRow[]) => {
      await this.#untilReached(() => this.#parts.stores.ledger.apply(rows))
    },
    erase: async (pairs: readonly Pair[]) => {
      await this.#untilReached(() => this.#parts.stores.ledger.erase(pairs))
    },
  }

  /** Retries until the store can be reached; undefined if stopped in the meantime. */
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

/** The reason for a refusal with numbers redacted; the list of allowed values is left as it is. */
function withoutNumbers(message: string): string {
  const at = message.indexOf(' (allowed: ')
  return at < 0 ? redactText(message) : redactText(message.slice(0, at)) + message.slice(at)
}
