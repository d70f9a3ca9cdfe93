import { formatProblem, type Problem } from '../../domain/errors.ts'

/** Outcome of a reload. `same`: the files match the current version. */
export type Reload = 'swapped' | 'same' | 'refused'

const SHOWN = 3

/** Why a version is refused, as one log line: the first faults and the number of others. */
export function refusal(problems: readonly Problem[]): string {
  const shown = problems.slice(0, SHOWN).map(formatProblem)
  const more = problems.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more: sigwatch check names them all`] : [])].join('; ')
}
