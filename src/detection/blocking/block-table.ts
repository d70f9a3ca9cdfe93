import type { Action } from '../../domain/decision.ts'
import { dropOldest, increment } from '../../domain/maps.ts'
import { HOUR, MINUTE } from '../../domain/time.ts'
import {
  Asked,
  type CompiledMatch,
  compileMatch,
  keysFor,
  type Submission,
  type Tokenisers,
} from './match.ts'
import {
  type Asking,
  isInForce,
  isNewer,
  type Order,
  readAlert,
  readBlock,
  readVerdict,
  replaces,
  type StateEvent,
  type Verdict,
} from './records.ts'
import { Found, type Standing } from './standing.ts'
import { VerdictBook } from './verdict-book.ts'

/** A stored state; if not `open` it has ended and is kept so that an older event does not reopen it. */
interface Row extends Order {
  readonly open: boolean
  readonly asking: Asking
  readonly match: CompiledMatch | undefined
  /** Expiry, epoch ms. */
  readonly until: number
}

export interface BlockTableOptions {
  readonly tokenisers: Tokenisers
  /** Limits of states, of messages with an alert, and of half the verdicts. */
  readonly limits?: { readonly states?: number; readonly messages?: number; readonly verdicts?: number }
}

/** A state is kept for this long after its end, ms. */
const REMEMBER = HOUR
const VERDICTS_KEPT = 10 * MINUTE
/** States examined to find one that has ended. */
const LOOKED_THROUGH = 100
const NOTHING: Asking = {
  action: 'none',
  match: undefined,
  codes: [],
  asking: 0,
  validFrom: Number.NaN,
  expiresAt: Number.NaN,
}

/**
 * Decides what to block, from the block table, the alerts and the verdicts, by the rules of docs/blocking.md. Records may arrive
 * in any order and repeatedly. Pure: `now` is the brokers' time, epoch ms. Bounded: beyond its limits the least recently changed
 * state is evicted (`forgotten` counts those that were open), and so is the oldest alert on a message.
 */
export class BlockTable {
  readonly #tokenisers: Tokenisers
  readonly #maxStates: number
  readonly #maxMessages: number
  readonly #rows = new Map<string, Row>()
  /** Last order of each state in the block table: a tombstone ends nothing newer. */
  readonly #written = new Map<string, Order>()
  /** Open state ids by keys of their match. */
  readonly #index = new Map<string, Set<string>>()
  /** Alerts on messages, by message id and alert id. */
  readonly #messages = new Map<string, Map<string, Asking>>()
  readonly #verdicts: VerdictBook
  forgotten = 0
  /** Messages whose verdict names a state on a recipient although their own token under the same key is another. */
  contradicted = 0

  constructor({ tokenisers, limits = {} }: BlockTableOptions) {
    const { states = 200_000, messages = 400_000, verdicts = 400_000 } = limits
    this.#tokenisers = tokenisers
    this.#maxStates = states
    this.#maxMessages = messages
    this.#verdicts = new VerdictBook({ limit: verdicts, kept: VERDICTS_KEPT })
  }

