import {
  keyIdOf,
  keysFor,
  keysOf,
  type Match,
  matches,
  type Submission,
  type TokenKey,
  tokenOf,
} from './match.ts'
import { Parts } from './parts.ts'

/** From weakest to strongest: what a blocking service does. */
const ACTIONS = ['pass', 'observe', 'review', 'throttle', 'block'] as const
export type Action = (typeof ACTIONS)[number]

interface Order {
  readonly episode: number
  readonly revision: number
}

/** A state as the table holds it; `open` false: it has ended, and older events of it are to be ignored. */
interface Row extends Order {
  readonly open: boolean
  readonly action: Action
  readonly match: Match
  readonly perMinute?: number
  readonly validFrom: number
  readonly expiresAt: number
}

/** An alert on a message. */
type OfMessage = Pick<Row, 'action' | 'validFrom' | 'expiresAt'>

export interface Decision {
  readonly action: Action
  /** False: the message is not to be delivered now. */
  readonly deliver: boolean
  /** Id of the state that asks for it. */
  readonly stateId?: string
}

const PASS: Decision = { action: 'pass', deliver: true }
/** An action that is not known is to be looked at. No state or alert asks for `pass`. */
const actionOf = (value: unknown): Action =>
  ACTIONS.find((action, i) => i > 0 && action === value) ?? 'review'
const stronger = (a: Action, b: Action) => ACTIONS.indexOf(a) > ACTIONS.indexOf(b)
/** Of rows that versions before wrote: whatever has an order is newer. */
const NO_ORDER: Order = { episode: -1, revision: -1 }
const orderOf = ({ episode, revision }: { episode?: unknown; revision?: unknown }): Order =>
  typeof episode === 'number' && typeof revision === 'number' ? { episode, revision } : NO_ORDER
const isNewer = (a: Order, b: Order) =>
  a.episode > b.episode || (a.episode === b.episode && a.revision > b.revision)
/** Of rows without an order the later one in the topic holds. */
const replaces = (a: Order, b: Order) => isNewer(a, b) || (a === NO_ORDER && b.episode === NO_ORDER.episode)
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const timeOf = (value: unknown) =>
  typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN

interface AlertData {
  readonly action?: unknown
  readonly mode?: unknown
  readonly late?: unknown
  readonly limit?: { readonly perMinute?: unknown }
  readonly match?: Match
  readonly state?: { readonly id: string; readonly episode?: unknown; readonly revision?: unknown }
  readonly target?: { readonly kind: string; readonly id: string }
  readonly validFrom?: unknown
  readonly expiresAt?: unknown
  readonly message?: { readonly parts?: unknown }
}

/** What is to be blocked now, from the block table and from the alerts; both may come in any order and repeatedly. */
export class BlockTable {
  readonly #key: TokenKey
  readonly #rows = new Map<string, Row>()
  /** What the block table last had of a state: all that its tombstone ends. */
  readonly #written = new Map<string, Order>()
  /** Ids of open states by the keys of their match. */
  readonly #index = new Map<string, Set<string>>()
  /** Alerts on messages, by the id of the message and of the alert. */
  readonly #messages = new Map<string, Map<unknown, OfMessage>>()
  /** Messages that a throttled state let through, by state and second. */
  readonly #passed = new Map<string, Map<number, number>>()
  readonly #parts = new Parts()

  constructor(key: TokenKey) {
    this.#key = key
  }

