import { describe, expect, it } from 'vitest'
import { Random } from '../../../../src/offline/simulator/random.ts'
import { memoryFeatureStore } from '../../../../src/stores/rates/memory.ts'
import { T0 } from '../../../helpers/feature-fixtures.ts'
import { course, MINUTE, NEW, others, raised, type Sent } from '../../../helpers/sent-courses.ts'

const DAY = 1440
const random = new Random(11)

/** 330 messages a minute of a brand, and what others send, between minutes after `T0`. */
const brand = (from: number, to: number): Sent[] =>
  course(random, { from: T0 + from * MINUTE, minutes: to - from, perMinute: 330 })
const feed = (from: number, to: number): Sent[] => others(random, T0 + from * MINUTE, to - from)
const all = (from: number, to: number) => [...brand(from, to), ...feed(from, to)]
const found = async (...sent: readonly Sent[][]) => [...(await raised(memoryFeatureStore(), sent.flat()))]

describe('MARKETING_BURST after an absence of the feed', () => {
  it('is not seen in a brand that sends as ever at an hour whose feed was absent the day before', async () => {
    expect(await found(all(0, 90), all(DAY + 90, DAY + 160))).toEqual([])
  })

  it('is not seen where the day before had a part of that hour', async () => {
    expect(await found(all(0, 70), all(DAY + 60, DAY + 130))).toEqual([])
  })

  it('is not seen after days without a feed', async () => {
    expect(await found(all(0, 90), all(4 * DAY + 110, 4 * DAY + 140))).toEqual([])
  })

  it('is not seen as a climb after half an hour without a feed', async () => {
    expect(await found(all(0, 25), all(55, 130))).toEqual([])
  })

  it('is seen where the feed was there and the brand was silent', async () => {
    const sent = await found(brand(0, 90), feed(0, DAY + 160), brand(DAY + 130, DAY + 150))
    expect(sent.map(([id]) => `signature:${id}`)).toEqual([NEW])
  })
})
