import type { ConsentChange, ConsentLedger, ConsentRow } from '../../domain/consent-ledger.ts'
import { EventTime } from '../../domain/event-time.ts'
import { given } from '../../domain/given.ts'
import { DAY } from '../../domain/time.ts'
import { REMEMBERED_SIGNATURES } from './sent-log.ts'

const KEPT = 2
/** Retention of the signatures that a port sent to a subscriber, ms. */
const REMEMBERED_FOR = 90 * DAY
/** Retention of consent requests, ms. */
const ASKED_FOR = 180 * DAY

interface Sent {
  readonly signature: string
  /** Event times of the first and last message. */
  readonly first: number
  readonly last: number
}

/** The change in the row's `was`, and the row's own. */
export function changesOf(row: ConsentRow): ConsentChange[] {
  const own: ConsentChange = {
    state: row.state,
    ts: row.ts,
    ...given({ proof: row.proof }),
  }
  return row.was ? [own, row.was] : [own]
}

/** The newest changes of both lists, newest first; at equal times the one written later comes first. */
export function mergeChanges(
  known: readonly ConsentChange[],
  added: readonly ConsentChange[],
): ConsentChange[] {
  const byTime = new Map<number, ConsentChange>()
  for (const change of [...known, ...added]) byTime.set(change.ts, change)
  return [...byTime.values()].sort((a, b) => b.ts - a.ts).slice(0, KEPT)
}

/** Deletes old entries from the front of a map whose entries are re-inserted on change. */
function forgetFirst<V>(map: Map<string, V>, isOld: (value: V) => boolean): void {
  for (const [key, value] of map) {
    if (!isOld(value)) return
    map.delete(key)
  }
}

class FirstRequests {
  readonly #times = new Map<string, number>()

  /** The time of a request at or before `ts` that still counts. */
  upTo(pair: string, ts: number): number | undefined {
    const first = this.#times.get(pair)
    return first === undefined || ts < first || ts - first > ASKED_FOR ? undefined : first
  }

  /** The time of a request before `ts` that still counts. */
  before(pair: string, ts: number): number | undefined {
    const first = this.upTo(pair, ts)
    return first === ts ? undefined : first
  }

  set(pair: string, ts: number): void {
    this.#times.delete(pair)
    this.#times.set(pair, ts)
  }

  forgetBefore(eventTime: number): void {
    forgetFirst(this.#times, (ts) => eventTime - ts > ASKED_FOR)
  }
}

/** Consent ledger for the embedded mode and for a single instance without Redis. */
export function memoryLedger(): ConsentLedger {
  const consents = new Map<string, ConsentChange[]>()
  const sent = new Map<string, Sent[]>()
  const requests = new FirstRequests()
  const eventTime = new EventTime()
  const key = (a: string, b: string) => `${a}|${b}`

  return {
    async lookup(pairs) {
      return pairs.map(({ signature, to }) => consents.get(key(signature, to)) ?? [])
    },
    async apply(rows) {
      for (const row of rows) {
        const id = key(row.signature, row.to)
        consents.set(id, mergeChanges(consents.get(id) ?? [], changesOf(row)))
      }
    },
    async erase(pairs) {
      for (const { signature, to } of pairs) consents.delete(key(signature, to))
    },
    async remember(rows) {
      for (const { port, to, signature, ts } of rows) {
        if (eventTime.observe(ts) - ts >= REMEMBERED_FOR) continue
        const id = key(port, to)
        const known = (sent.get(id) ?? []).filter((s) => ts - s.last < REMEMBERED_FOR)
        const before = known.find((s) => s.signature === signature)
        const others = known.filter((s) => s !== before)
        // A reply may be read after the next message was sent, so the message it answers must be kept.
        const first = Math.min(before?.first ?? ts, ts)
        const last = Math.max(before?.last ?? ts, ts)
        sent.delete(id)
        sent.set(id, [{ signature, first, last }, ...others].slice(0, REMEMBERED_SIGNATURES))
      }
      forgetFirst(sent, (list) => list.every(({ last }) => eventTime.value - last >= REMEMBERED_FOR))
    },
    async sentBy(port, to, ts) {
      const known = sent.get(key(port, to)) ?? []
      return known.filter((s) => s.first <= ts && ts - s.last < REMEMBERED_FOR).map((s) => s.signature)
    },
    async asked(rows) {
      requests.forgetBefore(eventTime.value)
      return rows.map(({ signature, to, ts }) => {
        const pair = key(signature, to)
        const before = requests.before(pair, ts)
        if (requests.upTo(pair, ts) === undefined) {
          requests.set(pair, ts)
          eventTime.observe(ts)
        }
        return before
      })
    },
    async askedBefore(rows) {
      return rows.map(({ signature, to, ts }) => requests.before(key(signature, to), ts))
    },
    unready: () => [],
    async close() {},
  }
}
