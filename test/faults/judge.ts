import type { Alert, Verdict } from '../../src/domain/alert.ts'
import type { Observations } from '../../src/domain/feature-store.ts'
import type { Read } from '../helpers/kafka-client.ts'
import { type Ping, promptBefore, promptShare, sinceSlow } from '../helpers/redis-probe.ts'
import type { CountsFound } from './counts.ts'
import type { InputRecord, Places } from './place.ts'
import type { PlacedRecord } from './planted.ts'

export interface CellResult {
  readonly cell: string
  readonly seed: number
  readonly records: number
  readonly seconds: number
  readonly missing: number
  readonly both: number
  readonly early: number
  /** Message alerts, by id, and raised states, by code, target and episode, that only one of the two runs has. */
  readonly alerts: { readonly only: number; readonly lacking: number }
  readonly states: { readonly only: number; readonly lacking: number }
  readonly degraded: number
  /** Degraded although Redis, as measured from outside, had answered within 50 ms throughout. */
  readonly undue: number
  /** Share of the time in which Redis, as measured from outside, answered within 50 ms. */
  readonly prompt: number
  /**
   * Verdicts that are there more often than records with their id; with exactly-once delivery dead letters and message
   * alerts too.
   */
  readonly repeated: number
  /** Share of the records that may be repeated in this cell; absent: any. */
  readonly mostRepeated?: number
  /** Records that are in the input again, since they were sent again; absent: none is. */
  readonly sentAgain?: number
  /** Absent: at-least-once. */
  readonly delivery?: 'exactly-once'
  /**
   * Numbers in Redis that were compared with a recount; those that differ in buckets that are marked as missing, and
   * those that differ without a mark.
   */
  readonly counts: { readonly compared: number; readonly marked: number; readonly wrong: number }
  /**
   * Buckets that are marked as missing although no verdict is degraded and every number is right, so that bursts in them
   * are not judged; absent: earlier runs did not look.
   */
  readonly needless?: number
  /** Alerts and verdicts that are `late`; absent, as the next three: earlier runs did not look. */
  readonly late: number
  /** States cleared as `expired` that the undisturbed run keeps. */
  readonly expired: number
  /** Dead letters of records that nothing is wrong with. */
  readonly undueLetters: number
  /** The longest time that `/healthz` took to answer, ms, where it has to within 2 s. */
  readonly slowestHealth?: number
  /** Whether `/readyz` told of the fault while it lasted, where it must, and the log of missing buckets. */
  readonly told: boolean
  /** What `/readyz` said while the fault lasted, with N for numbers. */
  readonly said: readonly string[]
  /** Whether every instance was ready at the end. */
  readonly ready: boolean
  /** From the end of the fault, and of the production, until all was committed, s. */
  readonly caughtUp: number
  /** The most memory that an instance had of the machine, MB. */
  readonly resident: number
  readonly detail: readonly string[]
}

/** What the records come to without faults. */
export interface Expected {
  readonly alerts: ReadonlySet<string>
  readonly states: ReadonlySet<string>
  readonly expired: ReadonlySet<string>
  readonly observations: readonly Observations[]
}

export interface Found
  extends Pick<
    CellResult,
    | 'cell'
    | 'seed'
    | 'records'
    | 'seconds'
    | 'caughtUp'
    | 'resident'
    | 'delivery'
    | 'mostRepeated'
    | 'slowestHealth'
  > {
  /** Dead letters of records that nothing is wrong with, by place and code. */
  readonly undueLetters: readonly string[]
  /** Whether `/readyz` told of the fault. */
  readonly isTold: boolean
  /** Whether a log told that buckets are missing, if any are. */
  readonly isMarkTold: boolean
  /** What `/readyz` of some instance still said at the end. */
  readonly unready: readonly string[]
  /** What `/readyz` said while the fault lasted. */
  readonly said: ReadonlySet<string>
  readonly places: Places
  /** What was read of the input, and how often more than it was sent. */
  readonly input: readonly InputRecord[]
  readonly sentAgain: number
  readonly counts: CountsFound
  /** What a probe of the way to Redis measured. */
  readonly pings: readonly Ping[]
  readonly expected: Expected
  readonly alerts: readonly Read[]
  readonly verdicts: readonly Read[]
  readonly letters: readonly Read[]
}

