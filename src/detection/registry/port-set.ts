import { BoundedCache } from '../../domain/bounded-cache.ts'

/** Cached results per set: few senders name one brand. */
const REMEMBERED = 256

/** A set of ports and prefixes (`106901*`); a lookup costs at most one probe per distinct length. */
export class PortSet {
  readonly #exact = new Set<string>()
  readonly #prefixes = new Map<number, Set<string>>()
  #patterns: readonly string[] | undefined
  #answers = new BoundedCache<boolean>(REMEMBERED)

  add(pattern: string): void {
    this.#patterns = undefined
    this.#answers = new BoundedCache(REMEMBERED)
    if (!pattern.endsWith('*')) {
      this.#exact.add(pattern)
      return
    }
    const prefix = pattern.slice(0, -1)
    const known = this.#prefixes.get(prefix.length)
    if (known) known.add(prefix)
    else this.#prefixes.set(prefix.length, new Set([prefix]))
  }

  has(port: string): boolean {
    return this.#answers.get(port, this.#find)
  }

  readonly #find = (port: string): boolean => {
    if (this.#exact.has(port)) return true
    for (const [length, prefixes] of this.#prefixes) {
      if (length <= port.length && prefixes.has(port.slice(0, length))) return true
    }
    return false
  }

  patterns(): readonly string[] {
    this.#patterns ??= this.#list()
    return this.#patterns
  }

  #list(): string[] {
    const all = [...this.#exact]
    for (const prefixes of this.#prefixes.values()) for (const prefix of prefixes) all.push(`${prefix}*`)
    return all
  }
}

/** Rows by port pattern: an exact match, else the longest prefix. */
export class PortIndex<T> {
  readonly #exact = new Map<string, T>()
  readonly #prefixes = new Map<string, T>()
  #lengths: number[] = []

  set(pattern: string, row: T): void {
    if (!pattern.endsWith('*')) {
      this.#exact.set(pattern, row)
      return
    }
    const prefix = pattern.slice(0, -1)
    this.#prefixes.set(prefix, row)
    if (!this.#lengths.includes(prefix.length)) {
      this.#lengths = [...this.#lengths, prefix.length].sort((a, b) => b - a)
    }
  }

  get(port: string): T | undefined {
    const exact = this.#exact.get(port)
    if (exact !== undefined) return exact
    for (const length of this.#lengths) {
      if (length > port.length) continue
      const row = this.#prefixes.get(port.slice(0, length))
      if (row !== undefined) return row
    }
    return undefined
  }
}
