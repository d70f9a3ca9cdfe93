import { keysFor, keysOf, type Match, matches, type Submission, type TokenKey, tokenOf } from './match.ts'

/** From weakest to strongest: what a blocking service does. */
const ACTIONS = ['pass', 'observe', 'review', 'throttle', 'block'] as const
export type Action = (typeof ACTIONS)[number]

/** A state as the table holds it; `open` false: it has ended, and older events of it are to be ignored. */
interface Row {
  readonly episode: number
  readonly revision: number
  readonly open: boolean
  readonly action: Action
  readonly match: Match
  readonly perMinute?: number
  readonly validFrom: number
  readonly expiresAt: number
}

export interface Decision {
  readonly action: Action
  /** False: the message is not to be delivered now. */
  readonly deliver: boolean
  /** Id of the state that asks for it. */
  readonly stateId?: string
}

const PASS: Decision = { action: 'pass', deliver: true }
/** An action that is not known is to be looked at. */
const actionOf = (value: unknown): Action => ACTIONS.find((action) => action === value) ?? 'review'
const stronger = (a: Action, b: Action) => ACTIONS.indexOf(a) > ACTIONS.indexOf(b)
/** Versions before wrote rows without an order: anything newer replaces them. */
const orderOf = (value: unknown) => (typeof value === 'number' ? value : -1)
const timeOf = (value: unknown) => (typeof value === 'string' ? Date.parse(value) : Number.NaN)

interface AlertData {
  readonly action?: unknown
  readonly mode?: unknown
  readonly limit?: { readonly perMinute: number }
  readonly match?: Match
  readonly state?: { readonly id: string; readonly episode: number; readonly revision: number }
  readonly target?: { readonly kind: string; readonly id: string }
  readonly validFrom?: unknown
  readonly expiresAt?: unknown
}

/** What is to be blocked now, from the block table and from the alerts; both may come in any order and repeatedly. */
export class BlockTable {
  readonly #key: TokenKey
  readonly #rows = new Map<string, Row>()
  /** Ids of open states by the keys of their match. */
  readonly #index = new Map<string, Set<string>>()
  /** Message alerts by the id of the message. */
  readonly #messages = new Map<string, { readonly action: Action; readonly expiresAt: number }>()
  /** Messages that a throttled state let through, by state and minute. */
  readonly #passed = new Map<string, { minute: number; count: number }>()

  constructor(key: TokenKey) {
    this.#key = key
  }

  /** Ids of the open states with what orders them, sorted: to compare two tables. */
  entries(now: number): (readonly [id: string, episode: number, revision: number, action: Action])[] {
    return [...this.#rows]
      .filter(([, row]) => row.open && now < row.expiresAt)
      .map(([id, { episode, revision, action }]) => [id, episode, revision, action] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** A record of the block table; null: a tombstone. */
  takeBlock(state: string, value: string | null): void {
    if (value !== null) {
      const { episode, revision, ...data } = JSON.parse(value) as AlertData & {
        episode?: unknown
        revision?: unknown
      }
      this.#take(state, orderOf(episode), orderOf(revision), true, data)
      return
    }
    const known = this.#rows.get(state)
    if (known) this.#put(state, { ...known, open: false })
  }

  /** A record of the topic of alerts. */
  takeAlert(value: string): void {
    const { type, data } = JSON.parse(value) as { type: string; data: AlertData }
    if (data.mode !== 'enforce') return
    const { state, target } = data
    if (state) this.#take(state.id, state.episode, state.revision, type !== 'sigwatch.alert.cleared', data)
    else if (target?.kind === 'message')
      this.#messages.set(target.id, { action: actionOf(data.action), expiresAt: timeOf(data.expiresAt) })
  }

  #take(id: string, episode: number, revision: number, open: boolean, data: AlertData): void {
    const known = this.#rows.get(id)
    const isNewer =
      !known || episode > known.episode || (episode === known.episode && revision > known.revision)
    if (!isNewer) return
    this.#put(id, {
      episode,
      revision,
      open,
      action: actionOf(data.action),
      match: isPlain(data.match) ? data.match : {},
      perMinute: data.limit?.perMinute,
      validFrom: timeOf(data.validFrom),
      expiresAt: timeOf(data.expiresAt),
    } as Row)
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
    const isForeign = toToken !== undefined && !String(toToken).startsWith(`${this.#key.keyId}.`)
    return keysOf(isForeign ? { ...match, toToken: undefined } : match)
  }

  /** What is to be done with a message now. `now`: epoch ms. */
  decide(message: Submission, now: number): Decision {
    let decision = this.#byMessage(message, now)
    const token = message.toToken ?? (message.to === undefined ? undefined : tokenOf(message.to, this.#key))
    for (const id of this.#candidates(message, token)) {
      const row = this.#rows.get(id)!
      // What has expired is a record, not an order.
      if (!(now < row.expiresAt) || !(row.validFrom <= now)) continue
      if (!stronger(row.action, decision.action)) continue
      // Nothing to match is no order for everybody.
      if (Object.keys(row.match).length === 0) continue
      const holds = this.#holds(id, row, message, token)
      if (holds === 'no') continue
      const action = holds === 'yes' ? row.action : 'review'
      if (stronger(action, decision.action)) decision = this.#enforce(id, row, action, now)
    }
    return decision
  }

  *#candidates(message: Submission, token: string | undefined): Generator<string> {
    for (const key of keysFor(message, token)) yield* this.#index.get(key) ?? []
  }

  /** Forgets what has expired. */
  sweep(now: number): void {
    for (const [id, { expiresAt }] of this.#messages) if (expiresAt <= now) this.#messages.delete(id)
    // A state is remembered longer, so that a late event of it is known to be old.
    for (const [id, { expiresAt }] of this.#rows) if (expiresAt + 3_600_000 <= now) this.#remove(id)
  }

  #byMessage({ id, verdict }: Submission, now: number): Decision {
    const alert = this.#messages.get(id)
    const asked = [verdict && actionOf(verdict.action), alert && now < alert.expiresAt && alert.action]
    const action = asked.reduce<Action>((a, b) => (b && stronger(b, a) ? b : a), 'pass')
    return action === 'pass' ? PASS : { action, deliver: action !== 'block' }
  }

  /** The verdict knows labels and campaigns. */
  #holds(id: string, { match }: Row, message: Submission, token: string | undefined) {
    const holds = matches(match, message, token)
    return holds === 'unknown' && message.verdict
      ? message.verdict.states.includes(id)
        ? 'yes'
        : 'no'
      : holds
  }

  #enforce(id: string, { perMinute }: Row, action: Action, now: number): Decision {
    const deliver = action === 'throttle' ? this.#letsThrough(id, perMinute, now) : action !== 'block'
    return { action, deliver, stateId: id }
  }

  #letsThrough(id: string, perMinute: number | undefined, now: number): boolean {
    if (perMinute === undefined) return true
    const minute = Math.floor(now / 60_000)
    const known = this.#passed.get(id)
    const passed = known?.minute === minute ? known : { minute, count: 0 }
    this.#passed.set(id, passed)
    return ++passed.count <= perMinute
  }
}

/** A match of another form, a text or a list, is none: nothing to match is no order for everybody. */
function isPlain(match: unknown): match is object {
  return typeof match === 'object' && match !== null && !Array.isArray(match)
}