  get sizes() {
    return { states: this.#rows.size, messages: this.#messages.size, verdicts: this.#verdicts.size }
  }

  /** States in force with their order, sorted by id. */
  entries(now: number): (readonly [id: string, episode: number, revision: number, action: Action])[] {
    return [...this.#rows]
      .filter(([, { open, asking }]) => open && isInForce(asking, now))
      .map(([id, { episode, revision, asking }]) => [id, episode, revision, asking.action] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  inForce(now: number): number {
    let count = 0
    for (const { open, asking } of this.#rows.values()) if (open && isInForce(asking, now)) count++
    return count
  }

  /** States in force on recipients whose tokens are of a key that is not known, by key id. */
  unknownKeys(now: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { open, asking, match } of this.#rows.values()) {
      if (!match?.recipient || match.recipient.isKeyKnown || !open || !isInForce(asking, now)) continue
      increment(counts, match.recipient.keyId)
    }
    return counts
  }

  /**
   * Applies a record of the block table; null: a tombstone, with the order of the final event if its headers give it. False if
   * the record is unreadable and was skipped.
   */
  takeBlock(state: string, value: string | null, now: number, ended?: Order): boolean {
    if (value === null) {
      this.#end(state, now, ended)
      return true
    }
    const row = readBlock(state, value)
    if (!row) return false
    const written = this.#written.get(state)
    if (!written || isNewer(row, written)) this.#written.set(state, row)
    this.#take(row, now)
    return true
  }

  /** Ends a state, unless alerts since then are newer. */
  #end(state: string, now: number, ended: Order | undefined): void {
    const known = this.#rows.get(state)
    const written = this.#written.get(state)
    const last = ended && (!written || isNewer(ended, written)) ? ended : written
    if (!last || (known && isNewer(known, last))) return
    const { episode, revision } = last
    const ending = { episode, revision, open: false, until: now + REMEMBER }
    this.#put(state, { asking: NOTHING, match: undefined, ...known, ...ending })
    this.#bound()
  }

  /**
   * Applies a record of the alerts topic; returns the ids of the parts it blocks, or undefined if it is unreadable or has no
   * effect.
   */
  takeAlert(value: string, now: number): readonly string[] | undefined {
    const said = readAlert(value)
    if (!said) return undefined
    if ('state' in said) {
      this.#take(said.state, now)
      return []
    }
    for (const id of said.ids) {
      const known = this.#messages.get(id)
      if (known) known.set(said.alert, said.asking)
      else this.#messages.set(id, new Map([[said.alert, said.asking]]))
    }
    dropOldest(this.#messages, this.#maxMessages)
    return said.asking.action === 'block' && said.ids.length > 1 ? said.ids : []
  }

  takeVerdict(value: string, now: number): boolean {
    const found = readVerdict(value)
    if (found) this.#verdicts.put(...found, now)
    return found !== undefined
  }

  #take({ id, asks, asking, episode, revision }: StateEvent, now: number): void {
    const order = { episode, revision }
    const known = this.#rows.get(id)
    if (known && !replaces(order, known)) return
    const match = asks ? compileMatch(asking.match, this.#tokenisers) : undefined
    const last = Number.isNaN(asking.expiresAt) || !asks ? now : Math.max(now, asking.expiresAt)
    this.#put(id, { ...order, open: asks, asking, match, until: last + REMEMBER })
    this.#bound()
  }

  /** Evicts ended states before open ones. */
  #bound(): void {
    if (this.#rows.size <= this.#maxStates) return
    let [oldest] = this.#rows.keys()
    let looked = 0
    for (const [id, { open }] of this.#rows) {
      if (!open) oldest = id
      if (!open || ++looked === LOOKED_THROUGH) break
    }
    if (this.#rows.get(oldest!)!.open) this.forgotten++
    this.#forget(oldest!)
  }

  #put(id: string, row: Row): void {
    this.#remove(id)
    this.#rows.set(id, row)
    if (!row.open) return
    for (const key of row.match?.keys ?? []) {
      const ids = this.#index.get(key)
      if (ids) ids.add(id)
      else this.#index.set(key, new Set([id]))
    }
  }

  #remove(id: string): void {
    const known = this.#rows.get(id)
    if (!known) return
    this.#rows.delete(id)
    for (const key of known.match?.keys ?? []) {
      const ids = this.#index.get(key)
      ids?.delete(id)
      if (ids?.size === 0) this.#index.delete(key)
    }
  }

  #forget(id: string): void {
    this.#remove(id)
    this.#written.delete(id)
  }

  sweep(now: number): void {
    for (const [id, alerts] of this.#messages)
      if (![...alerts.values()].some(({ expiresAt }) => now < expiresAt)) this.#messages.delete(id)
    for (const [id, { until }] of this.#rows) if (until <= now) this.#forget(id)
    // Remove orders of rows that were ignored because alerts were newer.
    for (const id of this.#written.keys()) if (!this.#rows.has(id)) this.#written.delete(id)
    this.#verdicts.sweep(now)
  }

  verdictOn(id: string): Verdict | undefined {
    return this.#verdicts.get(id)
  }

  /** The actions requested for a message now. */
  look(message: Submission, now: number, verdict = this.#verdicts.get(message.id)): Standing {
    const found = new Found()
    for (const [alert, asking] of this.#messages.get(message.id) ?? [])
      if (isInForce(asking, now)) found.alert(alert, asking)
    if (verdict) found.verdict(verdict)
    if (this.#index.size === 0) return found.standing()
    const asked = new Asked(message, this.#tokenisers)
    if (verdict?.states?.some((id) => this.#contradicts(id, asked, now))) this.contradicted++
    for (const id of this.#candidates(asked)) {
      const { asking, match } = this.#rows.get(id)!
      if (!isInForce(asking, now) || !match) continue
      let holds = match.test(asked)
      // A verdict covers labels, campaigns and templates.
      if (holds === 'unknown' && verdict?.states) holds = verdict.states.includes(id) ? 'yes' : 'no'
      if (holds !== 'no') found.state(id, asking, holds === 'yes' ? asking.action : 'review')
    }
    return found.standing()
  }

  /** Whether a state that a verdict names is on another recipient, as far as its key is known. */
  #contradicts(id: string, asked: Asked, now: number): boolean {
    const row = this.#rows.get(id)
    const { recipient } = row?.match ?? {}
    if (!recipient?.isKeyKnown || !row!.open || !isInForce(row!.asking, now)) return false
    const token = asked.token(recipient.keyId)
    return token !== undefined && token !== recipient.token
  }

  *#candidates(asked: Asked): Generator<string> {
    let seen: Set<string> | undefined
    for (const key of keysFor(asked, this.#index.has('token'))) {
      const ids = this.#index.get(key)
      if (!ids) continue
      for (const id of ids) {
        if (seen?.has(id)) continue
        seen ??= new Set()
        seen.add(id)
        yield id
      }
    }
  }
}
