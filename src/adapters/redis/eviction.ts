/** What INFO of a server says about keys that it drops for want of memory. */
export interface Eviction {
  /** `maxmemory-policy`, where it drops keys when the memory is full. */
  readonly policy: string
  /** Keys that were dropped since the server was started. */
  readonly dropped: number
}

/**
 * Reads INFO of every master: the first that drops keys when it is full, or has dropped some. A server without a limit of
 * memory drops none, whatever its policy.
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

/** Wall clock between two looks at the memory policy of the servers, ms. */
const CHECK_EVERY = 30_000

/** Looks now and then whether the servers drop keys; one that may not be asked leaves it open. */
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
