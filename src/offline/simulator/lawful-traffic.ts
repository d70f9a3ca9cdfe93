import { HOUR } from '../../domain/time.ts'
import type { Sender } from './cast.ts'
import { linksOf, type PlannedMessage, signed, subscriber } from './plants.ts'
import type { Random } from './random.ts'
import { FAMILIES, type FamilyName, fill } from './texts.ts'

/** Share of messages between persons. */
const PERSONAL = 0.06

/** Messages of lawful senders and of persons. */
export class LawfulTraffic {
  readonly #random: Random
  readonly #drawSender: (random: Random) => Sender
  readonly #drawFamily: ReadonlyMap<Sender, (random: Random) => FamilyName>

  constructor(cast: readonly Sender[], random: Random) {
    this.#random = random
    this.#drawSender = drawer(cast.map((sender) => [sender, sender.weight] as const))
    this.#drawFamily = new Map(cast.map((sender) => [sender, drawer(sender.says)]))
  }

  /** Generates a message at an event time, epoch ms. */
  draw(ts: number): PlannedMessage {
    const random = this.#random
    if (random.chance(PERSONAL)) {
      const text = fill(random.pick(FAMILIES.personal.texts), random, ts)
      return { ts, from: subscriber(random), to: subscriber(random), text, label: 'personal' }
    }
    const sender = this.#drawSender(random)
    const family = lawfulHour(this.#drawFamily.get(sender)!(random), ts)
    const { label, texts } = FAMILIES[family]
    const text = fill(random.pick(texts), random, ts, linksOf(sender))
    return {
      ts,
      from: random.pick(sender.ports),
      to: subscriber(random),
      text: signed(sender.signature, text),
      label,
    }
  }
}

const ADVERTISING: readonly FamilyName[] = ['shopMarketing', 'localMarketing', 'financeMarketing']

/** Lawful senders do not advertise at night; such messages are replaced by notices. */
function lawfulHour(family: FamilyName, ts: number): FamilyName {
  const hour = Math.floor(ts / HOUR + 8) % 24
  return (hour < 8 || hour >= 21) && ADVERTISING.includes(family) ? 'order' : family
}

/** Weighted sampling by binary search in cumulative weights. */
function drawer<T>(items: readonly (readonly [T, number])[]): (random: Random) => T {
  const sums: number[] = []
  let total = 0
  for (const [, weight] of items) {
    total += weight
    sums.push(total)
  }
  return (random) => {
    const point = random.next() * total
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > point) high = middle
      else low = middle + 1
    }
    return items[low]![0]
  }
}
