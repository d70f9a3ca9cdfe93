import type { Verdict } from './records.ts'

/**
 * The latest verdicts by message id: at least those of the last `kept` ms, at most twice `limit`. Two generations: when the young
 * one is full or old, the old one is dropped.
 */
export class VerdictBook {
  #young = new Map<string, Verdict>()
  #old = new Map<string, Verdict>()
  #turnedAt = Number.NEGATIVE_INFINITY
  readonly #limit: number
  readonly #kept: number

  constructor({ limit, kept }: { readonly limit: number; readonly kept: number }) {
    this.#limit = limit
    this.#kept = kept
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(id: string): Verdict | undefined {
    return this.#young.get(id) ?? this.#old.get(id)
  }

  put(id: string, verdict: Verdict, now: number): void {
    if (this.#young.size >= this.#limit) this.#turn(now)
    this.#young.set(id, verdict)
  }

  sweep(now: number): void {
    if (now - this.#turnedAt >= this.#kept) this.#turn(now)
  }

  #turn(now: number): void {
    this.#old = this.#young
    this.#young = new Map()
    this.#turnedAt = now
  }
}
