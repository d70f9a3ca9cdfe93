/** Who changed a file that decisions rest on, and why. */
export interface Change {
  readonly by: string
  readonly why: string
  /** Where it was agreed, such as the number of a ticket. */
  readonly ref?: string
}

/** The change for a sentence: by whom, and why with its reference in brackets. */
export function changeWords({ by, why, ref }: Change): { readonly by: string; readonly why: string } {
  return { by, why: ref === undefined ? why : `${why} (${ref})` }
}
