import { awaitTopics } from '../adapters/kafka/awaited-topics.ts'
import type { KafkaConnection } from '../adapters/kafka/client.ts'
import { createKafkaSource, type KafkaSource } from '../adapters/sources/kafka.ts'
import type { ArchiveInput } from '../analyst/archive/rows.ts'
import type { Emit } from '../domain/events.ts'
import type { Checkpointed, SourceHandler } from '../domain/ports.ts'

/** Records of a run that are written in one go. */
const CHUNK = 2_000

export interface GrowingSourceOptions {
  readonly kafka: KafkaConnection
  readonly groupId: string
  /** The kind of input of each existing topic; topics created later are added. */
  readonly inputs: Map<string, ArchiveInput>
  readonly missing: ReadonlyMap<string, ArchiveInput>
  readonly emit: Emit
}

/** Reads the existing topics as one consumer group, and topics created later as soon as they exist. */
export class GrowingSource {
  readonly #options: GrowingSourceOptions
  readonly #stopping = new AbortController()
  #source: KafkaSource
  #found = false

  constructor(options: GrowingSourceOptions) {
    this.#options = options
    this.#source = this.#newSource()
  }

  async run(handler: SourceHandler): Promise<void> {
    const { kafka, missing } = this.#options
    void awaitTopics(kafka, [...missing.keys()], (names) => this.#add(names), this.#stopping.signal)
    try {
      await this.#source.run(handler)
      while (this.#found && !this.#stopping.signal.aborted) {
        this.#found = false
        this.#source = this.#newSource()
        await this.#source.run(handler)
      }
    } finally {
      this.#stopping.abort()
    }
  }

  commit(checkpoints: readonly Checkpointed[], epoch: number): Promise<void> {
    return this.#source.commit(checkpoints, epoch)
  }

  unready(): readonly string[] {
    return this.#source.unready()
  }

  stop(): Promise<void> {
    this.#stopping.abort()
    return this.#source.stop()
  }

  /** Settles records in flight, then rejoins the group with all topics. */
  #add(names: readonly string[]): void {
    const { inputs, missing, emit } = this.#options
    for (const topic of names) {
      inputs.set(topic, missing.get(topic)!)
      emit({ name: 'topic_found', topic })
    }
    this.#found = true
    void this.#source.stop()
  }

  #newSource(): KafkaSource {
    const { kafka, groupId, inputs, emit } = this.#options
    const own = { groupId, topics: [...inputs.keys()], chunk: CHUNK }
    return createKafkaSource({ connection: kafka, ...own, startFrom: 'earliest', emit })
  }
}
