import { describe, expect, it } from 'vitest'
import { costOf, KINDS, type Kind } from '../bench/strangers-traffic.ts'
import { redisServerInstalled } from '../helpers/redis-server.ts'

/**
 * Bytes of Redis a message; the second: once the budgets of its port are used up. Tables of Redis grow by doubling, so the
 * same traffic was seen to cost 14 to 32, of made-up signatures; before the budget is used up it is some 60.
 */
const AT_MOST = 200
const LATER = 45
/**
 * A recipient without earlier messages is tallied twice for commercial messages, whichever sender; times that are made up besides
 * cost more. Mobiles of ever new series use up no budget.
 */
const LATER_OF: Partial<Record<Kind, number>> = { recipient: 60, everything: 120, mobile: 120 }

describe.skipIf(!redisServerInstalled())('what a sender makes up of every message', () => {
  it.each(KINDS)(
    'costs Redis little: %s',
    async (kind) => {
      const { each, later } = await costOf(kind, 40_000)
      expect(each).toBeLessThan(AT_MOST)
      expect(later).toBeLessThan(LATER_OF[kind] ?? LATER)
    },
    120_000,
  )
})