/** Puts together what the invariants found. */
export function judge(found: Found): CellResult {
  const { cell, seed, records, seconds, caughtUp, resident, places, counts, expected, unready, delivery } =
    found
  const alerts = found.alerts.map(({ value }) => JSON.parse(String(value)) as Alert)
  const verdicts = found.verdicts.map(({ value }) => JSON.parse(String(value)) as Verdict)
  const ours = decisionsOf(alerts)
  const about = (id: string) => {
    const alert = alerts.find((a) => a.id === id)
    return `${alert?.data.message?.id} ${alert?.data.reasons.map((r) => r.code).join()}`
  }
  const messages = compare(ours.alerts, expected.alerts)
  const states = compare(ours.states, expected.states)
  const expired = compare(ours.expired, expected.expired).only
  const late = [
    ...alerts.filter(({ data }) => data.late).map(({ id, subject }) => `${subject} (alert ${id})`),
    ...verdicts.filter((v) => v.late).map(({ id }) => `message:${id} (verdict)`),
  ]
  const degraded = verdicts.filter((v) => v.degraded)
  const undue = promptBefore(
    degraded.map(({ decidedAt }) => Date.parse(decidedAt)),
    found.pings,
  )
  const inputs = countsOf(found.input.map(({ id }) => id))
  const needless = degraded.length + counts.marked === 0 ? counts.marks : 0
  const said = [...found.said].join(' · ') || 'nothing'
  const { mostRepeated } = found
  const repeated =
    repeatedIn(
      verdicts.map(({ id }) => id),
      inputs,
    ) + (delivery ? repeatedOthers(alerts, found.letters, inputs) : 0)
  return {
    ...{ cell, seed, records, seconds },
    missing: places.missing.length,
    both: places.both.length,
    early: places.early.length,
    alerts: { only: messages.only.length, lacking: messages.lacking.length },
    states: { only: states.only.length, lacking: states.lacking.length },
    degraded: degraded.length,
    undue: undue.length,
    prompt: Math.round(promptShare(found.pings) * 1_000) / 1_000,
    repeated,
    ...(mostRepeated === undefined ? {} : { mostRepeated }),
    ...(found.sentAgain > 0 ? { sentAgain: found.sentAgain } : {}),
    ...(delivery ? { delivery } : {}),
    counts: { compared: counts.compared, marked: counts.marked, wrong: counts.wrong.length },
    needless,
    late: late.length,
    expired: expired.length,
    undueLetters: found.undueLetters.length,
    ...(found.slowestHealth === undefined ? {} : { slowestHealth: found.slowestHealth }),
    told: found.isTold && found.isMarkTold,
    said: [...found.said].sort(),
    ready: unready.length === 0,
    ...{ caughtUp, resident },
    detail: [
      ...(found.sentAgain > 0
        ? [`in the input again, as they were sent again: ${found.sentAgain} records`]
        : []),
      ...(isTooOften({ repeated, records, mostRepeated })
        ? [`repeated: ${repeated} of ${records} records, which is more than ${mostRepeated! * 100} %`]
        : []),
      ...(found.isTold ? [] : [`/readyz did not tell, or of another fault; it said: ${said}`]),
      ...(needless > 0 ? [`marked as missing although everything was counted: ${needless} buckets`] : []),
      ...(found.isMarkTold ? [] : ['no log told of the buckets that are missing']),
      ...unready.map((reason) => `not ready at the end: ${reason}`),
      ...places.missing.slice(0, 5).map((place) => `no place: ${place}`),
      ...places.both.slice(0, 5).map((place) => `verdict and dead letter: ${place}`),
      ...places.early.slice(0, 5).map((place) => `committed before its place: ${place}`),
      ...messages.only.slice(0, 5).map((id) => `alert only with faults: ${about(id)}`),
      ...messages.lacking.slice(0, 5).map((id) => `alert only without: ${id}`),
      ...states.only.slice(0, 5).map((state) => `state only with faults: ${state}`),
      ...states.lacking.slice(0, 5).map((state) => `state only without: ${state}`),
      ...late.slice(0, 5).map((what) => `late: ${what}`),
      ...expired.slice(0, 5).map((state) => `cleared as expired: ${state}`),
      ...found.undueLetters.slice(0, 5).map((what) => `dead letter of a record that is right: ${what}`),
      ...(found.slowestHealth === undefined ? [] : [`/healthz took at most ${found.slowestHealth} ms`]),
      ...undue
        .slice(0, 5)
        .map((at) => `degraded ${sinceSlow(at, found.pings) / 1000} s after the last slow answer of Redis`),
      ...counts.wrong.slice(0, 5).map((count) => `counted wrong: ${count}`),
    ],
  }
}

