import type { Action } from '../../domain/decision.ts'
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

/** A state as it is held; not `open`: it has ended, and is known so that an older event does not open it again. */
interface Row extends Order {
  readonly open: boolean
  readonly asking: Asking
  readonly match: CompiledMatch | undefined
  /** Forgotten after it, epoch ms. */
  readonly until: number
}

export interface BlockTableOptions {
  readonly tokenisers: Tokenisers
  /** States, messages with an alert, and half of the verdicts that are held at most. */
  readonly limits?: { readonly states?: number; readonly messages?: number; readonly verdicts?: number }
}

/** A state is remembered for so long after its end, ms. */
const REMEMBER = HOUR
const VERDICTS_KEPT = 10 * MINUTE
/** States that are looked at for one that has ended. */
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
 * What is to be blocked, from the block table, the alerts and the verdicts, by the rules of docs/blocking.md. Records may come
 * in any order and repeatedly. Pure: `now` is the time of the brokers, epoch ms. Bounded: beyond its limits the state that
 * was changed longest ago is forgotten (`forgotten` counts those that were open), and so is the oldest alert on a message.
 */
export class BlockTable {
  readonly #tokenisers: Tokenisers
  readonly #maxStates: number
  readonly #maxMessages: number
  readonly #rows = new Map<string, Row>()
  /** What the block table last had of a state: all that its tombstone ends. */
  readonly #written = new Map<string, Order>()
  /** Ids of open states by the keys of their match. */
  readonly #index = new Map<string, Set<string>>()
  /** Alerts on messages, by the id of the message and of the alert. */
  readonly #messages = new Map<string, Map<string, Asking>>()
  readonly #verdicts: VerdictBook
  forgotten = 0

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

  /** Ids of the states in force with what orders them, sorted. */
  entries(now: number): (readonly [id: string, episode: number, revision: number, action: Action])[] {
    return [...this.#rows]
      .filter(([, { open, asking }]) => open && isInForce(asking, now))
      .map(([id, { episode, revision, asking }]) => [id, episode, revision, asking.action] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** How many states are in force. */
  inForce(now: number): number {
    let count = 0
    for (const { open, asking } of this.#rows.values()) if (open && isInForce(asking, now)) count++
    return count
  }

  /**
   * A record of the block table; null: a tombstone, with the order of the event that ended the state where its headers say it.
   * False: it cannot be read, and is passed over.
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

  /** What the alerts told since is newer than the row, and stays. */
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

  /** A record of the topic of alerts: the ids of the parts that it blocks; undefined: it cannot be read, or asks for nothing. */
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

  /** One that has ended goes before one that is open. */
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

  /** Forgets what has expired. */
  sweep(now: number): void {
    for (const [id, alerts] of this.#messages)
      if (![...alerts.values()].some(({ expiresAt }) => now < expiresAt)) this.#messages.delete(id)
    for (const [id, { until }] of this.#rows) if (until <= now) this.#forget(id)
    // Of rows that were never taken in, as what the alerts had told was newer.
    for (const id of this.#written.keys()) if (!this.#rows.has(id)) this.#written.delete(id)
    this.#verdicts.sweep(now)
  }

  verdictOn(id: string): Verdict | undefined {
    return this.#verdicts.get(id)
  }

  /** What is asked for of a message now. */
  look(message: Submission, now: number, verdict = this.#verdicts.get(message.id)): Standing {
    const found = new Found()
    for (const [alert, asking] of this.#messages.get(message.id) ?? [])
      if (isInForce(asking, now)) found.alert(alert, asking)
    if (verdict) found.verdict(verdict)
    if (this.#index.size === 0) return found.standing()
    const asked = new Asked(message, this.#tokenisers)
    for (const id of this.#candidates(asked)) {
      const { asking, match } = this.#rows.get(id)!
      if (!isInForce(asking, now) || !match) continue
      let holds = match.test(asked)
      // The verdict knows labels, campaigns and templates.
      if (holds === 'unknown' && verdict?.states) holds = verdict.states.includes(id) ? 'yes' : 'no'
      if (holds !== 'no') found.state(id, asking, holds === 'yes' ? asking.action : 'review')
    }
    return found.standing()
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

function dropOldest(map: Map<string, unknown>, limit: number): void {
  while (map.size > limit) map.delete(map.keys().next().value!)
}
