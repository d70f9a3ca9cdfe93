import { MINUTE } from '../../domain/time.ts'
import type { Sender } from './cast.ts'
import { message, type PlantingContext } from './planting-context.ts'
import { type Plant, steady, subscriber } from './plants.ts'
import type { PlantedFamily } from './texts-planted.ts'

/** A second port filed for a brand. */
const SECOND = '106988800'

interface NearMiss {
  readonly event: string
  readonly family: PlantedFamily
  readonly senders: readonly Sender[]
}

/** Messages that resemble offences but are none, a few per minute throughout the day. None of them may be flagged. */
export function nearMisses(context: PlantingContext, perMinute: number): Plant {
  const named = (...signatures: string[]) => signatures.map((signature) => context.named(signature))
  const big = context.named('京东')
  const second: Sender = { ...big, ports: [`${SECOND}01`, `${SECOND}02`] }
  const kinds: readonly NearMiss[] = [
    { event: 'near-shop-on-platform', family: 'aboutPlatforms', senders: context.shops },
    {
      event: 'near-scam-warning',
      family: 'scamWarning',
      senders: named('国家反诈中心', '杭州交警', '招商银行', '工商银行'),
    },
    { event: 'near-words-inside', family: 'wordsInside', senders: context.shops },
    { event: 'near-partners-link', family: 'partnersLink', senders: context.shops },
    { event: 'near-short-link', family: 'shortLink', senders: named('天猫', '淘宝', '拼多多') },
    { event: 'near-courier-calls', family: 'courierCalls', senders: named('顺丰速运', '中通快递') },
    { event: 'near-second-port', family: 'secondPort', senders: [second] },
  ]
  let sent = 0
  const span = { from: context.at(8) + MINUTE, to: context.at(20.9), perMinute }
  const plant = steady(span, undefined, (ts, random) => {
    const { event, family, senders } = kinds[sent++ % kinds.length]!
    return message(random.pick(senders), family, random, { ts, to: subscriber(random), event })
  })
  return { ...plant, senders: [{ ...big, alsoPorts: [`${SECOND}*`] }] }
}
