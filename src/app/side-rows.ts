import { type ComplaintCount, complaintSpike } from '../detectors/complaint-spike.ts'
import type { Target } from '../domain/decision.ts'
import { type SignalContext, threshold } from '../domain/detector.ts'
import { SigwatchError } from '../domain/errors.ts'
import type { Emit } from '../domain/events.ts'
import type { Position } from '../domain/message.ts'
import type { ConsentLedger, FeatureStore, StateRecord } from '../domain/ports.ts'
import { bucketEnd } from '../domain/time.ts'
import type { Complaint, Feedback, Reply } from '../registry/side-inputs.ts'
import { optOutReply } from '../stages/extract-phrases.ts'
import type { StateManager } from '../states/manager.ts'

/** A row that waits for its time, with the place it was read from. */
export type SideRow = (
  | { readonly input: 'replies'; readonly row: Reply }
  | { readonly input: 'complaints'; readonly row: Complaint }
  | { readonly input: 'feedback'; readonly row: Feedback }
) & {
  readonly position: Position
  /** Called when it has taken effect, or was left out for good. */
  readonly applied?: () => void
}

export interface SideRowsOptions {
  readonly ledger: ConsentLedger
  readonly features: FeatureStore
  readonly manager: StateManager
  readonly context: () => SignalContext
  readonly emit: Emit
}

export interface SideRows {
  add(rows: readonly SideRow[]): void
  /**
   * Lets every row take effect whose `ts` is not after the event time, in the order of `ts`. Rejects with a retryable
   * error when a store cannot be reached; the row waits for the next call then. A row that fails otherwise is left out
   * with a warning: it would fail again.
   *
   * `seen`: the newest `ts` of the messages that are judged next. Refusals of a message's past count for it although the
   * event time, a median, comes behind; they act again when it reaches them, since by then more may have been sent.
   */
  advance(eventTime: number, seen?: number): Promise<void>
  /** Lets feedback act that was said just now by the wall clock, ms: it waits for no event time, however old the traffic. */
  hear(now: number): Promise<void>
  readonly waiting: number
  /** Event time at which the next complaint or feedback takes effect, ms; Infinity: none waits. Replies act by their `ts`. */
  readonly dueAt: number
}

const DAY = 86_400_000
/** A complaint that comes this long after its `ts`, ms, is raised at the event time at which it came. */
const LATE = 60_000
/** Replies that go to the ledger at once. */
const TOGETHER = 100
/** Feedback with a `ts` this close to the wall clock, ms, is an analyst's who looks at what is open now. */
const JUST_NOW = 300_000
/** Rows looked at ahead of the event time: a wild timestamp of a message must not read all. */
const AHEAD = 1_000

