import type { ImportedComplaint } from './read-csv.ts'

export interface MergedExports {
  readonly complaints: readonly ImportedComplaint[]
  /** Ids that an earlier file has for a complaint of other content. */
  readonly conflicting: readonly string[]
}

/**
 * The complaints of several exports, each once: the first row of an id stands, and takes from later ones when the complaint
 * came and was answered. A later row of other content takes nothing's place.
 */
export function mergeExports(files: readonly (readonly ImportedComplaint[])[]): MergedExports {
  const all = new Map<string, ImportedComplaint>()
  const conflicting = new Set<string>()
  for (const file of files)
    for (const complaint of file) {
      const { id } = complaint.record
      const known = all.get(id)
      if (known === undefined) all.set(id, complaint)
      else if (contentOf(known) !== contentOf(complaint)) conflicting.add(id)
      else all.set(id, { ...known, ...complaint, record: known.record })
    }
  return { complaints: [...all.values()], conflicting: [...conflicting] }
}

/** Exports differ in when they say that a complaint was made. */
function contentOf({ record: { from, to, signature, text, source, category } }: ImportedComplaint): string {
  return JSON.stringify([from, to, signature, text, source, category])
}

/** An id as it may be shown: numbers of complaints are known to those who made them. */
export function maskedId(id: string): string {
  const dash = id.indexOf('-') + 1
  const number = [...id.slice(dash)]
  const shown = number.length < 8 ? '' : number.slice(-4).join('')
  return `${id.slice(0, dash)}****${shown}`
}
