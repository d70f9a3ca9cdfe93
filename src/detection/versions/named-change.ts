import { isDeepStrictEqual } from 'node:util'
import type { Change } from '../../domain/change.ts'
import type { Problem } from '../../domain/errors.ts'

const WANTED = 'the policy asks for it (requireChange): say by whom and why, change: {by: …, why: …}'

/**
 * What is wrong with the `change` of a file where the policy requires one. `before`: that of the file which it replaces,
 * absent at the start: an edited file that still names the change before it explains nothing.
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
