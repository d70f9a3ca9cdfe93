import { formatProblem, type Problem } from '../../domain/errors.ts'

/** What became of files that were read again. `same`: they say what is in force already. */
export type Reload = 'swapped' | 'same' | 'refused'

const SHOWN = 3

/** Why a version is refused, on one line of the log: the first faults, and how many there are more. */
export function refusal(problems: readonly Problem[]): string {
  const shown = problems.slice(0, SHOWN).map(formatProblem)
  const more = problems.length - shown.length
  return [...shown, ...(more > 0 ? [`${more} more: sigwatch check names them all`] : [])].join('; ')
}
