import { canonicalNumber } from '../../text/canonical-number.ts'
import type { ImportedComplaint } from './read-csv.ts'

/** A complaint with the position of its row, `file:line`. */
export interface PlacedComplaint extends ImportedComplaint {
  readonly place: string
}

export interface MergedExports {
  readonly complaints: readonly PlacedComplaint[]
  /** Rows whose id belongs to a different complaint in an earlier file. */
  readonly conflicting: readonly PlacedComplaint[]
}

/**
 * Merges exports so that each complaint occurs once. The first row with an id is kept and completed with times of receipt and
 * answer from later ones; a later row with different content is a conflict.
 */
export function mergeExports(files: readonly (readonly PlacedComplaint[])[]): MergedExports {
  const all = new Map<string, PlacedComplaint>()
  const conflicting: PlacedComplaint[] = []
  for (const file of files)
    for (const complaint of file) {
      const { id } = complaint.record
      const known = all.get(id)
      if (known === undefined) all.set(id, complaint)
      else if (isOther(known, complaint)) conflicting.push(complaint)
      else all.set(id, { ...known, ...complaint, record: known.record, place: known.place })
    }
  return { complaints: [...all.values()], conflicting }
}

/**
 * Whether both have a value and the values differ. The time, the category and the set of columns vary between exports and are
 * not compared.
 */
function isOther({ record: one }: ImportedComplaint, { record: other }: ImportedComplaint): boolean {
  const differs = (a: string | undefined, b: string | undefined) =>
    a !== undefined && b !== undefined && a !== b
  return (
    differs(one.from && canonicalNumber(one.from), other.from && canonicalNumber(other.from)) ||
    differs(one.to && canonicalNumber(one.to), other.to && canonicalNumber(other.to)) ||
    differs(one.signature, other.signature) ||
    differs(one.text, other.text) ||
    one.source !== other.source
  )
}
