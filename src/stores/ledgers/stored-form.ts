import type { ConsentChange } from '../../domain/consent-ledger.ts'
import { DAY, DAY_SECONDS } from '../../domain/time.ts'

/** What expires, expires by whole hashes of 30 days, ms. */
export const MONTH = 30 * DAY

/** Months back that what was sent is remembered. */
export const REMEMBERED_MONTHS = 3
/** Seconds that what was sent in a month is kept from its first row on. */
export const SENT_TTL = String((REMEMBERED_MONTHS + 1) * 30 * DAY_SECONDS)

/** Signature, last and first event time in base 36. */
export type SentEntry = [signature: string, last: string, first?: string]

export function monthOf(ts: number): number {
  return Math.floor(ts / MONTH)
}

/** A change is its event time in base 36 and a letter: in, out, or in by default. */
const MARKS = { in: 'I', out: 'O' } as const

export function packChanges(changes: readonly ConsentChange[]): string {
  return changes
    .map(({ ts, state, proof }) => `${ts.toString(36)}${proof === 'default' ? 'D' : MARKS[state]}`)
    .join(',')
}

/** `proof` survives only as `default`, which is no consent: how others were given is for the books, not for verdicts. */
export function unpackChanges(packed: string): ConsentChange[] {
  if (!packed) return []
  return packed.split(',').map((change) => {
    const mark = change.at(-1)
    const ts = Number.parseInt(change.slice(0, -1), 36)
    if (mark === 'O') return { state: 'out', ts }
    return mark === 'D' ? { state: 'in', ts, proof: 'default' } : { state: 'in', ts }
  })
}
