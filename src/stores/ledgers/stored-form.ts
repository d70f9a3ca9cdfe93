import type { ConsentChange } from '../../domain/consent-ledger.ts'
import { DAY, DAY_SECONDS } from '../../domain/time.ts'

/** Data expires by whole hashes of 30 days, ms. */
export const MONTH = 30 * DAY

export const REMEMBERED_MONTHS = 3
/** TTL of a month of sent signatures in seconds, from its first row on. */
export const SENT_TTL = String((REMEMBERED_MONTHS + 1) * 30 * DAY_SECONDS)

/** Signature, last and first event time in base 36. */
export type SentEntry = [signature: string, last: string, first?: string]

export function monthOf(ts: number): number {
  return Math.floor(ts / MONTH)
}

/** A change is its event time in base 36 followed by a letter: in, out, or in by default. */
const MARKS = { in: 'I', out: 'O' } as const

export function packChanges(changes: readonly ConsentChange[]): string {
  return changes
    .map(({ ts, state, proof }) => `${ts.toString(36)}${proof === 'default' ? 'D' : MARKS[state]}`)
    .join(',')
}

/** Only the proof `default`, which is not consent, is stored: other kinds of proof do not affect verdicts. */
export function unpackChanges(packed: string): ConsentChange[] {
  if (!packed) return []
  return packed.split(',').map((change) => {
    const mark = change.at(-1)
    const ts = Number.parseInt(change.slice(0, -1), 36)
    if (mark === 'O') return { state: 'out', ts }
    return mark === 'D' ? { state: 'in', ts, proof: 'default' } : { state: 'in', ts }
  })
}
