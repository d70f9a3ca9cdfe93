import type { Alert } from '../../src/domain/alert.ts'
import type { Code } from '../../src/domain/codes.ts'
import type { Target } from '../../src/domain/decision.ts'
import type { Tokenise } from '../../src/domain/token.ts'
import type { PlantedLine, Truth } from './day-report.ts'

/** Grace period after the end of an event for raising it, ms of event time. */
const GRACE = 10 * 60_000

/** One raise of a state. */
export interface Raise {
  readonly stateId: string
  readonly code: Code
  readonly target: Target
  /** Event time of the raise and of the clear, ms. */
  readonly at: number
  clearedAt: number
  /** Ids of the messages in its alert. */
  readonly messages: readonly string[]
  readonly evidence: unknown
}

/** Collects raises and clears from the events of the alert stream. */
export class StateTrack {
  readonly #raises: Raise[] = []
  readonly #open = new Map<string, Raise>()
  readonly #seen = new Set<string>()

  add({ id, type, time, data }: Alert): void {
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    const stateId = data.state!.id
    const open = this.#open.get(stateId)
    if (type === 'sigwatch.alert.cleared') {
      if (open) open.clearedAt = Date.parse(time)
      this.#open.delete(stateId)
    } else if (type === 'sigwatch.alert.raised') {
      const { code, evidence } = data.reasons[0]!
      const samples = (data.samples ?? []).map((sample) => sample.id)
      const messages = data.message ? [data.message.id, ...samples] : samples
      const at = Date.parse(time)
      const clearedAt = Number.POSITIVE_INFINITY
      const raise: Raise = { stateId, code, target: data.target, at, clearedAt, messages, evidence }
      this.#raises.push(raise)
      this.#open.set(stateId, raise)
    }
  }

  raises(): readonly Raise[] {
    return this.#raises
  }
}

export interface EventResult {
  readonly event: string
  readonly code: Code
  readonly target: string
  readonly from: number
  /** Event time from the planted start to the raise, ms; absent: missed. */
  readonly detectedAfter?: number
  /** The same from the moment at which the threshold could be exceeded, if the truth has it. */
  readonly sincePossible?: number
  /** The state was already open before the event, because of another one. */
  readonly wasOpen?: true
}

export interface FalseRaise {
  readonly code: Code
  readonly target: string
  readonly at: number
  /** The harmless event for which it was raised. */
  readonly quiet?: string
  readonly evidence: unknown
}

export interface StateReport {
  readonly events: readonly EventResult[]
  /** Number of events that must not be raised, by kind. */
  readonly quiet: Readonly<Record<string, number>>
  readonly raises: number
  /** Further raises explained by a planted event or its messages. */
  readonly expected: number
  readonly false: readonly FalseRaise[]
}

/** `wrong`: ids of states with a raise that no planted event explains. */
export function judgeStates(
  raises: readonly Raise[],
  truth: Truth,
  tokenise: Tokenise,
): { readonly report: StateReport; readonly wrong: ReadonlySet<string> } {
  const events = truth.events.filter((event) => event.from < truth.end)
  const planted = events.filter((event) => event.raise !== false)
  const quiet = events.filter((event) => event.raise === false)
  const needed = neededAt(truth)
  const falseRaises: FalseRaise[] = []
  const wrong = new Set<string>()
  const found = new Map<PlantedLine, Raise>()
  let expected = 0
  const answers = (raise: Raise, event: PlantedLine) => {
    if (raise.code !== event.code || raise.target.kind !== event.target.kind) return false
    if (raise.at > event.to + GRACE || raise.clearedAt <= event.from) return false
    if (event.target.id === '*') return isBackedBy(raise, event, truth)
    const id = event.target.kind === 'recipient' ? tokenise(event.target.id) : event.target.id
    return raise.target.id === id
  }
  for (const raise of raises) {
    const own = planted.filter((event) => answers(raise, event))
    for (const event of own) if (!found.has(event)) found.set(event, raise)
    if (own.length > 0) continue
    const forbidden = quiet.find((event) => answers(raise, event))
    if (!forbidden && comesWith(raise, planted, truth)) {
      expected++
      continue
    }
    wrong.add(raise.stateId)
    falseRaises.push({
      code: raise.code,
      target: `${raise.target.kind}:${raise.target.id}`,
      at: raise.at,
      ...(forbidden ? { quiet: forbidden.event } : {}),
      evidence: raise.evidence,
    })
  }
  const report: StateReport = {
    events: planted.map((event) => resultOf(event, found.get(event), needed(event))),
    quiet: countBy(quiet.map((event) => event.event)),
    raises: raises.length,
    expected,
    false: falseRaises,
  }
  return { report, wrong }
}

function resultOf(event: PlantedLine, raise: Raise | undefined, possible: number | undefined): EventResult {
  const { code, target, from } = event
  const base = { event: event.event, code, target: `${target.kind}:${target.id}`, from }
  if (!raise) return base
  if (raise.at < from) return { ...base, detectedAfter: 0, wasOpen: true }
  return {
    ...base,
    detectedAfter: raise.at - from,
    ...(possible === undefined ? {} : { sincePossible: raise.at - possible }),
  }
}

/** Returns when the shipped threshold of an event could first be exceeded: as given, or at its n-th message. */
function neededAt({ records }: Truth): (event: PlantedLine) => number | undefined {
  const byPlant = new Map<number, number[]>()
  for (const { id, plant, ts } of records.values()) {
    // Ids of the simulator end with the number of the part.
    if (plant === undefined || !id.endsWith('.1')) continue
    const known = byPlant.get(plant)
    if (known) known.push(ts)
    else byPlant.set(plant, [ts])
  }
  for (const times of byPlant.values()) times.sort((a, b) => a - b)
  return ({ possible, needs, plant }) =>
    possible ?? (needs === undefined ? undefined : byPlant.get(plant)?.[needs - 1])
}

function isBackedBy(raise: Raise, event: PlantedLine, { records }: Truth): boolean {
  return raise.messages.some((id) => records.get(id)?.plant === event.plant)
}

/** Whether one of its messages was planted with this code, or for an event that this code accompanies. */
function comesWith(raise: Raise, planted: readonly PlantedLine[], truth: Truth): boolean {
  if (raise.messages.some((id) => truth.records.get(id)?.codes.includes(raise.code))) return true
  return planted.some((event) => event.also?.includes(raise.code) && isBackedBy(raise, event, truth))
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
