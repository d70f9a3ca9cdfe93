import type { ConsentChange, ConsentLedger, ConsentRow } from '../domain/ports.ts'

/** Changes kept of each pair. */
const KEPT = 2
/** Signatures remembered of what a port sent to a subscriber, and for how long (ms). */
const REMEMBERED = 4
const REMEMBERED_FOR = 90 * 86_400_000
/** How long a request for consent is remembered, ms. */
const ASKED_FOR = 180 * 86_400_000

interface Sent {
  readonly signature: string
  /** Event times of the first and the last message. */
  readonly first: number
  readonly last: number
}

/** The change that a row's `was` speaks of, and the row's own. */
export function changesOf(row: ConsentRow): ConsentChange[] {
  const own: ConsentChange = {
    state: row.state,
    ts: row.ts,
    ...(row.proof === undefined ? {} : { proof: row.proof }),
  }
  return row.was ? [own, row.was] : [own]
}

/** The newest changes of both, newest first; of two at the same time the later written wins. */
export function mergeChanges(
  known: readonly ConsentChange[],
  added: readonly ConsentChange[],
): ConsentChange[] {
  const byTime = new Map<number, ConsentChange>()
  for (const change of [...known, ...added]) byTime.set(change.ts, change)
  return [...byTime.values()].sort((a, b) => b.ts - a.ts).slice(0, KEPT)
}

/** Drops what is old from the front of a map whose entries are set anew when they change. */
function forgetFirst<V>(map: Map<string, V>, isOld: (value: V) => boolean): void {
  for (const [key, value] of map) {
    if (!isOld(value)) return
    map.delete(key)
  }
}

/** The consent ledger of the embedded mode and of one instance without Redis. */
export function memoryLedger(): ConsentLedger {
  const consents = new Map<string, ConsentChange[]>()
  const sent = new Map<string, Sent[]>()
  const asked = new Map<string, number>()
  /** Event time up to which anything was remembered. */
  let newest = Number.NEGATIVE_INFINITY
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
    async remember(rows) {
      for (const { port, to, signature, ts } of rows) {
        const id = key(port, to)
        const known = (sent.get(id) ?? []).filter((s) => ts - s.last < REMEMBERED_FOR)
        const before = known.find((s) => s.signature === signature)
        const others = known.filter((s) => s !== before)
        // A reply may be read after the next message was sent: what it answers must still be known.
        const first = Math.min(before?.first ?? ts, ts)
        const last = Math.max(before?.last ?? ts, ts)
        sent.delete(id)
        sent.set(id, [{ signature, first, last }, ...others].slice(0, REMEMBERED))
        if (last > newest) newest = last
      }
      forgetFirst(sent, (list) => list.every(({ last }) => newest - last >= REMEMBERED_FOR))
    },
    async sentBy(port, to, ts) {
      const known = sent.get(key(port, to)) ?? []
      return known.filter((s) => s.first <= ts && ts - s.last < REMEMBERED_FOR).map((s) => s.signature)
    },
    async asked(rows) {
      forgetFirst(asked, (ts) => newest - ts > ASKED_FOR)
      return rows.map(({ signature, to, ts }) => {
        const id = key(signature, to)
        const before = asked.get(id)
        if (before === undefined || ts < before || ts - before > ASKED_FOR) {
          asked.delete(id)
          asked.set(id, ts)
          if (ts > newest) newest = ts
          return undefined
        }
        return before === ts ? undefined : before
      })
    },
    unready: () => [],
    async close() {},
  }
}
