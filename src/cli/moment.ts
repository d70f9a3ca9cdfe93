import { optionFault } from '../domain/errors.ts'
import { parseMoment } from '../domain/time.ts'

/** The time given to an option, epoch ms, or undefined without one. Throws USAGE if it is not a time. */
export function momentOf(option: string, text: string): number
export function momentOf(option: string, text: string | undefined): number | undefined
export function momentOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseMoment(text)
  if (!Number.isNaN(ms)) return ms
  throw optionFault(option, `must be ISO-8601 with an offset or epoch milliseconds, is "${text}"`)
}
