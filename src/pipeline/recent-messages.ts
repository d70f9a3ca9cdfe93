import type { AnalysedMessage } from '../domain/message.ts'

const NOTHING = Buffer.alloc(0)

/**
 * The last messages of entities near their limit, so that a state can be shown with messages of earlier batches.
 * Bounded: the longest quiet entity is dropped first.
 */
export class RecentMessages {
  readonly #maxEntities: number
  readonly #each: number
  readonly #byEntity = new Map<string, readonly AnalysedMessage[]>()

  constructor(maxEntities = 2_000, each = 5) {
    this.#maxEntities = maxEntities
    this.#each = each
  }

  /** Oldest first. */
  of(entity: string): readonly AnalysedMessage[] {
    return this.#byEntity.get(entity) ?? []
  }

  /** Remembered messages followed by the given ones, without duplicates. */
  before(entity: string, messages: readonly AnalysedMessage[]): readonly AnalysedMessage[] {
    const known = this.#byEntity.get(entity)
    if (!known) return messages
    const ids = new Set(messages.map((message) => message.id))
    return [...known.filter((message) => !ids.has(message.id)), ...messages]
  }

  remember(entity: string, messages: readonly AnalysedMessage[]): void {
    const all = this.before(entity, messages.map(lean))
    this.#byEntity.delete(entity)
    this.#byEntity.set(entity, all.slice(-this.#each))
    if (this.#byEntity.size > this.#maxEntities) {
      this.#byEntity.delete(this.#byEntity.keys().next().value as string)
    }
  }
}

/** Drops raw bytes: they are slices of a fetch and would keep all of it in memory. */
function lean(message: AnalysedMessage): AnalysedMessage {
  if (message.origins.length === 0) return message
  return { ...message, origins: [], record: { ...message.record, value: NOTHING } }
}
