import { describe, expect, it } from 'vitest'
import { costOf, KINDS } from '../bench/strangers-traffic.ts'
import { redisServerInstalled } from '../helpers/redis-server.ts'

/** Bytes of Redis a message; the second: once the budgets of its port are used up. */
const AT_MOST = 200
const LATER = 20
/** A recipient whom nobody has written to is tallied twice for commercial messages, whoever sends. */
const RECIPIENT = 60

describe.skipIf(!redisServerInstalled())('what a sender makes up of every message', () => {
  it.each(KINDS)(
    'costs Redis little: %s',
    async (kind) => {
      const { each, later } = await costOf(kind, 40_000)
      expect(each).toBeLessThan(AT_MOST)
      const isNewRecipient = kind === 'recipient' || kind === 'everything'
      expect(later).toBeLessThan(isNewRecipient ? RECIPIENT : LATER)
    },
    120_000,
  )
})