  /** Ids of the states in force with what orders them, sorted: to compare two tables. */
  entries(now: number): (readonly [id: string, episode: number, revision: number, action: Action])[] {
    return [...this.#rows]
      .filter(([, row]) => row.open && isInForce(row, now))
      .map(([id, { episode, revision, action }]) => [id, episode, revision, action] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** A record of the block table; null: a tombstone. */
  takeBlock(state: string, value: string | null): void {
    const known = this.#rows.get(state)
    if (value === null) {
      const written = this.#written.get(state)
      // What the alerts told since is newer, and has no row.
      if (known && written && !isNewer(known, written)) this.#put(state, { ...known, open: false })
      return
    }
    const data = objectOf(value) as AlertData & { episode?: unknown; revision?: unknown }
    const order = orderOf(data)
    const written = this.#written.get(state)
    if (!written || isNewer(order, written)) this.#written.set(state, order)
    this.#take(state, order, true, data)
  }

  /** A record of the topic of alerts. Returns the ids of parts that it is to block and that were delivered before. */
  takeAlert(value: string): readonly string[] {
    const { id, type, data } = objectOf(value) as { id?: unknown; type?: unknown; data: AlertData }
    const { state, target, mode, late } = data
    const isOrder = mode === 'enforce' && late !== true
    // What asks for nothing is still the newest of its state, and ends what was asked before.
    if (state) this.#take(state.id, orderOf(state), isOrder && type !== 'sigwatch.alert.cleared', data)
    else if (target?.kind === 'message' && isOrder) {
      const asked = { action: actionOf(data.action), ...timesOf(data) }
      const ids = idsOf(target.id, data.message?.parts)
      for (const one of ids) this.#messages.set(one, new Map(this.#messages.get(one)).set(id, asked))
      if (asked.action === 'block') return this.#parts.takeGone(ids)
    }
    return []
  }

  #take(id: string, order: Order, open: boolean, data: AlertData): void {
    const known = this.#rows.get(id)
    if (known && !replaces(order, known)) return
    const perMinute = perMinuteOf(data)
    this.#put(id, {
      ...order,
      open,
      action: perMinute === undefined && data.action === 'throttle' ? 'review' : actionOf(data.action),
      match: isPlain(data.match) ? data.match : {},
      ...(perMinute === undefined ? {} : { perMinute }),
      ...timesOf(data),
    })
  }

