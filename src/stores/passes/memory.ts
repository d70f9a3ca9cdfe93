import { dropOldest } from '../../domain/maps.ts'
import {
  PARTS_SECONDS,
  PASS_SECONDS,
  type PassAnswer,
  type PassBook,
  type PassRequest,
  type StoppedBy,
} from '../../domain/pass-book.ts'

/** Counts per second for the last 60 seconds and the current one. */
interface Minute {
  readonly counts: Uint32Array
  second: number
  total: number
}

/** Maximum number of SMS and part ids that are remembered. */
const MAX_PARTS = 200_000

/** Messages that this instance let through. */
export class MemoryPassBook implements PassBook {
  /** In ms, from any origin. */
  readonly #now: () => number
  readonly #minutes = new Map<string, Minute>()
  readonly #stopped = new Map<string, { readonly by: StoppedBy; readonly until: number }>()
  readonly #gone = new Map<string, number>()

  constructor(now: () => number) {
    this.#now = now
  }

  async settle(requests: readonly PassRequest[]): Promise<PassAnswer[]> {
    return requests.map((request) => this.settleNow(request))
  }

  settleNow({ throttles, part }: PassRequest): PassAnswer {
    const by = part && this.stoppedBy(part.sms)
    if (by) return { outcome: 'stopped', by }
    const full = throttles.findIndex(({ state, perMinute }) => this.#passed(state) >= perMinute)
    if (full >= 0) return { outcome: 'full', full }
    this.note({ throttles, ...(part ? { part } : {}) })
    return { outcome: 'passes' }
  }

  note({ throttles, part }: PassRequest): void {
    for (const { state } of throttles) {
      const minute = this.#minuteOf(state)
      minute.counts[minute.second % PASS_SECONDS]!++
      minute.total++
    }
    if (part) keep(this.#gone, part.id, this.#now() + PARTS_SECONDS * 1000)
  }

  stoppedBy(sms: string): StoppedBy | undefined {
    const known = this.#stopped.get(sms)
    return known && known.until > this.#now() ? known.by : undefined
  }

  async stop(sms: string, by: StoppedBy): Promise<void> {
    this.stopNow(sms, by)
  }

  stopNow(sms: string, by: StoppedBy): void {
    keep(this.#stopped, sms, { by, until: this.#now() + PARTS_SECONDS * 1000 })
  }

  async takeGone(ids: readonly string[]): Promise<string[]> {
    return this.takeGoneNow(ids)
  }

  takeGoneNow(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#gone.delete(id))
  }

  sweep(): void {
    const now = this.#now()
    const oldest = Math.floor(now / 1000) - PASS_SECONDS
    for (const [state, { second }] of this.#minutes) if (second <= oldest) this.#minutes.delete(state)
    for (const [sms, { until }] of this.#stopped) if (until <= now) this.#stopped.delete(sms)
    for (const [id, until] of this.#gone) if (until <= now) this.#gone.delete(id)
  }

  #passed(state: string): number {
    return this.#minutes.has(state) ? this.#minuteOf(state).total : 0
  }

  /** Moves on to the current second; a clock that goes back is ignored. */
  #minuteOf(state: string): Minute {
    const now = Math.floor(this.#now() / 1000)
    let minute = this.#minutes.get(state)
    if (!minute || now - minute.second >= PASS_SECONDS) {
      minute = { counts: new Uint32Array(PASS_SECONDS), second: now, total: 0 }
      this.#minutes.set(state, minute)
    }
    while (minute.second < now) {
      const next = ++minute.second % PASS_SECONDS
      minute.total -= minute.counts[next]!
      minute.counts[next] = 0
    }
    return minute
  }
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  dropOldest(map, MAX_PARTS)
}
