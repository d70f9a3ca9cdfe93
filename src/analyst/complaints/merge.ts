import { canonicalNumber } from '../../text/canonical-number.ts'
import type { ImportedComplaint } from './read-csv.ts'

/** A complaint with where its row stands: `file:line`. */
export interface PlacedComplaint extends ImportedComplaint {
  readonly place: string
}

export interface MergedExports {
  readonly complaints: readonly PlacedComplaint[]
  /** Rows whose id an earlier file has for a complaint of other content. */
  readonly conflicting: readonly PlacedComplaint[]
}

/**
 * The complaints of several exports, each once: the first row of an id stands, and takes from later ones when the complaint
 * came and was answered. A later row of other content takes nothing's place.
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
 * Whether both say something and say it otherwise. Exports differ in when a complaint was made, in its category, and in the
 * columns that they have.
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
