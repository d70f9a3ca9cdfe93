/** Key eviction, as reported by INFO of a server. */
export interface Eviction {
  /** `maxmemory-policy`, if it evicts keys when the memory is full. */
  readonly policy: string
  readonly dropped: number
}

function fieldOf(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
}

/**
 * Takes INFO of every master and returns the first that evicts keys when full, or has evicted some. A server without a
 * memory limit never evicts, whatever its policy.
 */
export function evictionOf(infos: readonly string[]): Eviction | undefined {
  for (const info of infos) {
    const policy = fieldOf(info, 'maxmemory_policy')
    const dropped = Number(fieldOf(info, 'evicted_keys') || 0)
    const isLimited = Number(fieldOf(info, 'maxmemory') || 0) > 0
    if (policy === '' || policy === 'noeviction') continue
    if (isLimited || dropped > 0) return { policy, dropped }
  }
  return undefined
}

/**
 * Called with a server that evicts keys, and with undefined when none does any more; then `lost` is the number of keys
 * evicted since that was last the case, otherwise 0.
 */
export type OnEviction = (eviction: Eviction | undefined, lost: number) => void

/** Wall-clock interval between checks of the eviction policy, ms. */
const CHECK_EVERY = 30_000

/** Checks periodically whether the servers evict keys; a server that does not permit INFO counts as unknown. */
export class EvictionWatch {
  readonly #info: () => Promise<readonly string[]>
  readonly #onChange: OnEviction
  readonly #timer: NodeJS.Timeout
  #eviction: Eviction | undefined
  /** Keys evicted since the start of a server, by its run id, at the last look. A restarted server has another id. */
  readonly #evicted = new Map<string, number>()
  /** Keys evicted since the last look that found no evicting server. */
  #lost = 0
  #stopped = false

  constructor(info: () => Promise<readonly string[]>, onChange: OnEviction = () => {}) {
    this.#info = info
    this.#onChange = onChange
    this.#timer = setInterval(() => void this.look(), CHECK_EVERY).unref()
  }

  async look(): Promise<void> {
    const infos = await this.#info().catch(() => undefined)
    if (infos === undefined || this.#stopped) return
    const eviction = evictionOf(infos)
    const before = this.#eviction
    this.#eviction = eviction
    for (const info of infos) this.#note(info, eviction !== undefined)
    if (eviction !== undefined) {
      if (eviction.policy !== before?.policy || eviction.dropped !== before.dropped)
        this.#onChange(eviction, 0)
      return
    }
    const lost = this.#lost
    this.#lost = 0
    if (before !== undefined || lost > 0) this.#onChange(undefined, lost)
  }

  #note(info: string, isEvicting: boolean): void {
    const server = fieldOf(info, 'run_id')
    const evicted = Number(fieldOf(info, 'evicted_keys') || 0)
    // What a server evicted before it was first seen may have been dealt with, unless it still goes on.
    const before = this.#evicted.get(server) ?? (isEvicting ? 0 : evicted)
    this.#evicted.set(server, evicted)
    this.#lost += Math.max(0, evicted - before)
  }

  unready(): string[] {
    if (this.#eviction === undefined) return []
    const { policy } = this.#eviction
    return [`redis: maxmemory-policy ${policy} drops counts and refusals when memory is full: set noeviction`]
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }
}
