import type { ExtractedMessage } from '../../detection/classify.ts'
import type { Alert, AlertType, ClearCause, DecidedBy, Verdict } from '../../domain/alert.ts'
import type { Code } from '../../domain/codes.ts'
import type { Action, Mode, Target } from '../../domain/decision.ts'
import { given } from '../../domain/given.ts'
import { jsonOf } from '../../domain/json.ts'
import { DAY, MINUTE } from '../../domain/time.ts'
import { matches } from '../../stores/states/open-states.ts'
import { readFeeds, type SourceReading } from './collect.ts'
import type { Feed } from './feed.ts'
import type { Localise } from './localise.ts'

/** Versions that a decision was made with. */
export type Versions = DecidedBy

/** An event of a state, without its messages. */
export interface StateEvent {
  readonly id: string
  readonly state: string
  readonly type: AlertType
  readonly time: string
  readonly code: Code
  readonly detail: string
  readonly rule?: string
  readonly action: Action
  readonly mode: Mode
  readonly target: Target
  readonly validFrom: string
  readonly expiresAt: string
  readonly cause?: ClearCause
  readonly late?: true
  readonly versions: Versions
}

/** A state related to a message, with its events in chronological order. */
export interface StateStory {
  readonly state: string
  /**
   * `shown`: an alert on the state shows the message; `verdict`: the message's verdict names the state; `match`: the message
   * matches the state while it was in force.
   */
  readonly because: 'shown' | 'verdict' | 'match'
  readonly events: readonly StateEvent[]
}

/** An alert close to the message in time, as evidence for the versions in force. */
export interface Neighbour {
  readonly at: number
  readonly versions: Versions
}

/** Decisions on one message. */
export interface Decided {
  readonly verdicts: readonly Verdict[]
  /** Alerts on the message itself, enforced and shadow. */
  readonly alerts: readonly Alert[]
  readonly states: readonly StateStory[]
  readonly before?: Neighbour
  readonly after?: Neighbour
  /** The recipient's token in alerts on the message. */
  readonly toToken?: string
}

const DECIDED_BEFORE = 10 * MINUTE
/** Decisions can be made late, during a backlog, and states are cleared even later, ms. */
const DECIDED_AFTER = DAY

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface About {
  readonly message: ExtractedMessage
  readonly ids: ReadonlySet<string>
  readonly verdicts: Verdict[]
  readonly alerts: Map<string, Alert>
  readonly shownBy: Set<string>
  readonly matchedBy: Set<string>
  readonly around: Mutable<Pick<Decided, 'before' | 'after'>>
}

function isVerdict(value: unknown): value is Verdict {
  const v = value as Partial<Verdict> | undefined
  return typeof v?.id === 'string' && typeof v.action === 'string' && Array.isArray(v.reasons)
}

export function isAlert(value: unknown): value is Alert {
  const a = value as Partial<Alert> | undefined
  return (
    typeof a?.id === 'string' &&
    typeof a.time === 'string' &&
    typeof a.data?.target?.id === 'string' &&
    Array.isArray(a.data.reasons) &&
    typeof a.data.provenance?.policy === 'string'
  )
}

export function alertVersions({ data: { provenance } }: Alert): Versions {
  const { model, policy, registry, rules } = provenance
  return { model, policy, registry, ...given({ rules }) }
}

/** Finds what was decided about each message, in order, in the stored verdicts and alerts. Reasons are in the language of `localise`. */
export async function findDecisions(
  messages: readonly ExtractedMessage[],
  feeds: { readonly verdicts: readonly Feed[]; readonly alerts: readonly Feed[] },
  localise: Localise,
): Promise<{ readonly decided: readonly Decided[]; readonly readings: readonly SourceReading[] }> {
  if (messages.length === 0) return { decided: [], readings: [] }
  const about: About[] = messages.map((message) => ({
    message,
    ids: new Set([message.id, ...message.origins.map(({ id }) => id)]),
    verdicts: [],
    alerts: new Map(),
    shownBy: new Set(),
    matchedBy: new Set(),
    around: {},
  }))
  const byId = new Map(about.flatMap((item) => [...item.ids].map((id) => [id, item] as const)))
  const times = messages.map(({ ts }) => ts)
  const range = { from: Math.min(...times) - DECIDED_BEFORE, to: Math.max(...times) + DECIDED_AFTER }

  const verdictReadings = await readFeeds('verdicts', feeds.verdicts, range, ({ value }) => {
    const verdict = value && jsonOf(value)
    if (!isVerdict(verdict)) return false
    // Repeated verdicts are the same; the first was acted on.
    const item = byId.get(verdict.id)
    if (item && !item.verdicts.some(({ id }) => id === verdict.id)) item.verdicts.push(verdict)
    return true
  })
  for (const item of about) {
    const label = item.verdicts[0]?.label
    if (label) item.message.label = label
  }

  const events = new Map<string, Map<string, StateEvent>>()
  const alertReadings = await readFeeds('alerts', feeds.alerts, range, ({ value }) => {
    const alert = value && jsonOf(value)
    if (!isAlert(alert)) return false
    lookAround(about, alert)
    if (alert.data.state) takeState(about, byId, alert, events, localise)
    else if (alert.data.target.kind === 'message') {
      byId.get(alert.data.target.id)?.alerts.set(alert.id, inLanguage(alert, localise))
    }
    return true
  })
  return {
    decided: about.map((item) => decidedOf(item, events)),
    readings: [...verdictReadings, ...alertReadings],
  }
}

