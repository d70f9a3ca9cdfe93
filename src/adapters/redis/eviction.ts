/** Key eviction, as reported by INFO of a server. */
export interface Eviction {
  /** `maxmemory-policy`, if it evicts keys when the memory is full. */
  readonly policy: string
  /** Keys evicted since the server was started. */
  readonly dropped: number
}

/**
 * Takes INFO of every master and returns the first that evicts keys when full, or has evicted some. A server without a
 * memory limit never evicts, whatever its policy.
 */
export function evictionOf(infos: readonly string[]): Eviction | undefined {
  for (const info of infos) {
    const field = (name: string): string => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
    const policy = field('maxmemory_policy')
    const dropped = Number(field('evicted_keys') || 0)
    const isLimited = Number(field('maxmemory') || 0) > 0
    if (policy === '' || policy === 'noeviction') continue
    if (isLimited || dropped > 0) return { policy, dropped }
  }
  return undefined
}

/** Wall-clock interval between checks of the eviction policy, ms. */
const CHECK_EVERY = 30_000

/** Checks periodically whether the servers evict keys; a server that does not permit INFO counts as unknown. */
export class EvictionWatch {
  readonly #info: () => Promise<readonly string[]>
  readonly #onChange: (eviction: Eviction | undefined) => void
  readonly #timer: NodeJS.Timeout
  #eviction: Eviction | undefined
  #stopped = false

  constructor(
    info: () => Promise<readonly string[]>,
    onChange: (eviction: Eviction | undefined) => void = () => {},
  ) {
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
    if (eviction?.policy !== before?.policy || eviction?.dropped !== before?.dropped) this.#onChange(eviction)
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
