import { ACTIONS, type Action } from '../../domain/decision.ts'
import { isMapping, jsonOf } from '../../domain/json.ts'

export interface Order {
  readonly episode: number
  readonly revision: number
}

/** Order of rows written by earlier versions: anything with an order is newer. */
export const NO_ORDER: Order = { episode: -1, revision: -1 }

export const isNewer = (a: Order, b: Order) =>
  a.episode > b.episode || (a.episode === b.episode && a.revision > b.revision)

/** Of rows without an order, the later one in the topic wins. */
export const replaces = (a: Order, b: Order) =>
  isNewer(a, b) || (a.episode === NO_ORDER.episode && b.episode === NO_ORDER.episode)

/** Validity period, epoch ms; NaN if unreadable: then nothing is in force. */
export interface Span {
  readonly validFrom: number
  readonly expiresAt: number
}

export const isInForce = ({ validFrom, expiresAt }: Span, now: number) => validFrom <= now && now < expiresAt

/** Fields common to a block table row and the data of an alert. */
interface Members {
  readonly action?: unknown
  readonly limit?: { readonly perMinute?: unknown } | null
  readonly match?: unknown
  readonly code?: unknown
  readonly reasons?: unknown
  readonly validFrom?: unknown
  readonly expiresAt?: unknown
}

/** The action requested for the messages of a state, or for one message. */
export interface Asking extends Span {
  readonly action: Action
  readonly perMinute?: number
  readonly match: unknown
  readonly codes: readonly string[]
  /** How many of the leading codes request the action; the others request a weaker one. */
  readonly asking: number
}

export interface StateEvent extends Order {
  readonly id: string
  /** False if it requests nothing and ends what was requested before. */
  readonly asks: boolean
  readonly asking: Asking
}

/** Contents of an alert: about a state, or about the messages with these ids. */
export type AlertSaid =
  | { readonly state: StateEvent }
  | { readonly alert: string; readonly ids: readonly string[]; readonly asking: Asking }

export interface Verdict {
  readonly action: Action
  /** Absent: members that need it are not evaluated. */
  readonly states?: readonly string[]
  readonly codes: readonly string[]
}

const CODE = /^[A-Z0-9_]{1,64}$/
const MOST_CODES = 32
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

const timeOf = (value: unknown) =>
  typeof value === 'string' && RFC_3339.test(value) ? Date.parse(value) : Number.NaN

/** Unknown actions count as `review`, and so does `none`, which no state or alert has. */
function actionOf(value: unknown): Action {
  return value !== 'none' && ACTIONS.includes(value as Action) ? (value as Action) : 'review'
}

function perMinuteOf({ limit }: Members): number | undefined {
  const perMinute = limit?.perMinute
  return typeof perMinute === 'number' && perMinute >= 0 ? perMinute : undefined
}

const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []

interface Reason {
  readonly code?: unknown
  readonly action?: unknown
}

/** Codes that request the action come first. Reasons may omit their own action. */
function codesOf({ action, code, reasons }: Members): Pick<Asking, 'codes' | 'asking'> {
  const named = Array.isArray(reasons) ? reasons.filter((one): one is Reason => Object(one) === one) : []
  const asksFor = (one: Reason) => one.action === undefined || one.action === action
  const first = codesIn([code, ...named.filter(asksFor).map((one) => one.code)])
  return { codes: codesIn([...first, ...named.map((one) => one.code)]), asking: first.length }
}

const codesIn = (values: unknown): string[] =>
  [...new Set(textsOf(values))].filter((one) => CODE.test(one)).slice(0, MOST_CODES)

function askingOf(members: Members): Asking {
  const perMinute = perMinuteOf(members)
  const unlimited = members.action === 'throttle' && perMinute === undefined
  return {
    action: unlimited ? 'review' : actionOf(members.action),
    ...(perMinute === undefined ? {} : { perMinute }),
    match: members.match,
    ...codesOf(members),
    validFrom: timeOf(members.validFrom),
    expiresAt: timeOf(members.expiresAt),
  }
}

function orderOf({ episode, revision }: { episode?: unknown; revision?: unknown }): Order {
  return typeof episode === 'number' && typeof revision === 'number' ? { episode, revision } : NO_ORDER
}

/** Parses a JSON object; undefined if it is not one. */
function objectOf(value: string): object | undefined {
  const parsed = jsonOf(value)
  return isMapping(parsed) ? parsed : undefined
}

/** Parses a block table row; undefined if unreadable. */
export function readBlock(id: string, value: string): StateEvent | undefined {
  const row = objectOf(value) as (Members & { episode?: unknown; revision?: unknown }) | undefined
  return row && { id, ...orderOf(row), asks: true, asking: askingOf(row) }
}

/** Parses an event of the alerts topic; undefined if unreadable or without effect. */
export function readAlert(value: string): AlertSaid | undefined {
  const event = objectOf(value) as { id?: unknown; type?: unknown; data?: unknown } | undefined
  const { data } = event ?? {}
  if (typeof data !== 'object' || data === null) return undefined
  const { state, target, mode, late, message } = data as {
    state?: { id?: unknown; episode?: unknown; revision?: unknown } | null
    target?: { kind?: unknown; id?: unknown } | null
    mode?: unknown
    late?: unknown
    message?: { parts?: unknown } | null
  }
  const asks = mode === 'enforce' && late !== true
  if (typeof state?.id === 'string') {
    const isOpen = asks && event!.type !== 'sigwatch.alert.cleared'
    return { state: { id: state.id, ...orderOf(state), asks: isOpen, asking: askingOf(data) } }
  }
  if (target?.kind !== 'message' || typeof target.id !== 'string' || !asks) return undefined
  const ids = [...new Set([target.id, ...textsOf(message?.parts)])]
  return { alert: String(event!.id), ids, asking: askingOf(data) }
}

const PASS: Verdict = { action: 'none', states: [], codes: [] }

/** Parses a verdict and its message id; undefined if unreadable. */
export function readVerdict(value: string): readonly [id: string, verdict: Verdict] | undefined {
  const found = objectOf(value) as { id?: unknown } | undefined
  return typeof found?.id === 'string' ? [found.id, verdictOf(found)] : undefined
}

/** A verdict without `action` requests nothing. */
export function verdictOf(value: object): Verdict {
  const { action, states, reasons } = value as { action?: unknown; states?: unknown; reasons?: unknown }
  const areStates = Array.isArray(states) && states.every((one) => typeof one === 'string')
  if (typeof action !== 'string' || action === 'pass') {
    if (!areStates) return { action: 'none', codes: [] }
    if (states.length === 0) return PASS
    return { action: 'none', states: states as string[], codes: [] }
  }
  return {
    action: actionOf(action),
    ...(areStates ? { states: states as string[] } : {}),
    codes: codesIn(reasons),
  }
}
