/** Who changed a file that decisions depend on, and why. */
export interface Change {
  readonly by: string
  readonly why: string
  /** Reference to the approval, such as a ticket number. */
  readonly ref?: string
}

/** The change as words for a sentence: the author, and the reason with its reference in brackets. */
export function changeWords({ by, why, ref }: Change): { readonly by: string; readonly why: string } {
  return { by, why: ref === undefined ? why : `${why} (${ref})` }
}
