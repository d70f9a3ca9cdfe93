import { expect, it } from 'vitest'
import { openNotices } from '../../../../src/detection/versions/sample-notices.ts'
import { openAlike } from '../../../../src/detection/versions/shipped-trades.ts'
import { Random } from '../../../../src/offline/simulator/random.ts'
import { wordings } from '../../../helpers/alike-play.ts'
import { wordingOf } from '../../../helpers/campaigns.ts'
import { messageOf } from '../../../helpers/detector-fixtures.ts'

const NOON = Date.UTC(2026, 10, 11, 4)
const HOUR = 3_600_000
const OFFERS = ['slim', 'decor', 'gold', 'tea']

/** Forty messages of each offer, from senders of their own. */
function advertise(index: ReturnType<typeof openAlike>, offers: readonly string[], at: number) {
  const random = new Random(7)
  const places = offers.map((name) => {
    let last: unknown
    for (let n = 0; n < 40; n++) {
      const text = `【${name}店${n}】${wordingOf(wordings('judging', name), random)}`
      last = index.placeOf(messageOf(text, { ts: at + n * 1_000, label: 'marketing' }), 'shop.example')
    }
    return last as { readonly shared?: string }
  })
  return places.at(-1)!
}

it('takes a place for a platform while texts of four groups lead there, and no longer', () => {
  const index = openAlike(openNotices())
  expect(advertise(index, OFFERS.slice(0, 3), NOON).shared).not.toBe('place')
  expect(advertise(index, OFFERS, NOON + HOUR).shared).toBe('place')
  expect(advertise(index, ['slim'], NOON + 30 * HOUR).shared).not.toBe('place')
})
