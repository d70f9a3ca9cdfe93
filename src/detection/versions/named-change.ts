import { isDeepStrictEqual } from 'node:util'
import type { Change } from '../../domain/change.ts'
import type { Problem } from '../../domain/errors.ts'

const WANTED = 'the policy asks for it (requireChange): say by whom and why, change: {by: …, why: …}'

/**
 * Faults of a file's `change` if the policy requires one. `before`: the change of the replaced file, absent at startup: an edited
 * file that still states the previous change explains nothing.
 */
export function changeFaults(
  file: string,
  change: Change | undefined,
  before?: { readonly change?: Change | undefined },
): readonly Problem[] {
  if (!change) return [{ file, key: 'change', message: `is missing; ${WANTED}` }]
  if (!before || !isDeepStrictEqual(change, before.change)) return []
  return [{ file, key: 'change', message: `is that of the version in force; ${WANTED}` }]
}