  #put(id: string, row: Row): void {
    this.#remove(id)
    this.#rows.set(id, row)
    if (!row.open) return
    for (const key of this.#keysOf(row)) {
      const ids = this.#index.get(key)
      if (ids) ids.add(id)
      else this.#index.set(key, new Set([id]))
    }
  }

  #remove(id: string): void {
    const known = this.#rows.get(id)
    if (!known) return
    this.#rows.delete(id)
    for (const key of this.#keysOf(known)) {
      const ids = this.#index.get(key)
      ids?.delete(id)
      if (ids?.size === 0) this.#index.delete(key)
    }
  }

  /** A token of another key may be that of anybody: it is looked at for every message. */
  #keysOf({ match }: Row): string[] {
    const { toToken } = match as { toToken?: unknown }
    const isForeign = toToken !== undefined && keyIdOf(String(toToken)) !== this.#key.keyId
    return keysOf(isForeign ? { ...match, toToken: undefined } : match)
  }

  /** What is to be done with a message now. `now`: epoch ms. */
  decide(message: Submission, now: number): Decision {
    const stopped = this.#parts.stopped(message, now)
    if (stopped)
      return { action: 'block', deliver: false, ...(stopped.stateId ? { stateId: stopped.stateId } : {}) }
    const decision = this.#decide(message, now)
    // A part that a throttle keeps back now may be sent later.
    const isStopped = decision.action === 'block'
    if (decision.deliver || isStopped) this.#parts.note(message, !isStopped, decision.stateId, now)
    return decision
  }

  #decide(message: Submission, now: number): Decision {
    let decision = this.#byMessage(message, now)
    const token = message.toToken ?? (message.to === undefined ? undefined : tokenOf(message.to, this.#key))
    const throttles: string[] = []
    for (const id of new Set(this.#candidates(message, token))) {
      const row = this.#rows.get(id)!
      if (!isInForce(row, now)) continue
      if (row.action !== 'throttle' && !stronger(row.action, decision.action)) continue
      // Nothing to match is no order for everybody.
      if (Object.keys(row.match).length === 0) continue
      const holds = this.#holds(id, row, message, token)
      if (holds === 'no') continue
      const action = holds === 'yes' ? row.action : 'review'
      if (action === 'throttle') throttles.push(id)
      if (stronger(action, decision.action)) decision = { action, deliver: action !== 'block', stateId: id }
    }
    if (decision.action !== 'throttle') return decision
    // A verdict or an alert says so, and no state says how many.
    if (throttles.length === 0) return { action: 'review', deliver: true }
    return this.#throttle(decision, throttles, now)
  }

  *#candidates(message: Submission, token: string | undefined): Generator<string> {
    for (const key of keysFor(message, token)) yield* this.#index.get(key) ?? []
    // A token of another key may be that of anybody, on either side.
    if (token !== undefined && keyIdOf(token) !== this.#key.keyId) yield* this.#index.get('token') ?? []
  }

  /** Forgets what has expired. */
  sweep(now: number): void {
    this.#parts.sweep(now)
    for (const [id, alerts] of this.#messages)
      if (![...alerts.values()].some(({ expiresAt }) => now < expiresAt)) this.#messages.delete(id)
    // A state is remembered longer, so that a late event of it is known to be old.
    for (const [id, { expiresAt }] of this.#rows) if (expiresAt + 3_600_000 <= now) this.#forget(id)
  }

  #forget(id: string): void {
    this.#remove(id)
    this.#written.delete(id)
    this.#passed.delete(id)
  }

  #byMessage({ id, verdict }: Submission, now: number): Decision {
    const said = verdict?.action ?? 'pass'
    let action: Action = said === 'pass' ? 'pass' : actionOf(said)
    for (const alert of this.#messages.get(id)?.values() ?? [])
      if (isInForce(alert, now) && stronger(alert.action, action)) action = alert.action
    return action === 'pass' ? PASS : { action, deliver: action !== 'block' }
  }

  /** The verdict knows labels and campaigns. */
  #holds(id: string, { match }: Row, message: Submission, token: string | undefined) {
    const holds = matches(match, message, token)
    const states = message.verdict?.states
    return holds === 'unknown' && states ? (states.includes(id) ? 'yes' : 'no') : holds
  }

  /** A message passes only if all states that throttle it have room, and then counts for each. */
  #throttle(decision: Decision, ids: readonly string[], now: number): Decision {
    const second = Math.floor(now / 1000)
    const full = ids.find(
      (id) =>
        this.#passedSince(id, second - 60) >= (this.#rows.get(id)!.perMinute ?? Number.POSITIVE_INFINITY),
    )
    if (full !== undefined) return { action: 'throttle', deliver: false, stateId: full }
    for (const id of ids) {
      const passed = this.#passed.get(id) ?? new Map<number, number>()
      this.#passed.set(id, passed.set(second, (passed.get(second) ?? 0) + 1))
    }
    return decision
  }

  /** Whole seconds: in no 60 seconds more pass than may. */
  #passedSince(id: string, oldest: number): number {
    const passed = this.#passed.get(id)
    let count = 0
    for (const [second, n] of passed ?? [])
      if (second >= oldest) count += n
      else passed!.delete(second)
    return count
  }
}

/** What a throttle lets through; undefined: it does not say. */
function perMinuteOf({ limit }: AlertData): number | undefined {
  const perMinute = limit?.perMinute
  return typeof perMinute === 'number' && perMinute >= 0 ? perMinute : undefined
}

/** The ids that an alert on a message is about: of a joined one, those of all its parts. */
function idsOf(id: string, parts: unknown): readonly string[] {
  const ids = Array.isArray(parts) ? parts.filter((part): part is string => typeof part === 'string') : []
  return [...new Set([id, ...ids])]
}

const timesOf = ({ validFrom, expiresAt }: AlertData) => ({
  validFrom: timeOf(validFrom),
  expiresAt: timeOf(expiresAt),
})

/** What has expired is a record, not an order; so is what has no times that can be read. */
function isInForce({ validFrom, expiresAt }: Pick<Row, 'validFrom' | 'expiresAt'>, now: number): boolean {
  return validFrom <= now && now < expiresAt
}

function objectOf(value: string): object {
  const parsed: unknown = JSON.parse(value)
  if (!isPlain(parsed)) throw new TypeError('no object')
  return parsed
}

/** A match of another form, a text or a list, is none: nothing to match is no order for everybody. */
function isPlain(match: unknown): match is Match {
  return typeof match === 'object' && match !== null && !Array.isArray(match)
}
