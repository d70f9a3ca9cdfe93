import type { Random } from '../../src/text/reader/random.ts'
import { hostileText, LONGEST, mixedText } from '../helpers/hostile-texts.ts'

/** One thing that takes input from outside. */
export interface Target {
  readonly name: string
  /** Its part of the inputs of a run. */
  readonly share: number
  /** What a character of the input may cost, µs; inputs below 200 characters count as 200. */
  readonly perCharacter: number
  /** Makes an input; its length is what time is divided by. */
  readonly make: (random: Random) => string
  /** Works on it. Throws, or rejects, where it must not, or where what comes out cannot be. */
  readonly run: (input: string) => unknown
}

/** A text of any length up to that of a record, made to cost time or just mixed. */
export const anyText = (random: Random): string =>
  random.chance(0.3)
    ? hostileText(random, random.chance(0.2) ? LONGEST : random.between(1, 400))
    : mixedText(random, random.between(2, 120))

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`must hold: ${what}`)
}

/** What the work returns; undefined where it throws what it may. */
export function allowing<T>(isAllowed: (error: unknown) => boolean, work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (isAllowed(error)) return undefined
    throw error
  }
}
