import { expect, it } from 'vitest'
import { fuzzTarget } from '../../fuzz/fuzz-target.ts'
import { TARGETS } from '../../fuzz/targets.ts'

/** `npm run fuzz` runs a million and times them; these keep its targets working. */
const INPUTS = 50

it.each(TARGETS)('$name withstands random inputs', async (target) => {
  const faults: string[] = []
  const untimed = { ...target, perCharacter: Number.POSITIVE_INFINITY }
  await fuzzTarget(untimed, { seed: 1, count: INPUTS }, (what) => faults.push(what))
  expect(faults).toEqual([])
})
