import { InvalidArgumentError } from 'commander'
import { parseMoment } from '../domain/time.ts'

type Reads = (value: string) => number

/** Reads the value of an option: a finite number for which `fits` holds; `range` describes those. */
export function numberOf(range: string, fits: (number: number) => boolean): Reads {
  return (value) => {
    const number = Number(value)
    if (value.trim() !== '' && Number.isFinite(number) && fits(number)) return number
    throw new InvalidArgumentError(`must be ${range}.`)
  }
}

/** Like `numberOf`, for whole numbers from `least` to `most`. */
export function wholeOf(least: number, most: number): Reads {
  return numberOf(
    `a whole number from ${least} to ${most}`,
    (number) => Number.isInteger(number) && number >= least && number <= most,
  )
}

export const seedValue = wholeOf(0, 999_999_999)

/** Reads a time as epoch ms. */
export function momentValue(value: string): number {
  const ts = parseMoment(value)
  if (!Number.isNaN(ts)) return ts
  throw new InvalidArgumentError('must be ISO-8601 with an offset, or epoch milliseconds.')
}