/** Whether more verdicts are there again than the cell allows. */
export function isTooOften(of: {
  readonly repeated: number
  readonly records: number
  readonly mostRepeated?: number | undefined
}): boolean {
  return of.repeated > (of.mostRepeated ?? Number.POSITIVE_INFINITY) * of.records
}

/** How many ids are there more often than their records. */
function repeatedIn(ids: readonly unknown[], inputs: ReadonlyMap<unknown, number>): number {
  let repeated = 0
  for (const [id, count] of countsOf(ids)) repeated += Math.max(0, count - (inputs.get(id) ?? 1))
  return repeated
}

/** Message alerts and dead letters that are there again. */
function repeatedOthers(
  alerts: readonly Alert[],
  letters: readonly Read[],
  inputs: ReadonlyMap<unknown, number>,
): number {
  const alerted = alerts.filter(({ data }) => !data.state)
  const of = (mode: string) =>
    repeatedIn(
      alerted.flatMap(({ data }) => (data.mode === mode ? [data.message?.id] : [])),
      inputs,
    )
  const buried = letters.map(
    ({ headers }) => `${headers['sigwatch-partition']}/${headers['sigwatch-offset']}`,
  )
  return of('enforce') + of('shadow') + repeatedIn(buried, new Map())
}

function countsOf(keys: readonly unknown[]): Map<unknown, number> {
  const counts = new Map<unknown, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

/** Message alerts by id; raised states, and those that expired, by code and target. */
export function decisionsOf(alerts: readonly Alert[]): Omit<Expected, 'observations'> {
  const found = { alerts: new Set<string>(), states: new Set<string>(), expired: new Set<string>() }
  for (const { id, type, subject, data } of alerts) {
    if (!data.state) {
      found.alerts.add(id)
      continue
    }
    const state = `${data.reasons[0]!.code} ${subject}`
    if (type === 'sigwatch.alert.raised') found.states.add(data.mode === 'shadow' ? `${state} shadow` : state)
    else if (data.state.cause === 'expired') found.expired.add(state)
  }
  return found
}

/** How far its `ts` may lie ahead of the time of a record, ms, by default. */
const FUTURE = 300_000

/**
 * Dead letters of records that nothing is wrong with: `ends` says so, or it is told to be ahead of the time of the record
 * and is not.
 */
export function undueLetters(
  input: readonly Pick<PlacedRecord, 'partition' | 'offset' | 'timestamp' | 'value' | 'ends'>[],
  letters: readonly Pick<Read, 'headers'>[],
): string[] {
  const records = new Map(input.map((record) => [`${record.partition}/${record.offset}`, record]))
  return letters.flatMap(({ headers }) => {
    const place = `${headers['sigwatch-partition']}/${headers['sigwatch-offset']}`
    const record = records.get(place)
    if (record === undefined) return []
    const code = headers['sigwatch-error']
    const isAhead = code !== 'RECORD_TS_FUTURE' || timeOf(record.value) > record.timestamp + FUTURE
    return isAhead && record.ends !== 'judged' ? [] : [`${place} ${code}`]
  })
}

/** Epoch ms of the `ts` of a record; Infinity when it cannot be read. */
function timeOf(value: Buffer | null): number {
  try {
    const { ts } = JSON.parse(String(value)) as { ts?: unknown }
    const time = typeof ts === 'string' ? Date.parse(ts) : Number(ts)
    return Number.isFinite(time) ? time : Number.POSITIVE_INFINITY
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function compare(ours: ReadonlySet<string>, theirs: ReadonlySet<string>) {
  return {
    only: [...ours].filter((key) => !theirs.has(key)),
    lacking: [...theirs].filter((key) => !ours.has(key)),
  }
}