/** Keeps the nearest alert before and after each message. */
function lookAround(about: readonly About[], alert: Alert): void {
  const at = Date.parse(alert.time)
  if (Number.isNaN(at)) return
  for (const { message, around } of about) {
    if (at <= message.ts) {
      if (at > (around.before?.at ?? Number.NEGATIVE_INFINITY))
        around.before = { at, versions: alertVersions(alert) }
    } else if (at < (around.after?.at ?? Number.POSITIVE_INFINITY)) {
      around.after = { at, versions: alertVersions(alert) }
    }
  }
}

/** The alert with its reasons in the language of `localise`. */
export function inLanguage(alert: Alert, localise: Localise): Alert {
  const reasons = alert.data.reasons.map((reason) => ({ ...reason, ...localise(reason) }))
  return { ...alert, data: { ...alert.data, reasons } }
}

function takeState(
  about: readonly About[],
  byId: ReadonlyMap<string, About>,
  alert: Alert,
  events: Map<string, Map<string, StateEvent>>,
  localise: Localise,
): void {
  const { data } = alert
  const state = data.state!.id
  const reason = data.reasons[0]
  if (!reason) return
  const story = events.get(state) ?? new Map<string, StateEvent>()
  events.set(state, story)
  story.set(alert.id, {
    id: alert.id,
    state,
    type: alert.type,
    time: alert.time,
    code: reason.code,
    ...localise(reason),
    action: data.action,
    mode: data.mode,
    target: data.target,
    validFrom: data.validFrom,
    expiresAt: data.expiresAt,
    ...given({ cause: data.state!.cause, late: data.late ? true : undefined }),
    versions: alertVersions(alert),
  })
  for (const id of [data.message?.id, ...(data.samples ?? []).map((sample) => sample.id)]) {
    if (id !== undefined) byId.get(id)?.shownBy.add(state)
  }
  if (alert.type === 'sigwatch.alert.cleared' || !data.match || data.mode === 'shadow') return
  const span = {
    match: data.match,
    raisedAt: Date.parse(data.validFrom),
    expiresAt: Date.parse(data.expiresAt),
  }
  for (const { message, matchedBy, verdicts } of about) {
    // Without a verdict the label is unknown, so a match that requires labels cannot be checked.
    if (data.match.labels && verdicts.length === 0) continue
    if (matches(span, message)) matchedBy.add(state)
  }
}

function decidedOf(item: About, events: ReadonlyMap<string, ReadonlyMap<string, StateEvent>>): Decided {
  const named = new Set(item.verdicts.flatMap(({ states }) => states))
  const because = (state: string): StateStory['because'] | undefined =>
    item.shownBy.has(state)
      ? 'shown'
      : named.has(state)
        ? 'verdict'
        : // A verdict names the states in force, so any other was cleared by then or not yet known.
          item.verdicts.length === 0 && item.matchedBy.has(state)
          ? 'match'
          : undefined
  const states = [...events].flatMap(([state, story]): StateStory[] => {
    const why = because(state)
    if (!why) return []
    return [{ state, because: why, events: [...story.values()].sort((a, b) => (a.time < b.time ? -1 : 1)) }]
  })
  const alerts = [...item.alerts.values()]
  const toToken = alerts[0]?.data.message?.toToken
  return {
    verdicts: item.verdicts,
    alerts,
    states,
    ...item.around,
    ...given({ toToken }),
  }
}