/** Replies, complaints and feedback: each takes effect when the event time reaches its `ts` (contract, section 2). */
export function createSideRows({ ledger, features, manager, context, emit }: SideRowsOptions): SideRows {
  /** Ascending by `ts` from `head` on. */
  let queue: SideRow[] = []
  let head = 0
  let sorted = true
  /** No row before it, from `head` on, is due for `dueAt`. */
  let next = 0
  let advancing: Promise<void> = Promise.resolve()

  /** An opt-out word refuses the signatures that this port sent to this subscriber. */
  async function reply({ ts, from, to, text }: Reply): Promise<void> {
    if (!optOutReply(text)) return
    const signatures = await ledger.sentBy(to, from, ts)
    await ledger.apply(signatures.map((signature) => ({ signature, to: from, state: 'out' as const, ts })))
  }

  async function complaint(
    { row, position }: Extract<SideRow, { input: 'complaints' }>,
    eventTime: number,
  ): Promise<void> {
    const targets: Target[] = []
    if (row.signature !== undefined) targets.push({ kind: 'signature', id: row.signature })
    if (row.from !== undefined) targets.push({ kind: 'port', id: row.from })
    if (targets.length === 0) return
    const late = eventTime - row.ts > LATE
    const at = bucketEnd(late ? eventTime : row.ts)
    const policy = context().judge('COMPLAINT_SPIKE', row.ts)
    const window = threshold(policy, 'window') * 1000
    const member = row.id ?? `${position.topic}/${position.partition}/${position.offset}`
    const entity = (target: Target) => `complaints:${target.kind}:${target.id}`
    const { members, counted } = await features.count([
      {
        position,
        ts: row.ts,
        once: `complaint/${member}`,
        rates: [],
        members: targets.map((target) => ({
          entity: entity(target),
          member,
          window,
          reportFrom: 1,
          minCount: 1,
        })),
        tallies: [],
        sent: [],
      },
    ])
    if (!counted) throw new SigwatchError('REDIS_UNREACHABLE', 'a complaint could not be counted')
    if (at - row.ts > window) return
    const days = daysOf(row.ts - window, row.ts)
    for (const target of targets) {
      const reading = members.find((m) => m.entity === entity(target))
      if (!reading) continue
      const sent = (await features.sent(`${target.kind}:${target.id}`, days)).reduce((a, b) => a + b, 0)
      const count: ComplaintCount = { target, complaints: reading.count, sent }
      const signal = complaintSpike(count, at, context())
      if (signal) await manager.apply([{ signal, position }])
    }
  }

  async function feedback({ verdict, stateId, messageId, until, ts }: Feedback): Promise<void> {
    if (verdict === 'confirmed') return
    const ids = stateId === undefined ? statesShowing(messageId!, manager.open) : [stateId]
    if (ids.length === 0) {
      emit({ name: 'warning', message: 'feedback on a message that no open state shows: nothing is cleared' })
    }
    for (const id of ids) await manager.release(id, ts, until)
  }

  async function apply(item: SideRow, eventTime: number): Promise<void> {
    try {
      if (item.input === 'replies') await reply(item.row)
      else if (item.input === 'complaints') await complaint(item, eventTime)
      else await feedback(item.row)
    } catch (error) {
      if (error instanceof SigwatchError && error.retry) throw error
      const { partition, offset } = item.position
      const reason = error instanceof Error ? error.message : String(error)
      emit({ name: 'warning', message: `${item.input} row at ${partition}/${offset} fails: ${reason}` })
    }
  }

  function sort(): void {
    if (sorted) return
    queue = queue.slice(head).sort((a, b) => a.row.ts - b.row.ts)
    head = 0
    next = 0
    sorted = true
  }

  async function advanceTo(eventTime: number): Promise<void> {
    for (;;) {
      // Rows may come while one is applied.
      sort()
      const due = dueTogether(eventTime)
      if (due.length === 0) return
      head += due.length
      await applyAll(due, eventTime)
      if (head === queue.length) {
        queue = []
        head = 0
        next = 0
      }
    }
  }

  /** The next replies, which do not touch one another, or the next row. */
  function dueTogether(eventTime: number): readonly SideRow[] {
    const isDue = (item: SideRow | undefined) => item !== undefined && item.row.ts <= eventTime
    let to = head
    while (to - head < TOGETHER && isDue(queue[to]) && queue[to]!.input === 'replies') to++
    if (to === head && isDue(queue[to])) to++
    return queue.slice(head, to)
  }

  /** Rows that a store did not take wait again. */
  async function applyAll(items: readonly SideRow[], at: number): Promise<void> {
    const failures: unknown[] = []
    const applying = items.map(async (item) => {
      try {
        await apply(item, at)
        item.applied?.()
      } catch (error) {
        // Rows may have come and been sorted meanwhile: its place is found anew.
        queue.push(item)
        sorted = false
        failures.push(error)
      }
    })
    await Promise.all(applying)
    if (failures.length > 0) throw failures[0]
  }

  async function foresee(seen: number): Promise<void> {
    for (const item of queue.slice(head, head + AHEAD)) {
      if (item.row.ts > seen) return
      if (item.input === 'replies') await apply(item, seen)
    }
  }

  async function hearTo(now: number): Promise<void> {
    sort()
    const heard = new Set<SideRow>()
    for (let i = head; i < queue.length && queue[i]!.row.ts <= now; i++) {
      const item = queue[i]!
      if (item.input === 'feedback' && item.row.ts > now - JUST_NOW) heard.add(item)
    }
    if (heard.size === 0) return
    queue = queue.slice(head).filter((item) => !heard.has(item))
    head = 0
    next = 0
    await applyAll([...heard], now)
  }

  return {
    add(rows) {
      // One by one: a file of complaints holds more rows than a call takes arguments.
      for (const row of rows) queue.push(row)
      if (rows.length > 0) sorted = false
    },
    advance(eventTime, seen = eventTime) {
      advancing = advancing.catch(() => {}).then(() => advanceTo(eventTime))
      if (seen > eventTime) advancing = advancing.then(() => foresee(seen))
      return advancing
    },
    hear(now) {
      advancing = advancing.catch(() => {}).then(() => hearTo(now))
      return advancing
    },
    get waiting() {
      return queue.length - head
    },
    get dueAt() {
      sort()
      next = Math.max(next, head)
      while (queue[next]?.input === 'replies') next++
      return queue[next]?.row.ts ?? Number.POSITIVE_INFINITY
    },
  }
}

/** UTC days `YYYY-MM-DD` that a span of event time touches. */
function daysOf(from: number, to: number): string[] {
  const days: string[] = []
  for (let day = Math.floor(from / DAY) * DAY; day <= to; day += DAY)
    days.push(new Date(day).toISOString().slice(0, 10))
  return days
}

/** Open states of which an alert showed the message, as the one that tipped it or as a sample. */
function statesShowing(messageId: string, open: Iterable<StateRecord>): string[] {
  return [...open].filter((state) => state.shown?.includes(messageId)).map((state) => state.id)
}
